import type { Around, Injection, WireReplyInParts } from '../core/plugin.ts';
import { type Frame, type Head, header, type Part } from '../core/wire.ts';
import { parseJson } from '../text/json.ts';

/** Whether the body is a stream of events: one that holds an answer, or its beginning. */
export const isStream = ({ status, headers }: Head): boolean =>
  status < 400 && header(headers, 'content-type')?.startsWith('text/event-stream') === true;

/** Whether a frame holds a piece of the answer, and not only a border, a count or its end. */
export const isPiece = ({ parts }: Frame): boolean => parts.some(isSaid);

export const isSaid = ({ type }: Part): boolean => type !== 'usage' && type !== 'error' && type !== 'end';

export const hasEnd = ({ parts }: Frame): boolean => parts.some(({ type }) => type === 'end');

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An event that says nothing to anybody, in any protocol. */
export const KEEP_ALIVE: Frame = { wire: bytesOf(': keep-alive\n\n'), parts: [] };

/** The frames of a stream, told in another way. */
export type Telling = (reply: WireReplyInParts, around: Around) => AsyncIterable<Frame>;

/** Tells streams that way; another reply stays as it is. */
export const streamed = (tell: Telling): Extract<Injection, { kind: 'wire' }> => ({
  kind: 'wire',
  inject: (reply, _call, around) => (isStream(reply.head) ? { ...reply, frames: tell(reply, around) } : reply),
});

/** Around one reply: `once` tells what goes on through all of it. */
interface AroundFrames extends Around {
  once(detail: string): void;
}

/** Puts any number of frames in the place of each. What is remembered from frame to frame is made anew for each reply. */
export const frameByFrame = (
  open: (around: AroundFrames, reply: WireReplyInParts) => (frame: Frame) => readonly Frame[],
): Telling =>
  async function* (reply, around) {
    let said = false;
    const once = (detail: string) => {
      if (!said) around.fired(detail);
      said = true;
    };
    const instead = open({ ...around, once }, reply);
    for await (const frame of reply.frames) for (const one of instead(frame)) yield one;
  };

/** The frame with the JSON in it changed: a body is that JSON, an event has it behind `data:`. Undefined where it stays the same. */
export function withJson(frame: Frame, change: (json: unknown) => unknown): Frame | undefined {
  const text = new TextDecoder().decode(frame.wire);
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}') + 1];
  const json = from === -1 ? undefined : parseJson(text.slice(from, to));
  if (json === undefined) return undefined;
  const changed = JSON.stringify(change(json));
  if (changed === JSON.stringify(json)) return undefined;
  return { ...frame, wire: bytesOf(text.slice(0, from) + changed + text.slice(to)) };
}
