import type { Decoder } from '../core/protocol.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { ErrorPart, Frame, Head, Part } from '../core/wire.ts';
import { header } from '../core/wire.ts';
import { isRecord, type Json, parseJson } from '../text/json.ts';
import { type ErrorVoice, MALFORMED, modeOfStatus, readRetryAfter, TRUNCATED } from './errors.ts';
import { concat, fromUtf8 } from './json.ts';
import { BRACKET, createArraySplitter, isSpace } from './json-array.ts';
import { createSseSplitter, type Splitter } from './sse.ts';

/** What one protocol knows of replies; it may keep state from event to event. Undefined: it cannot be read. */
interface ReplyReader {
  errors: ErrorVoice;
  /** A whole reply without an error in it. */
  body(json: Json): Part[] | undefined;
  event(json: Json): Part[];
  /** Data that is no JSON and says nothing. */
  done?: string;
  /** A stream may also come as one JSON array, whose members are the events. */
  arrays?: true;
}

export function createDecoder(head: Head, nowMs: number, reader: ReplyReader): Decoder {
  const streamed = header(head.headers, 'content-type')?.toLowerCase().startsWith('text/event-stream') === true;
  if (streamed && head.status < 400) return streamDecoder(reader, createSseSplitter());
  if (reader.arrays !== true || head.status >= 400) return bodyDecoder(head, nowMs, reader);
  return firstByteDecoder((byte) =>
    byte === BRACKET ? streamDecoder(reader, createArraySplitter()) : bodyDecoder(head, nowMs, reader),
  );
}

/** Decides by the first byte that is no white space; what came before it goes the same way. */
function firstByteDecoder(choose: (byte: number | undefined) => Decoder): Decoder {
  let inner: Decoder | undefined;
  let before: Uint8Array = new Uint8Array(0);
  return {
    push(bytes) {
      if (inner !== undefined) return inner.push(bytes);
      before = concat([before, bytes]);
      const byte = before.find((b) => !isSpace(b));
      if (byte === undefined) return [];
      inner = choose(byte);
      return inner.push(before);
    },
    end() {
      inner ??= choose(undefined);
      return before.length > 0 && before.every(isSpace) ? [...inner.push(before), ...inner.end()] : inner.end();
    },
  };
}

function bodyDecoder(head: Head, nowMs: number, reader: ReplyReader): Decoder {
  const chunks: Uint8Array[] = [];
  return {
    push(bytes) {
      chunks.push(bytes);
      return [];
    },
    end() {
      const wire = concat(chunks);
      const read = parseJson(fromUtf8(wire));
      // Some of Google's servers put an error into an array, as a stream of one.
      const json = Array.isArray(read) && read.length === 1 ? read[0] : read;
      if (head.status >= 400) return [{ wire, parts: [errorReply(head, nowMs, reader, json)] }];
      const parts = readBody(json, reader) ?? [
        { type: 'error', mode: 'malformed_response', message: MALFORMED, status: head.status },
      ];
      return [{ wire, parts: [...parts, ...missingEnd(parts)] }];
    },
  };
}

function readBody(json: unknown, { body, errors }: ReplyReader): Part[] | undefined {
  if (!isRecord(json)) return undefined;
  return isRecord(json['error']) ? [inBandError(errors, json, 'malformed_response')] : body(json);
}

function errorReply(head: Head, nowMs: number, reader: ReplyReader, json: unknown): ErrorPart {
  const read = reader.errors.read(json);
  const retryAfter = reader.errors.readWait?.(json) ?? readRetryAfter(head.headers, nowMs);
  const fallback = {
    mode: modeOfStatus(head.status, isRecord(json)),
    message: messageOf(json) ?? `HTTP ${head.status}`,
  };
  return { type: 'error', ...(read ?? fallback), status: head.status, ...(retryAfter && { retryAfter }) };
}

/** Most error bodies have their sentence in one of these places. */
export function messageOf(json: unknown): string | undefined {
  if (!isRecord(json)) return undefined;
  const { error, message } = json;
  const inner = isRecord(error) ? error['message'] : error;
  return [inner, message].find((m): m is string => typeof m === 'string');
}

const isLast = (part: Part) => part.type === 'end' || part.type === 'error';

function missingEnd(parts: Part[]): Part[] {
  return parts.some(isLast) ? [] : [{ type: 'error', mode: 'truncated', message: TRUNCATED, inBand: true }];
}

function streamDecoder(reader: ReplyReader, splitter: Splitter): Decoder {
  let seen = false;
  let finished = false;
  /** After an error nothing more is believed; bytes still pass. */
  let dead = false;
  const read = (data: string | undefined): Part[] => {
    if (data === undefined || dead) return [];
    seen = true;
    if (data.trim() === reader.done) return [];
    const json = parseJson(data);
    const parts = isRecord(json) ? reader.event(json) : [malformed];
    finished ||= parts.some(isLast);
    dead = parts.some((p) => p.type === 'error');
    return parts;
  };
  return {
    push: (bytes) => splitter.push(bytes).map((e): Frame => ({ wire: e.wire, parts: read(e.data) })),
    end() {
      // The last carriage return may have been waiting for its line feed.
      const wire = splitter.rest();
      const [last] = wire.at(-1) === 13 ? splitter.push(new Uint8Array([10])) : [];
      const parts = read(last?.data);
      const ending = finished ? [] : seen ? missingEnd([]) : [malformed];
      return wire.length + parts.length + ending.length === 0 ? [] : [{ wire, parts: [...parts, ...ending] }];
    },
  };
}

const malformed: ErrorPart = { type: 'error', mode: 'malformed_response', message: MALFORMED, inBand: true };

/** An error object where an answer should be. Its code is believed before the good status; without a known one it is just unreadable. */
export function inBandError(errors: ErrorVoice, json: Json, otherwise: FailureMode): ErrorPart {
  const error = errors.read(json) ?? { mode: otherwise, message: messageOf(json) ?? otherwise };
  const retryAfter = errors.readWait?.(json);
  return { type: 'error', ...error, ...(retryAfter && { retryAfter }), inBand: true };
}
