import { z } from 'zod';
import type { Effect } from '../core/effect.ts';
import { whole } from '../core/numbers.ts';
import { type Around, defineReplyFault, type MeaningInjection } from '../core/plugin.ts';
import { type ErrorPart, type Frame, NetworkFailure } from '../core/wire.ts';
import { breakOff } from './malformed-json.ts';
import { retelling } from './rewriting.ts';
import { frameByFrame, hasEnd, isPiece, isSaid, KEEP_ALIVE, streamed, type Telling } from './stream.ts';

const EFFECT_OF = {
  cut: 'fails',
  'cut-in-arguments': 'fails',
  'cut-after-end': 'fails',
  // Some clients have all they need, others take it for a cut.
  'no-terminator': 'spoils',
  error: 'fails',
  'malformed-event': 'spoils',
  'duplicated-event': 'spoils',
  'reordered-events': 'spoils',
  comments: 'fails',
} satisfies Record<string, Effect>;
type How = keyof typeof EFFECT_OF;
const HOWS = Object.keys(EFFECT_OF) as How[];

export const brokenStream = defineReplyFault({
  name: 'broken-stream',
  summary: 'A stream breaks: it is cut, ends in an error, or its events are lost, doubled, swapped or only comments.',
  effect: ({ how, by }) => (how === 'cut-after-end' && by === 'end' ? 'spoils' : EFFECT_OF[how]),
  needs: 'stream',
  // Each way in which it breaks; what breaks arguments needs a task with tools.
  trials: [
    ...(['end', 'closed', 'reset'] as const).map((by) => ({ how: 'cut' as const, by })),
    ...HOWS.filter((how) => how !== 'cut' && how !== 'cut-in-arguments' && how !== 'error').map((how) => ({ how })),
    { how: 'error', after_pieces: 0 },
    { how: 'error', after_pieces: 1 },
  ],
  params: z.strictObject({
    how: z
      .enum(HOWS)
      .default('cut')
      .describe(
        '`cut`: after so many pieces, in the arguments of a tool call, or after its end was said; `no-terminator`: all came but the last event; `error`: an error in the place of a piece; `malformed-event`, `duplicated-event`, `reordered-events`: one piece is, and the stream goes on; `comments`: nothing else comes any more',
      ),
    after_pieces: whole(0, 1_000_000)
      .optional()
      .describe(
        'pieces of the answer that arrive as they should; without it one, or none where a piece comes twice or too late: then only of fields and of arguments, since in prose nobody could see it',
      ),
    by: z
      .enum(['end', 'closed', 'reset'])
      .default('end')
      .describe('what cuts it: an end as of any whole body, a socket that is closed, or one that is reset'),
    error: z
      .enum(['overloaded', 'server_error', 'rate_limit'])
      .default('overloaded')
      .describe('what the error says, in the words of the protocol'),
    gap_ms: whole(1, 600_000).default(5000).describe('milliseconds between two comments'),
  }),
  example: '{ fault: broken-stream, role: primary, how: cut, by: reset, after_pieces: 3 }',
  open({ how, after_pieces, by, error: mode, gap_ms }) {
    const after = after_pieces ?? (how === 'duplicated-event' || how === 'reordered-events' ? 0 : 1);
    const breaks = after_pieces === undefined ? isNoProse : () => true;
    if (how === 'error') return { kind: 'meaning', inject: failing(after, mode) };
    if (how === 'cut-in-arguments') return { kind: 'meaning', inject: cutInArguments(by) };
    const tell: Record<Exclude<How, 'error' | 'cut-in-arguments'>, Telling> = {
      cut: ({ frames }, around) => cut(frames, after, by, around),
      'cut-after-end': ({ frames }, around) => cutAfterEnd(frames, by, around),
      'no-terminator': withoutTerminator,
      'malformed-event': atPiece(after, (frame, { fired }) => {
        fired(`piece ${after + 1} is no JSON`);
        return [breakOff(frame, 0.5)?.frame ?? frame];
      }),
      'duplicated-event': atPiece(after, (frame, { fired }) => {
        if (!breaks(frame)) return [frame];
        fired(`piece ${after + 1} comes twice`);
        return [frame, frame];
      }),
      'reordered-events': ({ frames }, around) => swapped(frames, after, breaks, around),
      comments: ({ frames }, around) => onlyComments(frames, after, gap_ms, around),
    };
    return streamed(tell[how]);
  },
});

/** The beginning of a structured answer, or a piece of a tool call. */
const isNoProse = ({ parts }: Frame): boolean =>
  parts.every((part) => (part.type === 'text-delta' ? /^\s*[{[`]/.test(part.text) : part.type !== 'refusal-delta'));

type Cut = 'end' | NetworkFailure['how'];

/** What follows a cut: nothing where the body just ends. */
function breakBy(by: Cut): void {
  if (by !== 'end') throw new NetworkFailure(by);
}

async function* cut(frames: AsyncIterable<Frame>, after: number, by: Cut, { fired }: Around): AsyncGenerator<Frame> {
  let pieces = 0;
  for await (const frame of frames) {
    if (isPiece(frame) && pieces++ === after) {
      fired(`${by} after ${after} pieces`);
      return breakBy(by);
    }
    yield frame;
  }
}

/** Where nothing comes after the end, an end of the body there cuts nothing. */
async function* cutAfterEnd(frames: AsyncIterable<Frame>, by: Cut, { fired }: Around): AsyncGenerator<Frame> {
  let ended = false;
  let cuts = false;
  for await (const frame of frames) {
    if (!ended) yield frame;
    cuts = ended || (hasEnd(frame) && by !== 'end');
    ended ||= hasEnd(frame);
    if (cuts) break;
  }
  if (!cuts) return;
  fired(`${by} after the end was said`);
  breakBy(by);
}

const withoutTerminator = frameByFrame(({ once }) => {
  let ended = false;
  return (frame) => {
    if (!ended || frame.parts.length > 0) {
      ended ||= hasEnd(frame);
      return [frame];
    }
    once('no terminator');
    return [];
  };
});

/** Puts other frames in the place of one piece. */
const atPiece = (after: number, instead: (frame: Frame, around: Around) => Frame[]): Telling =>
  frameByFrame((around) => {
    let pieces = 0;
    return (frame) => (isPiece(frame) && pieces++ === after ? instead(frame, around) : [frame]);
  });

/** What stands between the two keeps its place before the first. The last piece of all has none to be swapped with. */
async function* swapped(
  frames: AsyncIterable<Frame>,
  after: number,
  breaks: (frame: Frame) => boolean,
  { fired }: Around,
): AsyncGenerator<Frame> {
  let pieces = 0;
  let held: Frame[] = [];
  for await (const frame of frames) {
    if (isPiece(frame)) {
      pieces += 1;
      if (pieces === after + 1 && breaks(frame)) {
        held = [frame];
        continue;
      }
      if (pieces === after + 2 && held.length > 0) {
        fired(`piece ${after + 2} comes before piece ${after + 1}`);
        yield frame;
        yield* held;
        held = [];
        continue;
      }
    }
    if (held.length > 0 && !hasEnd(frame)) {
      held.push(frame);
      continue;
    }
    yield* held;
    held = [];
    yield frame;
  }
  yield* held;
}

async function* onlyComments(
  frames: AsyncIterable<Frame>,
  after: number,
  gapMs: number,
  { clock, signal, fired }: Around,
): AsyncGenerator<Frame> {
  let pieces = 0;
  for await (const frame of frames) {
    if (isPiece(frame) && pieces++ === after) break;
    yield frame;
  }
  if (pieces <= after) return;
  fired(`nothing but comments after ${after} pieces`);
  for (;;) {
    await clock.sleep(gapMs, signal);
    yield KEEP_ALIVE;
  }
}

const failing = (after: number, mode: ErrorPart['mode']): MeaningInjection =>
  retelling(async function* (parts, { stream }, { fired }) {
    let pieces = 0;
    for await (const part of parts) {
      if (stream && isSaid(part) && pieces++ === after) {
        fired(`the error ${mode} after ${after} pieces`);
        yield { type: 'error', mode, message: 'The provider failed while it was answering.', inBand: true };
        return;
      }
      yield part;
    }
  });

const cutInArguments = (by: Cut): MeaningInjection =>
  retelling(async function* (parts, { stream }, { fired }) {
    for await (const part of parts) {
      if (!stream || part.type !== 'tool-call-delta') {
        yield part;
        continue;
      }
      fired(`${by} in the arguments of a tool call`);
      yield { ...part, arguments: part.arguments.slice(0, part.arguments.length >> 1) };
      breakBy(by);
      yield { type: 'error', mode: 'truncated', message: 'the arguments break off', inBand: true };
      return;
    }
  });
