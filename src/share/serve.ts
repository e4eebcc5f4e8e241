import { writeSync } from 'node:fs';
import { DrillError } from '../core/errors.ts';
import { Stop } from '../core/stop.ts';
import { bodiesOf, type Opened, type RunRequest } from '../opened.ts';
import { createSequence } from '../recording/recorder.ts';
import { runDrill } from '../run/run-drill.ts';
import { DEFAULTS } from '../run-defaults.ts';
import { lines } from '../world/child-lines.ts';
import { originals } from '../world/originals.ts';
import { MESSAGES, type Order, type Start } from './messages.ts';

type Play = (order: Exclude<Order, { stop: unknown }>) => Promise<string>;
const OUT = { write() {} };

type RunDrills = (request: RunRequest) => Promise<number>;

/** Plays and judges what it is told to, until its standard input ends. */
export function serve(runDrills: RunDrills): void {
  // Whoever started it decides what an interrupt of both of them means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.stdin.on('end', () => originals.exit(0));
  const stop = new AbortController();
  let play: Promise<Play> | undefined;
  lines(process.stdin, (line) => {
    if (play === undefined) {
      play = opened(JSON.parse(line), stop.signal, runDrills);
      return;
    }
    const order: Order = JSON.parse(line);
    if ('stop' in order) stop.abort(new Stop(order.stop));
    else play.then((one) => one(order)).then((done) => tell('done', done), tellFailure);
  });
}

/** The same run as that of which it is a share; it is over with this process. */
function opened(start: Start, signal: AbortSignal, runDrills: RunDrills): Promise<Play> {
  return new Promise((resolve, reject) => {
    const share: RunRequest['share'] = (open, runSeed) => {
      resolve(async (order) =>
        JSON.stringify('seed' in order ? await runSeed(order.seed) : await judged(order.drill, open)),
      );
      return new Promise(() => {});
    };
    const stderr = { write: (text: string) => tell('print', JSON.stringify(text)) };
    const request = { ...DEFAULTS, ...start, jobs: 1, color: false, columns: 100, stdout: OUT, stderr, signal, share };
    runDrills(request).catch(reject);
  });
}

/** Tells all that happens and comes of it; what is left is the drill as a whole. */
async function judged(drill: string, { plans, players, request }: Opened) {
  const plan = plans.find((one) => one.drill.drill === drill);
  if (plan === undefined) throw new Error(`no drill ${drill}`);
  const { tasks, ...report } = await runDrill(plan, {
    sequence: createSequence(0),
    sink: (event) => tell('event', JSON.stringify(event)),
    keep: bodiesOf(request) && ((line) => tell('body', JSON.stringify(line))),
    next: () => undefined,
    ...{ players, signal: request.signal },
  });
  for (const text of tasks.texts?.() ?? []) tell('task', text);
  tasks.close?.();
  return report;
}

function tellFailure(error: unknown): void {
  const { problems, exitCode: exit } =
    error instanceof DrillError ? error : { problems: undefined, exitCode: undefined };
  tell('failed', JSON.stringify({ problems, exit, why: String(error instanceof Error ? error.stack : error) }));
}

let pending = '';
const AT_ONCE = 32 * 1024;

function tell(word: 'event' | 'body' | 'task' | 'print' | 'done' | 'failed', json: string): void {
  pending += `${word} ${json}\n`;
  if (pending.length < AT_ONCE && word !== 'done' && word !== 'failed' && word !== 'print') return;
  const bytes = Buffer.from(pending);
  pending = '';
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(MESSAGES, bytes, done);
  } catch {
    // The other end has gone.
    originals.exit(0);
  }
}
