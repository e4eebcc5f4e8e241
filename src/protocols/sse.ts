import { concat, fromUtf8 } from './json.ts';

/** An event, or whatever else a stream is made of, with the very bytes it came in, those that part it from others included. */
export interface Piece {
  wire: Uint8Array;
  /** Undefined where it says nothing: a comment, a stray blank line, the end. */
  data: string | undefined;
}

/** One server-sent event, its blank line included. */
interface SseEvent extends Piece {
  event: string;
}

/** Splits a stream of any chunking into its pieces, each as soon as it is whole; every byte is in one of them, or in the rest. */
export interface Splitter<P = Piece> {
  push(bytes: Uint8Array): P[];
  /** Bytes after the last whole piece. By the standard they are none; they are kept for whoever passes bytes on. */
  rest(): Uint8Array;
}

const LF = 10;
const CR = 13;

/** Of server-sent events. It works on bytes, so a split character is never seen. */
export function createSseSplitter(): Splitter<SseEvent> {
  let pending: Uint8Array = new Uint8Array(0);
  let lineStart = 0;
  let at = 0;

  return {
    push(bytes) {
      pending = pending.length === 0 ? bytes : concat([pending, bytes]);
      const events: SseEvent[] = [];
      let start = 0;
      while (at < pending.length) {
        const byte = pending[at];
        if (byte !== LF && byte !== CR) {
          at++;
          continue;
        }
        // A carriage return at the very end may be half of a line end: the next bytes tell.
        if (byte === CR && at + 1 === pending.length) break;
        const next = at + (byte === CR && pending[at + 1] === LF ? 2 : 1);
        if (at === lineStart) {
          events.push(readEvent(pending.slice(start, next)));
          start = next;
        }
        lineStart = next;
        at = next;
      }
      pending = pending.subarray(start);
      lineStart -= start;
      at -= start;
      return events;
    },
    rest: () => pending.slice(),
  };
}

function readEvent(wire: Uint8Array): SseEvent {
  let event = '';
  const data: string[] = [];
  for (const line of fromUtf8(wire).split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return { wire, event, data: data.length === 0 ? undefined : data.join('\n') };
}
