import { closeSync, openSync, writeSync } from 'node:fs';
import { url as debuggerUrl } from 'node:inspector';
import { devNull } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Scope } from '../core/stand.ts';
import { originals } from './originals.ts';
import { at, currentPlace } from './place.ts';
import { filesOnStack, whoCalled } from './who.ts';

/** Somebody's code blocks the event loop: nothing else runs on this thread, no timer and no signal. */
export interface Held {
  scope: Scope | undefined;
  /** The file or package whose code it is. */
  by: string;
}

/** Bytes on their way to a file. Whoever holds them may write some. */
export interface Outbox {
  file: number;
  bytes: Uint8Array;
  /** At `HELD` 1 where a thread holds them, at `FILLED` how many there are, at `WRITTEN` how many of these the file has. */
  state: Int32Array;
}
export const [HELD, FILLED, WRITTEN] = [0, 1, 2];

const BEAT_MS = 100;
/** What the two threads share: beats are counted here, and a wait of our own is marked. */
const [BEATS, OURS] = [0, 1];
let shared: Int32Array | undefined;

/**
 * Watches this thread from another. Where its event loop is blocked for `limitMs` of real time, `tell` is called in the midst
 * of it, and the process ends. It ends as well once `parent`, which started it, is gone. Into `pipe`, a descriptor, goes a
 * byte at each look, as a sign that the process is alive, after what waits in the outbox was written. Gives whether it watches.
 */
export function watchThread(
  { limitMs, parent, pipe, outbox }: { limitMs: number; parent: number; pipe: number; outbox: Outbox | undefined },
  tell: (held: Held) => void,
): boolean {
  // Whoever debugs holds it with every breakpoint.
  if (debuggerUrl() !== undefined) return false;
  // From here on silence means something, also before the other thread has come up.
  sayAlive(pipe);
  const beats = new Int32Array(new SharedArrayBuffer(12));
  shared = beats;
  // What was meant for this thread, as a loader is, is not for that one.
  const apart = { execArgv: [], env: {}, workerData: { beats, limitMs, pipe, parent, outbox } };
  const worker = new Worker(`(${watchFromOutside})()`, { eval: true, ...apart });
  worker.unref();
  const held = (last: boolean) => {
    const place = currentPlace();
    const by = whoCalled(filesOnStack().filter((file) => file !== '<anonymous>'));
    if (by === 'unknown' && !last) return;
    at(undefined, () => tell({ scope: place?.scope, by }));
    // Node would tell the terminal that it waits for a debugger.
    closeSync(2);
    openSync(devNull, 'w');
    originals.exit(1);
  };
  Reflect.defineProperty(globalThis, Symbol.for('drill.held'), { value: held, configurable: true });
  originals.setInterval(() => Atomics.add(beats, BEATS, 1), BEAT_MS).unref();
  return true;
}

function sayAlive(pipe: number): void {
  try {
    writeSync(pipe, '.');
  } catch {
    // Nobody is at the other end, which the other thread sees by who its parent is.
  }
}

/** Waits by blocking this thread, which is then nobody's fault. */
export function pauseWatch<T>(wait: () => T): T {
  if (shared !== undefined) Atomics.store(shared, OURS, 1);
  try {
    return wait();
  } finally {
    if (shared !== undefined) Atomics.store(shared, OURS, 0);
  }
}

/** The worker's whole code, which is handed over as text: it uses nothing from around it. */
function watchFromOutside(): void {
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { beats, outbox }: { beats: Int32Array; outbox: Outbox | undefined } = workerData;
  const { limitMs, pipe, parent }: Record<'limitMs' | 'pipe' | 'parent', number> = workerData;
  const { writeSync } = process.getBuiltinModule('node:fs');
  const napMs = 200;
  let [beat, naps] = [0, 0];
  while (naps < limitMs / napMs) {
    Atomics.wait(beats, 2, 0, napMs);
    if (outbox !== undefined && Atomics.compareExchange(outbox.state, 0, 0, 1) === 0) writeOut(outbox);
    try {
      writeSync(pipe, '.');
    } catch {
      // Nobody is at the other end: what it would say next is said of the parent.
    }
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
    const now = Atomics.load(beats, 0);
    naps = now === beat && Atomics.load(beats, 1) === 0 ? naps + 1 : 0;
    beat = now;
  }

  /** By the numbers of `HELD`, `WRITTEN` and `FILLED`. That it cannot be written the other thread finds out by itself. */
  function writeOut({ file, bytes, state }: Outbox): void {
    const [done, filled] = [Atomics.load(state, 2), Atomics.load(state, 1)];
    try {
      if (done < filled) Atomics.add(state, 2, writeSync(file, bytes, done, filled - done));
    } catch {
    } finally {
      Atomics.store(state, 0, 0);
      Atomics.notify(state, 0);
    }
  }

  // A debugger gets into any loop, and runs what it is told there.
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  let steps = 100;
  session.on('Debugger.paused', () => {
    session.post('Runtime.evaluate', { expression: `globalThis[Symbol.for('drill.held')](${--steps === 0})` });
    // Still here: it was between two pieces of the code.
    session.post('Debugger.stepInto');
  });
  session.post('Debugger.enable', () => session.post('Debugger.pause'));
  // Into native code it does not; on a busy machine it takes its time.
  setTimeout(() => process.kill(process.pid, 'SIGABRT'), Math.max(2000, limitMs));
}
