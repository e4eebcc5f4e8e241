import { closeSync, openSync } from 'node:fs';
import { url as debuggerUrl } from 'node:inspector';
import { devNull } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Scope } from '../core/stand.ts';
import { originals } from './originals.ts';
import { at, currentPlace } from './place.ts';
import { filesOnStack, whoCalled } from './who.ts';

/** Somebody's code holds the thread: nothing else runs on it, no timer and no signal. */
export interface Held {
  /** Ctrl-C was pressed meanwhile; else it went on for too long. */
  interrupted: boolean;
  /** What runs in its world; undefined outside of one, as while a module is evaluated. */
  world: string | undefined;
  scope: Scope | undefined;
  /** The file or package whose code it is. */
  by: string;
}

const BEAT_MS = 100;

/**
 * Watches this thread from another. Where it is held for `limitMs` of real time, or for a moment and Ctrl-C is pressed,
 * `tell` is called in the midst of it, and the process ends with the exit code it gives. Returns the way back.
 */
export function watchThread(limitMs: number, tell: (held: Held) => number): () => void {
  // Whoever debugs holds it with every breakpoint.
  if (debuggerUrl() !== undefined) return () => {};
  const beats = new Int32Array(new SharedArrayBuffer(8));
  // What was meant for this thread, as a loader is, is not for that one.
  const apart = { execArgv: [], env: {}, workerData: { beats, limitMs } };
  const worker = new Worker(`(${watchFromOutside})()`, { eval: true, ...apart });
  worker.unref();
  worker.on('message', (interrupted: boolean) => {
    listenAgain();
    if (interrupted) process.emit('SIGINT');
  });
  const told = (interrupted: boolean, last: boolean) => {
    const place = currentPlace();
    const by = whoCalled(filesOnStack().filter((file) => file !== '<anonymous>'));
    if (by === 'unknown' && !last) return;
    const held = { interrupted, world: place?.world.name, scope: place?.scope, by };
    place?.world.report({ what: 'code that lets nothing else run', by, fatal: true, scope: held.scope });
    const code = at(undefined, () => tell(held));
    // Node would tell the terminal that it waits for a debugger.
    closeSync(2);
    openSync(devNull, 'w');
    originals.exit(code);
  };
  Reflect.defineProperty(globalThis, Symbol.for('drill.held'), { value: told, configurable: true });
  const beating = originals.setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
  return () => {
    originals.clearInterval(beating);
    void worker.terminate();
  };
}

/** Gives the signal back to Node, from which the worker took it. */
function listenAgain(): void {
  const listeners = process.rawListeners('SIGINT');
  process.removeAllListeners('SIGINT');
  for (const listener of listeners) Reflect.apply(process.on, process, ['SIGINT', listener]);
}

/** The worker's whole code, which is handed over as text: it uses nothing from around it. */
function watchFromOutside(): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const { runInThisContext } = process.getBuiltinModule('node:vm');
  const { beats, limitMs }: { beats: Int32Array; limitMs: number } = workerData;
  const napMs = 200;
  const most = limitMs / napMs;
  let [beat, naps, limit, interrupted] = [0, 0, most, false];
  const isHeld = () => Atomics.load(beats, 0) === beat && naps < limit;
  const nap = () => Atomics.wait(beats, 1, 0, napMs);
  Reflect.set(globalThis, 'napWhileHeld', () => {
    for (; isHeld(); naps++) nap();
  });
  while (naps < limit) {
    const held = naps >= 2;
    try {
      // A thread that is held hears no signal, and Node gives a worker none. A script of `node:vm` hears this one. It is one
      // script for as long as that lasts: between two of them the signal would end the process without a word.
      if (held) runInThisContext('napWhileHeld()', { breakOnSigint: true });
      else nap();
    } catch {
      // It gets a moment to come back and see to the signal itself.
      [interrupted, limit] = [true, Math.min(limit, naps + 5)];
    }
    const now = Atomics.load(beats, 0);
    if (now !== beat) naps = 0;
    else if (!held) naps += 1;
    beat = now;
    if (!held || naps > 0) continue;
    parentPort?.postMessage(interrupted);
    [interrupted, limit] = [false, most];
  }

  // A debugger gets into any loop, and runs what it is told there.
  const { Session } = process.getBuiltinModule('node:inspector');
  const session = new Session();
  session.connectToMainThread();
  let steps = 100;
  session.on('Debugger.paused', () => {
    const expression = `globalThis[Symbol.for('drill.held')](${interrupted}, ${--steps === 0})`;
    session.post('Runtime.evaluate', { expression });
    // Still here: it was between two pieces of the code.
    session.post('Debugger.stepInto');
  });
  session.post('Debugger.enable', () => session.post('Debugger.pause'));
  // Into native code it does not.
  setTimeout(() => {
    const text = 'error: native code of the target lets nothing else run\n  fix: Call it asynchronously.\n';
    process.getBuiltinModule('node:fs').writeSync(2, text);
    process.kill(process.pid, interrupted ? 'SIGINT' : 'SIGKILL');
  }, 2000);
}
