import type { Encoder, Stamp } from '../core/protocol.ts';
import type { ErrorPart, Frame, Headers, Part } from '../core/wire.ts';
import { formatHttpDate } from '../text/http-date.ts';
import { type ErrorVoice, gatewayPage, isWholeReply, writeRetryAfter } from './errors.ts';
import { utf8 } from './json.ts';

/** A part that is said, not a failure. */
export type SaidPart = Exclude<Part, ErrorPart>;

/** How one protocol writes replies; it may keep state from part to part. */
interface ReplyWriter {
  stamp: Stamp;
  errors: ErrorVoice;
  /** Beside the date and the content type. */
  headers: Headers;
  /** The whole body of a reply that is not streamed. */
  body(parts: SaidPart[]): object;
  /** What a stream begins with, before its first part. */
  open(first: Part): Frame[];
  part(part: SaidPart): Frame[];
  /** After the last part of a stream that has its `end`. */
  close(): Frame[];
  /** An error inside a stream, where it is said otherwise than as an error reply. */
  failure?(part: ErrorPart): Frame[];
  /** The whole body of a reply that failed although its status is good, where that is no error reply. */
  failedBody?(part: ErrorPart, before: SaidPart[]): object;
  /** The content type of a stream; without it, that of server-sent events. */
  type?: string;
  /** How an error stands inside a stream, which ends with it; without it, as the `data:` of an event. */
  within?(json: string): string;
  /** How the body of an error stands that is the whole reply to a call for a stream; without it, as it is. */
  instead?(error: object): object;
}

const JSON_TYPE = 'application/json';

export const says = (text: string, ...parts: Part[]): Frame => ({ wire: utf8(text), parts });

export function createEncoder(stream: boolean, writer: ReplyWriter): Encoder {
  const { stamp, errors } = writer;
  const { id, atMs } = stamp;
  let inner: Pick<Encoder, 'push' | 'end'> | undefined;
  const headers = (type: string): Headers => [
    ['date', formatHttpDate(atMs)],
    ['content-type', type],
    ...writer.headers,
  ];
  return {
    head(first) {
      if (first?.type !== 'error' || !isWholeReply(first))
        return stream
          ? { status: 200, headers: headers(writer.type ?? 'text/event-stream; charset=utf-8'), framing: 'chunked' }
          : { status: 200, headers: headers(JSON_TYPE), framing: 'length' };
      const page = gatewayPage(first, id, atMs);
      if (page !== undefined) return { ...page.head, headers: [...page.head.headers, ...writeRetryAfter(first, atMs)] };
      const status = first.status ?? errors.rows[first.mode].status;
      return { status, headers: [...headers(JSON_TYPE), ...errors.headers(first, atMs)], framing: 'length' };
    },
    push(part) {
      const whole = !stream || (part.type === 'error' && isWholeReply(part));
      inner ??= whole ? wholeBody(writer, stream) : eventStream(writer);
      return inner.push(part);
    },
    end: () => inner?.end() ?? [],
  };
}

/** Gathers everything into one frame. A reply without an end is half a body. */
function wholeBody(
  { stamp, errors, body, failedBody, instead = same }: ReplyWriter,
  stream: boolean,
): Pick<Encoder, 'push' | 'end'> {
  const parts: SaidPart[] = [];
  let error: ErrorPart | undefined;
  return {
    push(part) {
      if (part.type === 'error') error ??= part;
      else if (error === undefined) parts.push(part);
      return [];
    },
    end() {
      if (error !== undefined && error.mode !== 'truncated') {
        if (failedBody !== undefined && error.inBand === true && error.mode !== 'malformed_response')
          return [says(JSON.stringify(failedBody(error, parts)), error)];
        const page = gatewayPage(error, stamp.id, stamp.atMs)?.body;
        const told = errors.body(error, stamp.id);
        return [says(page ?? JSON.stringify(stream ? instead(told) : told, null, errors.indent), error)];
      }
      const text = JSON.stringify(body(parts));
      if (parts.some((p) => p.type === 'end')) return [says(text, ...parts)];
      return [says(text.slice(0, text.length >> 1), ...(error ? [error] : []))];
    },
  };
}

const same = (error: object) => error;

function eventStream(writer: ReplyWriter): Pick<Encoder, 'push' | 'end'> {
  const { stamp, errors, within = (json) => `${errors.event}data: ${json}\n\n` } = writer;
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
      if (part.mode === 'malformed_response') return [says(writer.within?.('{"id":') ?? 'data: {"id":\n\n', part)];
      if (writer.failure !== undefined) return writer.failure(part);
      return [says(within(JSON.stringify(errors.body(part, stamp.id))), part)];
    },
    end: () => (ended && !dead ? writer.close() : []),
  };
}
