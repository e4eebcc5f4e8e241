import { closeSync, constants, ftruncateSync, openSync, writeSync } from 'node:fs';
import { DrillError } from '../core/errors.ts';
import { Stop } from '../core/stop.ts';
import { unname } from '../judge/temporary-file.ts';
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
      resolve(async (order) => JSON.stringify('seed' in order ? await runSeed(order.seed) : await judged(order, open)));
      return new Promise(() => {});
    };
    const stderr = { write: (text: string) => tell('print', JSON.stringify(text)) };
    const request = { ...DEFAULTS, ...start, jobs: 1, color: false, columns: 100, stdout: OUT, stderr, signal, share };
    runDrills(request).catch(reject);
  });
}

/** Tells all that happens and comes of it; what is left is the drill as a whole. */
async function judged({ drill, into }: { drill: string; into: string | undefined }, open: Opened) {
  const { plans, players, request } = open;
  const plan = plans.find((one) => one.drill.drill === drill);
  if (plan === undefined) throw new Error(`no drill ${drill}`);
  const told = new Told(into);
  try {
    const { tasks, ...report } = await runDrill(plan, {
      sequence: createSequence(0),
      sink: (event) => told.add('event', JSON.stringify(event)),
      keep: bodiesOf(request) && ((line) => told.add('body', JSON.stringify(line))),
      next: () => undefined,
      ...{ players, signal: request.signal },
    });
    for (const text of tasks.texts?.() ?? []) told.add('task', text);
    tasks.close?.();
    return report;
  } finally {
    told.end();
  }
}

function tellFailure(error: unknown): void {
  const { problems, exitCode: exit } =
    error instanceof DrillError ? error : { problems: undefined, exitCode: undefined };
  tell('failed', JSON.stringify({ problems, exit, why: String(error instanceof Error ? error.stack : error) }));
}

/** So many characters are told at once. */
const AT_ONCE = 32 * 1024;

/** What is told of a drill: in a file, so that nobody waits for whoever reads it. */
class Told {
  #pending = '';
  #fd: number | undefined;
  #size = 0;

  constructor(file: string | undefined) {
    if (file === undefined) return;
    try {
      // Not another one of that name, which nobody would read.
      this.#fd = openSync(file, constants.O_WRONLY | constants.O_APPEND);
      unname(file);
    } catch {}
  }

  add(word: 'event' | 'body' | 'task', json: string): void {
    this.#pending += `${word} ${json}\n`;
    if (this.#pending.length >= AT_ONCE) this.#write();
  }

  end(): void {
    this.#write();
    if (this.#fd !== undefined) closeSync(this.#fd);
  }

  #write(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') write(this.#keep(text) ? `${this.#size}\n` : text);
  }

  #keep(text: string): boolean {
    if (this.#fd === undefined) return false;
    try {
      this.#size += append(this.#fd, text);
      return true;
    } catch {
      // A full disk: the pipe takes this, and all that comes after it.
      ftruncateSync(this.#fd, this.#size);
      closeSync(this.#fd);
      this.#fd = undefined;
      return false;
    }
  }
}

const tell = (word: 'print' | 'done' | 'failed', json: string) => write(`${word} ${json}\n`);

function write(text: string): void {
  try {
    append(MESSAGES, text);
  } catch {
    // The other end has gone.
    originals.exit(0);
  }
}

function append(fd: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  return bytes.length;
}
