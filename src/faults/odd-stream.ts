import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { type Around, defineReplyFault, type MeaningInjection, type WireReplyInParts } from '../core/plugin.ts';
import type { Frame, Part } from '../core/wire.ts';
import { isRecord } from '../text/json.ts';
import { retelling } from './rewriting.ts';
import { bytesOf, hasEnd, isPiece, isStream, withJson } from './stream.ts';

/** Short enough to cut every event, and some characters. */
const MOST_BYTES = 16;
/** Characters of a fragment of arguments. */
const FRAGMENT = 3;

export const oddStream = defineReplyFault({
  name: 'odd-stream',
  summary: 'A stream that is whole and good, told in a way that is allowed and unusual.',
  effect: 'odd',
  needs: 'stream',
  // The others are about tool calls.
  trials: [{ how: 'bytes' }, { how: 'comments' }, { how: 'empty-events' }, { how: 'double-end' }, { how: 'early-end' }],
  params: z.strictObject({
    how: z
      .enum(['bytes', 'comments', 'empty-events', 'double-end', 'early-end', 'no-index', 'same-index', 'fragments'])
      .default('bytes')
      .describe(
        `\`bytes\`: in chunks of up to ${MOST_BYTES} bytes, cut anywhere; \`comments\`: one before every event; \`empty-events\`: one that says nothing, as the protocol has it, first and before a piece; \`double-end\`, \`early-end\`: the end is said twice, or before the last piece; \`no-index\`, \`same-index\`: tool calls without an index, or all with the same; \`fragments\`: arguments of ${FRAGMENT} characters at a time`,
      ),
    after_pieces: whole(0, 1_000_000).default(1).describe('pieces before the second empty event'),
  }),
  example: '{ fault: odd-stream, role: primary, how: comments }',
  open({ how, after_pieces }) {
    if (how === 'fragments') return { kind: 'meaning', inject: fragments };
    const tell: Record<Exclude<typeof how, 'fragments'>, Telling> = {
      bytes: inBytes,
      comments,
      'empty-events': (reply, around) => emptyEvents(reply, after_pieces, around),
      'double-end': doubleEnd,
      'early-end': earlyEnd,
      'no-index': ({ frames }, around) => indexed(frames, undefined, around),
      'same-index': ({ frames }, around) => indexed(frames, 0, around),
    };
    return {
      kind: 'wire',
      inject: (reply, _call, around) => (isStream(reply.head) ? { ...reply, frames: tell[how](reply, around) } : reply),
    };
  },
});

type Telling = (reply: WireReplyInParts, around: Around) => AsyncIterable<Frame>;

async function* inBytes({ frames }: WireReplyInParts, { random, fired }: Around): AsyncGenerator<Frame> {
  let said = false;
  for await (const { wire, parts } of frames) {
    if (!said && wire.length > 0) fired(`in chunks of up to ${MOST_BYTES} bytes`);
    said ||= wire.length > 0;
    for (let at = 0; at < wire.length; ) {
      const next = at + 1 + Math.floor(random.next() * MOST_BYTES);
      yield { wire: wire.subarray(at, next), parts: next < wire.length ? [] : parts };
      at = next;
    }
  }
}

async function* comments({ frames }: WireReplyInParts, { fired }: Around): AsyncGenerator<Frame> {
  let said = false;
  for await (const frame of frames) {
    if (!said) fired('a comment before every event');
    said = true;
    yield { wire: bytesOf(': keep-alive\n\n'), parts: [] };
    yield frame;
  }
}

async function* emptyEvents(
  { frames, idle }: WireReplyInParts,
  after: number,
  { fired }: Around,
): AsyncGenerator<Frame> {
  if (idle === undefined) {
    yield* frames;
    return;
  }
  const empty: Frame = { wire: bytesOf(idle), parts: [] };
  let pieces = 0;
  let begun = false;
  for await (const frame of frames) {
    if (!begun) {
      fired('an event that says nothing');
      yield empty;
    }
    begun = true;
    if (isPiece(frame) && pieces++ === after) yield empty;
    yield frame;
  }
}

async function* doubleEnd({ frames }: WireReplyInParts, { fired }: Around): AsyncGenerator<Frame> {
  for await (const frame of frames) {
    if (hasEnd(frame)) {
      fired('the end is said twice');
      yield frame;
    }
    yield frame;
  }
}

/** A piece waits until there is another one; so the last comes after the end. */
async function* earlyEnd({ frames }: WireReplyInParts, { fired }: Around): AsyncGenerator<Frame> {
  let held: Frame[] = [];
  for await (const frame of frames) {
    if (hasEnd(frame) && held.length > 0) fired('the end is said before the last piece');
    if (hasEnd(frame)) yield frame;
    if (isPiece(frame) || hasEnd(frame)) {
      yield* held;
      held = [];
    }
    if (isPiece(frame) || held.length > 0) held.push(frame);
    else if (!hasEnd(frame)) yield frame;
  }
  yield* held;
}

/** Only where the protocol numbers the calls of a delta. */
async function* indexed(
  frames: AsyncIterable<Frame>,
  index: number | undefined,
  { fired }: Around,
): AsyncGenerator<Frame> {
  let said = false;
  const renumber = (json: unknown): unknown => {
    if (Array.isArray(json)) return json.map(renumber);
    if (!isRecord(json)) return json;
    const { tool_calls: calls } = json;
    if (!Array.isArray(calls)) return Object.fromEntries(Object.entries(json).map(([key, v]) => [key, renumber(v)]));
    return { ...json, tool_calls: calls.map((call) => (isRecord(call) ? { ...call, index } : call)) };
  };
  for await (const frame of frames) {
    const changed = isPiece(frame) ? withJson(frame, renumber) : undefined;
    if (!said && changed !== undefined) fired(index === undefined ? 'no index' : `each index ${index}`);
    said ||= changed !== undefined;
    yield changed ?? frame;
  }
}

const fragments: MeaningInjection = retelling(async function* (parts, { stream }, { fired }) {
  let said = false;
  for await (const part of parts) {
    if (!stream || part.type !== 'tool-call-delta' || part.arguments.length <= FRAGMENT) {
      yield part;
      continue;
    }
    if (!said) fired(`arguments in fragments of ${FRAGMENT} characters`);
    said = true;
    for (const piece of part.arguments.match(new RegExp(`[\\s\\S]{1,${FRAGMENT}}`, 'gu')) ?? []) {
      const fragment: Part = { ...part, arguments: piece };
      yield fragment;
    }
  }
});
