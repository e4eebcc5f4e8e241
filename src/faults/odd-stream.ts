import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { type Around, defineReplyFault, type MeaningInjection, type WireReplyInParts } from '../core/plugin.ts';
import type { Frame, Part } from '../core/wire.ts';
import { isRecord } from '../text/json.ts';
import { retelling } from './rewriting.ts';
import { bytesOf, frameByFrame, hasEnd, isPiece, KEEP_ALIVE, streamed, type Telling, withJson } from './stream.ts';

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
      'empty-events': emptyEvents(after_pieces),
      'double-end': doubleEnd,
      'early-end': earlyEnd,
      'no-index': indexed(undefined),
      'same-index': indexed(0),
    };
    return streamed(tell[how]);
  },
});

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

const comments = frameByFrame(({ once }) => (frame) => {
  once('a comment before every event');
  return [KEEP_ALIVE, frame];
});

const emptyEvents = (after: number): Telling =>
  frameByFrame(({ once }, { idle }) => {
    let pieces = 0;
    let begun = false;
    return (frame) => {
      if (idle === undefined) return [frame];
      once('an event that says nothing');
      const empty: Frame = { wire: bytesOf(idle), parts: [] };
      const first = begun ? [] : [empty];
      begun = true;
      return [...first, ...(isPiece(frame) && pieces++ === after ? [empty] : []), frame];
    };
  });

const doubleEnd = frameByFrame(({ fired }) => (frame) => {
  if (!hasEnd(frame)) return [frame];
  fired('the end is said twice');
  return [frame, frame];
});

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
const indexed = (index: number | undefined): Telling =>
  frameByFrame(({ once }) => (frame) => {
    const changed = isPiece(frame) ? withJson(frame, (json) => renumbered(json, index)) : undefined;
    if (changed !== undefined) once(index === undefined ? 'no index' : `each index ${index}`);
    return [changed ?? frame];
  });

function renumbered(json: unknown, index: number | undefined): unknown {
  if (Array.isArray(json)) return json.map((one) => renumbered(one, index));
  if (!isRecord(json)) return json;
  const { tool_calls: calls } = json;
  if (Array.isArray(calls))
    return { ...json, tool_calls: calls.map((call) => (isRecord(call) ? { ...call, index } : call)) };
  return Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, renumbered(inner, index)]));
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
