import fs from 'node:fs';
import { originals } from '../world/originals.ts';
import { FILLED, HELD, type Outbox, WRITTEN } from '../world/watchdog.ts';

// Taken before any code of the target runs.
const { writeSync } = fs;
const { compareExchange, load, store, wait } = Atomics;
const encoder = new TextEncoder();
const encodeInto = encoder.encodeInto.bind(encoder);

const LINE_BREAK = 10;
/** Bytes that wait at most. */
const ROOM = 64 * 1024;
/** A character takes so many at most. */
const WIDEST = 3;
/** Milliseconds for which the other thread is waited for, and how often: it may have been stopped in the midst. */
const [WAIT_MS, WAITS] = [2, 500];

export interface Lines {
  /** What the thread that watches this one is given. */
  shared: Outbox;
  /** Throws where what waits does not fit and cannot be written. */
  add(line: string): void;
  /** Writes what waits; throws where it cannot. */
  flush(): void;
  /** The lines that could not be written, whole; from then on none wait. */
  rest(): string;
}

/**
 * Lines on their way to a file: one write for each takes longer than all the rest that is done for it. They wait where the
 * thread that watches this one can reach them, so that nothing is lost by who blocks this one.
 */
export function linesTo(file: number): Lines {
  const bytes = new Uint8Array(new SharedArrayBuffer(ROOM));
  const state = new Int32Array(new SharedArrayBuffer(12));
  let within = false;

  /** Who is stopped in here by the other thread's debugger, and made to tell, comes in again. */
  function holding<T>(work: () => T): T {
    if (within) return work();
    for (let i = 0; i < WAITS && compareExchange(state, HELD, 0, 1) !== 0; i++) wait(state, HELD, 1, WAIT_MS);
    within = true;
    try {
      return work();
    } finally {
      within = false;
      store(state, HELD, 0);
    }
  }

  function writeOut(): void {
    const filled = load(state, FILLED);
    for (let done = load(state, WRITTEN); done < filled; store(state, WRITTEN, done))
      done += writeSync(file, bytes, done, filled - done);
    empty();
  }

  function empty(): void {
    store(state, FILLED, 0);
    store(state, WRITTEN, 0);
  }

  function put(text: string): void {
    if (text.length * WIDEST > ROOM - load(state, FILLED)) writeOut();
    if (text.length * WIDEST > ROOM) writeLong(text);
    else {
      const filled = load(state, FILLED);
      store(state, FILLED, filled + encodeInto(text, bytes.subarray(filled)).written);
    }
  }

  function writeLong(text: string): void {
    const long = originals.bufferFrom(text);
    for (let done = 0; done < long.length; ) done += writeSync(file, long, done);
  }

  return {
    shared: { file, bytes, state },
    add: (line) => holding(() => put(`${line}\n`)),
    flush: () => holding(writeOut),
    rest: () =>
      holding(() => {
        const written = load(state, WRITTEN);
        // Of a line that was written in part the reader sees nothing.
        const from = written === 0 ? 0 : bytes.lastIndexOf(LINE_BREAK, written - 1) + 1;
        const text = originals.bufferFrom(bytes.subarray(from, load(state, FILLED))).toString();
        empty();
        return text;
      }),
  };
}
