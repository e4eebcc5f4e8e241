import { z } from 'zod';
import type { Effect } from '../core/effect.ts';
import { type Around, defineReplyFault, type WireReplyInParts } from '../core/plugin.ts';
import { type ErrorPart, type Frame, type Head, NetworkFailure } from '../core/wire.ts';
import { isRecord } from '../text/json.ts';
import { replying } from './error-reply.ts';
import { frameByFrame, isStream, withJson } from './stream.ts';

const EFFECT_OF = {
  html: 'spoils',
  'error-object': 'spoils',
  empty: 'spoils',
  'no-content': 'spoils',
  envelope: 'spoils',
  'no-answer': 'spoils',
  'too-short': 'spoils',
  'too-long': 'fails',
  'no-usage': 'odd',
} satisfies Record<string, Effect>;
type How = keyof typeof EFFECT_OF;
const HOWS = Object.keys(EFFECT_OF) as How[];

/** What only a reply in one piece can be. */
const WHOLE: readonly How[] = ['no-answer', 'too-short', 'too-long', 'no-usage'];

export const oddSuccess = defineReplyFault({
  name: 'odd-success',
  summary: 'The reply has a good status and is not what the API promises: a page, an error, nothing, another shape.',
  effect: ({ how }) => EFFECT_OF[how],
  // A stream does not tell its length, and what counts its tokens is an event of its own for few.
  needs: ({ how }) => (WHOLE.includes(how) ? 'whole' : undefined),
  params: z.strictObject({
    how: z
      .enum(HOWS)
      .default('html')
      .describe(
        '`html`: a page; `error-object`: an error in JSON; `empty`: no byte; `no-content`: 204; `envelope`: the reply inside another object; `no-answer`: a whole reply whose list of answers is empty; `too-short`, `too-long`: a content-length of 64 bytes, or of a million; a stream tells none; `no-usage`: a good reply that counts no tokens, a stream only where an event is there for that alone',
      ),
  }),
  trials: HOWS.map((how) => ({ how })),
  example: '{ fault: odd-success, role: primary, how: error-object }',
  open({ how }) {
    if (how === 'html' || how === 'error-object') return { kind: 'meaning', inject: replying(() => INSTEAD[how]) };
    return {
      kind: 'wire',
      inject: (reply, _call, around) => (reply.head.status >= 400 ? reply : TELL[how](reply, around)),
    };
  },
});

const INSTEAD: Record<'html' | 'error-object', [did: string, part: ErrorPart]> = {
  html: ['a page at 200', { type: 'error', mode: 'malformed_response', message: 'a page' }],
  'error-object': [
    'an error at 200',
    { type: 'error', mode: 'server_error', message: 'The upstream provider returned an error.', status: 200 },
  ],
};

type Telling = (reply: WireReplyInParts, around: Around) => WireReplyInParts;

const unreadable = (message: string): ErrorPart => ({
  ...{ type: 'error', mode: 'malformed_response', message, inBand: true },
});

const TELL: Record<Exclude<How, keyof typeof INSTEAD>, Telling> = {
  empty: (reply, around) => ({
    ...reply,
    head: measured(reply.head, 0),
    frames: emptied(reply.frames, 'an empty body', around),
  }),
  'no-content': ({ head, frames }, around) => ({
    head: { status: 204, headers: head.headers.filter(([name]) => name !== 'content-type'), framing: 'length' },
    frames: emptied(frames, 'HTTP 204', around),
  }),
  envelope: (reply, around) => ({ ...reply, frames: enveloped(reply, around) }),
  'no-answer': (reply, around) => (isStream(reply.head) ? reply : { ...reply, frames: answerless(reply, around) }),
  'too-short': (reply, around) => lying(reply, TOO_SHORT, (frames) => shortened(frames, around)),
  'too-long': (reply, around) => lying(reply, TOO_LONG, (frames) => awaited(frames, around)),
  'no-usage': (reply, around) => ({ ...reply, frames: uncounted(reply, around) }),
};

async function* emptied(frames: AsyncIterable<Frame>, did: string, { fired }: Around): AsyncGenerator<Frame> {
  fired(did);
  // Whoever waits for the end of the reply is told that nobody wants it.
  for await (const _ of frames) break;
  yield { wire: new Uint8Array(), parts: [unreadable(did)] };
}

const enveloped = frameByFrame(({ once }) => {
  let told: ErrorPart[] = [unreadable('another shape')];
  return (frame) => {
    const inside = withJson(frame, (data) => ({ code: 0, message: 'ok', data }));
    if (inside === undefined) return [frame];
    once('inside another object');
    const parts = [...countsOf(frame), ...told];
    told = [];
    return [{ ...inside, parts }];
  };
});

/** Where the APIs keep what was answered. */
const ANSWERS = ['choices', 'content', 'output', 'candidates'];

const answerless = frameByFrame(({ fired }) => (frame) => {
  const emptied = withJson(frame, (json) => {
    const list = isRecord(json) ? ANSWERS.find((key) => Array.isArray(json[key])) : undefined;
    return isRecord(json) && list !== undefined ? { ...json, [list]: [] } : json;
  });
  if (emptied === undefined) return [frame];
  fired('no answer in it');
  return [{ ...emptied, parts: [...countsOf(frame), unreadable('no answer in it')] }];
});

/** What a body is said to hold where that is not so: less than any reply, and more. */
const [TOO_SHORT, TOO_LONG] = [64, 1_000_000];

/** A stream does not tell its length. */
const measured = (head: Head, length: number): Head =>
  head.framing === 'length' ? { ...head, headers: [...head.headers, ['content-length', String(length)]] } : head;

function lying(
  reply: WireReplyInParts,
  length: number,
  tell: (frames: AsyncIterable<Frame>) => AsyncIterable<Frame>,
): WireReplyInParts {
  if (reply.head.framing !== 'length') return reply;
  return { ...reply, head: measured(reply.head, length), frames: tell(reply.frames) };
}

/** A client reads as many bytes as it was told of. */
async function* shortened(frames: AsyncIterable<Frame>, { fired }: Around): AsyncGenerator<Frame> {
  let left = TOO_SHORT;
  for await (const frame of frames) {
    fired(`${Math.min(left, frame.wire.length)} of ${frame.wire.length} bytes`);
    yield { wire: frame.wire.subarray(0, left), parts: [...countsOf(frame), unreadable('half of a body')] };
    left -= Math.min(left, frame.wire.length);
  }
}

/** It waits for those that were promised, until the other side closes. */
async function* awaited(frames: AsyncIterable<Frame>, { fired }: Around): AsyncGenerator<Frame> {
  let said = false;
  for await (const frame of frames) {
    if (!said) fired(`${frame.wire.length} of ${TOO_LONG} bytes`);
    said = true;
    yield frame;
  }
  throw new NetworkFailure('closed');
}

/** Of a stream only an event that is there for nothing else is left out: where another one counts, clients rely on it. */
const uncounted = frameByFrame(({ fired }, { head }) => (frame) => {
  const rest = frame.parts.filter(({ type }) => type !== 'usage');
  const counts = rest.length < frame.parts.length && (rest.length === 0 || !isStream(head));
  const changed = counts ? withJson(frame, (json) => withoutUsage(json)) : undefined;
  if (changed === undefined) return [frame];
  fired('no usage');
  return rest.length > 0 ? [{ ...changed, parts: rest }] : [];
});

const USAGE = ['usage', 'usageMetadata'];

/** Beside the answer, or one object further in. */
const withoutUsage = (json: unknown, deeper = true): unknown => {
  if (!isRecord(json)) return json;
  const kept = Object.entries(json).filter(([key]) => !USAGE.includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, deeper ? withoutUsage(value, false) : value]));
};

const countsOf = ({ parts }: Frame) => parts.filter(({ type }) => type === 'usage');
