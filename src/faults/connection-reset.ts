import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineWireFault } from '../core/plugin.ts';
import { type Frame, NetworkFailure } from '../core/wire.ts';

export const connectionReset = defineWireFault({
  name: 'connection-reset',
  summary: 'The connection is reset before any reply, or in the middle of its body.',
  effect: 'fails',
  // Another reply has a single piece, which has come then.
  needs: ({ after_frames = 0 }) => (after_frames > 0 ? 'stream' : undefined),
  params: z.strictObject({
    after_frames: whole(0, 1_000_000)
      .optional()
      .describe(
        'pieces of the body that arrive whole; the next one is cut in half. A stream has a piece per event, another reply has one. Without it, not even the head arrives',
      ),
  }),
  example: '{ fault: connection-reset, role: primary, after_frames: 0 }',
  trials: [{}, { after_frames: 0 }, { after_frames: 4 }],
  open:
    ({ after_frames }) =>
    ({ head, frames }, _call, around) => {
      if (after_frames === undefined) {
        around.fired('reset before the head');
        throw new NetworkFailure('reset');
      }
      return { head, frames: cut(frames, after_frames, () => around.fired(`reset in piece ${after_frames + 1}`)) };
    },
});

/** A body with fewer pieces than that arrives whole: the fault did not fire. */
async function* cut(frames: AsyncIterable<Frame>, after: number, fired: () => void): AsyncGenerator<Frame> {
  let passed = 0;
  for await (const frame of frames) {
    if (passed++ < after) {
      yield frame;
      continue;
    }
    fired();
    yield { wire: frame.wire.subarray(0, frame.wire.length >> 1), parts: [] };
    throw new NetworkFailure('reset');
  }
}
