import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineWireFault } from '../core/plugin.ts';
import type { Frame } from '../core/wire.ts';
import { isPiece, isStream } from './stream.ts';

export const stall = defineWireFault({
  name: 'stall',
  summary: 'The reply begins and then stands still: after its head, or in the middle of its body.',
  effect: ({ for_ms }) => (for_ms === undefined ? 'fails' : 'delays'),
  params: z.strictObject({
    after_pieces: whole(0, 1_000_000)
      .default(0)
      .describe(
        'pieces of the answer that arrive before; with 0, nothing after the head. Of a reply that is not streamed, half arrives instead',
      ),
    for_ms: whole(0, 24 * HOUR_MS)
      .optional()
      .describe('milliseconds after which it goes on; without it, nothing more comes, ever'),
  }),
  magnitude: { param: 'for_ms', zero: 0 },
  trials: [{ after_pieces: 0 }, { after_pieces: 3 }, { after_pieces: 3, for_ms: 2000 }],
  example: '{ fault: stall, role: primary, after_pieces: 3 }',
  open:
    ({ after_pieces: after, for_ms: ms }) =>
    (reply, _call, { clock, signal, fired }) => {
      const pause = (where: string) => {
        if (ms === undefined) {
          fired(`nothing more after ${where}`);
          return clock.never(signal);
        }
        fired(`${ms} ms of nothing after ${where}`, { late_ms: ms });
        return clock.sleep(ms, signal);
      };
      const { head, frames } = reply;
      return {
        ...reply,
        frames: after === 0 || isStream(head) ? standing(frames, after, pause) : halved(frames, pause),
      };
    },
});

type Pause = (where: string) => Promise<unknown>;

/** With no pieces to wait for it stands before the first frame, else before the piece that comes after so many. */
async function* standing(frames: AsyncIterable<Frame>, after: number, pause: Pause): AsyncGenerator<Frame> {
  let pieces = 0;
  let stood = false;
  for await (const frame of frames) {
    if (!stood && pieces === after && (after === 0 || isPiece(frame))) {
      stood = true;
      await pause(after === 0 ? 'the head' : `${pieces} of its pieces`);
    }
    if (isPiece(frame)) pieces += 1;
    yield frame;
  }
}

async function* halved(frames: AsyncIterable<Frame>, pause: Pause): AsyncGenerator<Frame> {
  for await (const { wire, parts } of frames) {
    yield { wire: wire.subarray(0, wire.length >> 1), parts: [] };
    await pause('half of the body');
    yield { wire: wire.subarray(wire.length >> 1), parts };
  }
}
