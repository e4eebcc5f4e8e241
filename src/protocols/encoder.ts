import type { Encoder } from '../core/protocol.ts';
import type { ErrorPart, Frame, Head, Headers, Part } from '../core/wire.ts';
import { gatewayPage, isWholeReply } from './errors.ts';
import { utf8 } from './json.ts';

/** A part that is said, not a failure. */
export type SaidPart = Exclude<Part, ErrorPart>;

/** How one protocol writes replies; it may keep state from part to part. */
interface ReplyWriter {
  stamp: { id: string; atMs: number };
  headers: Headers;
  /** The HTTP error reply's head. */
  errorHead(error: ErrorPart): Head;
  errorBody(error: ErrorPart): string;
  /** The whole body of a reply that is not streamed. */
  body(parts: SaidPart[]): string;
  /** What a stream begins with, before its first part. */
  open(first: Part): Frame[];
  part(part: SaidPart): Frame[];
  /** After the last part of a stream that has its `end`. */
  close(): Frame[];
  /** An error inside a stream. */
  errorEvent(error: ErrorPart): string;
}

export const says = (text: string, ...parts: Part[]): Frame => ({ wire: utf8(text), parts });

export function createEncoder(stream: boolean, writer: ReplyWriter): Encoder {
  const { id, atMs } = writer.stamp;
  const isWhole = (first: Part | undefined) => first?.type === 'error' && isWholeReply(first);
  let inner: Pick<Encoder, 'push' | 'end'> | undefined;
  const choose = (first: Part) => (isWhole(first) || !stream ? wholeBody(writer) : eventStream(writer));
  return {
    head(first) {
      if (first?.type === 'error' && isWhole(first))
        return gatewayPage(first, id, atMs)?.head ?? writer.errorHead(first);
      return { status: 200, headers: writer.headers, framing: stream ? 'chunked' : 'length' };
    },
    push(part) {
      inner ??= choose(part);
      return inner.push(part);
    },
    end: () => inner?.end() ?? [],
  };
}

/** Gathers everything into one frame. A reply without an end is half a body. */
function wholeBody(writer: ReplyWriter): Pick<Encoder, 'push' | 'end'> {
  const { id, atMs } = writer.stamp;
  const parts: SaidPart[] = [];
  let error: ErrorPart | undefined;
  return {
    push(part) {
      if (part.type === 'error') error ??= part;
      else if (error === undefined) parts.push(part);
      return [];
    },
    end() {
      if (error !== undefined && error.mode !== 'truncated')
        return [says(gatewayPage(error, id, atMs)?.body ?? writer.errorBody(error), error)];
      const body = writer.body(parts);
      if (parts.some((p) => p.type === 'end')) return [says(body, ...parts)];
      return [says(body.slice(0, body.length >> 1), ...(error ? [error] : []))];
    },
  };
}

function eventStream(writer: ReplyWriter): Pick<Encoder, 'push' | 'end'> {
  let opened = false;
  let ended = false;
  let dead = false;
  const opening = (first: Part): Frame[] => {
    if (opened) return [];
    opened = true;
    return writer.open(first);
  };
  return {
    push(part) {
      if (dead) return [];
      if (part.type !== 'error') {
        ended ||= part.type === 'end';
        return [...opening(part), ...writer.part(part)];
      }
      dead = true;
      if (part.mode === 'truncated') return opening(part);
      if (part.mode === 'malformed_response') return [says('data: {"id":\n\n', part)];
      return [says(writer.errorEvent(part), part)];
    },
    end: () => (ended && !dead ? writer.close() : []),
  };
}
