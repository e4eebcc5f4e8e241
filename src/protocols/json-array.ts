import { concat, fromUtf8 } from './json.ts';
import type { Piece, Splitter } from './sse.ts';

export const BRACKET = 91;
const [OPEN, CLOSE] = [new Set([BRACKET, 123]), new Set([93, 125])];
const [QUOTE, BACKSLASH] = [34, 92];
const SPACES = new Set([9, 10, 13, 32]);
export const isSpace = (byte: number) => SPACES.has(byte);

/** Of an array of objects: its members, the last of them its end. It works on bytes. */
export function createArraySplitter(): Splitter {
  let pending: Uint8Array = new Uint8Array(0);
  let at = 0;
  let depth = 0;
  let quoted = false;
  let from: number | undefined;

  return {
    push(bytes: Uint8Array): Piece[] {
      pending = concat([pending, bytes]);
      const members: Piece[] = [];
      let start = 0;
      for (; at < pending.length; at++) {
        const byte = pending[at] ?? 0;
        if (quoted) {
          // What is escaped may be cut off by the end of a chunk: it is looked at together with what follows.
          if (byte === BACKSLASH && at + 1 === pending.length) break;
          if (byte === BACKSLASH) at++;
          else if (byte === QUOTE) quoted = false;
        } else if (byte === QUOTE) quoted = true;
        else if (OPEN.has(byte)) {
          depth++;
          if (depth === 2) from = at;
        } else if (CLOSE.has(byte)) {
          depth--;
          if (depth !== 1 || from === undefined) continue;
          const end = at + 1;
          members.push({ wire: pending.slice(start, end), data: fromUtf8(pending.subarray(from, end)) });
          start = end;
          from = undefined;
        }
      }
      pending = pending.slice(start);
      at -= start;
      if (from !== undefined) from -= start;
      return members;
    },
    rest: () => pending.slice(),
  };
}
