import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { type Around, defineMeaningFault } from '../core/plugin.ts';
import type { Part } from '../core/wire.ts';

/** About six tokens, as streams come. */
const PIECE = 24;

export const slowStream = defineMeaningFault({
  name: 'slow-stream',
  summary: 'The answer begins in time and then drips: a gap before every further piece of the stream.',
  params: z.strictObject({
    gap_ms: whole(0, 600_000)
      .default(2000)
      .describe(
        `milliseconds before each piece; an answer that is not streamed comes whole, as late as in pieces of ${PIECE} characters`,
      ),
  }),
  delays: true,
  magnitude: { param: 'gap_ms', zero: 0 },
  example: '{ fault: slow-stream, role: primary, gap_ms: 500 }',
  open({ gap_ms }) {
    return async (call, next, around) => {
      const reply = await next(call);
      if (reply.kind === 'none') return reply;
      const size = call.stream ? Number.POSITIVE_INFINITY : PIECE;
      return { kind: 'http', parts: dripping(reply.parts, size, gap_ms, around) };
    };
  },
});

async function* dripping(
  parts: AsyncIterable<Part>,
  size: number,
  gapMs: number,
  around: Around,
): AsyncGenerator<Part> {
  let pieces = 0;
  let said = false;
  for await (const part of parts) {
    const text = 'text' in part ? part.text : 'arguments' in part ? part.arguments : '';
    const more = text === '' ? 0 : Math.ceil(text.length / size) || 1;
    // The first piece of all comes when it comes.
    const gaps = pieces === 0 ? Math.max(0, more - 1) : more;
    pieces += more;
    if (gaps > 0) {
      if (!said) around.fired(`${gapMs} ms between pieces`);
      said = true;
      await around.clock.sleep(gaps * gapMs, around.signal);
    }
    yield part;
  }
}
