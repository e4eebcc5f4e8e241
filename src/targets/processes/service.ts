import { connect } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { DrillError, EXIT } from '../../core/errors.ts';
import type { Sockets } from '../../core/sockets.ts';
import { lastWords } from './last-words.ts';
import { atMost, type Command, openNursery } from './start.ts';

export interface ServiceStart {
  command: Command;
  /** What answers below 500 once it is ready. */
  ready: URL;
  /** So long it may take, in milliseconds. */
  ready_ms: number;
}

export interface Service {
  /** How it ended, in words, where it has or is about to; undefined where it runs on. */
  gone(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Between two looks, in milliseconds. */
const LOOK_MS = 50;
/** So long one look may take. */
const ANSWER_MS = 2000;
/** So long after a connection was lost its end is waited for. */
const GONE_MS = 500;

/** Starts a service and waits until it is ready. Throws a DrillError where it never is, and leaves nothing running. */
export async function startService(
  { command, ready, ready_ms }: ServiceStart,
  { print }: Pick<Sockets, 'print'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Service> {
  if (await isListening(ready))
    throw notReady(
      `something answered at ${ready.origin} before it was started`,
      'End what has its port, or leave out `start` where it runs already.',
    );
  const nursery = openNursery(clock);
  const words = lastWords(print);
  const one = nursery.start(command, { out: words.hear, err: words.hear });
  let end: string | undefined;
  const ended = one.ended.then((how) => {
    end = words.why(how);
  });
  const service: Service = {
    async gone() {
      await atMost(GONE_MS, ended, clock);
      return end;
    },
    close: () => nursery.close(),
  };
  try {
    const until = clock.now() + ready_ms;
    while (!(await isReady(ready, clock, signal))) {
      if (end !== undefined) throw notReady(end, 'Mend `start`, or what it needs: its folder, its packages, `env`.');
      if (clock.now() >= until)
        throw notReady(
          `${ready.href} was not ready within ${ready_ms} ms`,
          'Say in `ready` what answers once it is, or give it longer by `ready_ms`.',
        );
      await Promise.race([ended, clock.sleep(LOOK_MS, signal)]);
    }
    return service;
  } catch (error) {
    await nursery.close();
    throw error;
  }
}

const notReady = (why: string, fix: string) =>
  new DrillError({ message: `the service did not start: ${why}`, place: { file: 'start' }, fix }, EXIT.inconclusive);

async function isReady(url: URL, clock: Clock, signal: AbortSignal): Promise<boolean> {
  // No AbortSignal.any: Node 20 forgets a timeout in it once garbage was collected.
  const over = new AbortController();
  const stop = () => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  clock.sleep(ANSWER_MS, over.signal).then(stop, () => {});
  try {
    const response = await fetch(url, { redirect: 'manual', headers: { connection: 'close' }, signal: over.signal });
    await response.body?.cancel();
    return response.status < 500;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function isListening({ hostname, port, protocol }: URL): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port) || (protocol === 'https:' ? 443 : 80), timeout: ANSWER_MS });
  return new Promise((resolve) => {
    const settle = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false));
  });
}
