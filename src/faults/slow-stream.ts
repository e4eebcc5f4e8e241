import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { retelling } from './rewriting.ts';

/** About six tokens, as streams come. */
const PIECE = 24;

export const slowStream = defineMeaningFault({
  name: 'slow-stream',
  summary: 'The answer begins in time and then drips: a gap before every further piece of the stream.',
  effect: 'delays',
  params: z.strictObject({
    gap_ms: whole(0, 600_000)
      .default(2000)
      .describe(
        `milliseconds before each piece; an answer that is not streamed comes whole, as late as in pieces of ${PIECE} characters`,
      ),
  }),
  magnitude: { param: 'gap_ms', zero: 0 },
  example: '{ fault: slow-stream, role: primary, gap_ms: 500 }',
  open: ({ gap_ms }) =>
    retelling(async function* (parts, { stream }, around) {
      const size = stream ? Number.POSITIVE_INFINITY : PIECE;
      let pieces = 0;
      let said = false;
      for await (const part of parts) {
        const text = 'text' in part ? part.text : 'arguments' in part ? part.arguments : '';
        const more = text === '' ? 0 : Math.ceil(text.length / size) || 1;
        // The first piece of all comes when it comes.
        const gaps = pieces === 0 ? Math.max(0, more - 1) : more;
        pieces += more;
        if (gaps > 0) {
          if (!said) around.fired(`${gap_ms} ms between pieces`);
          said = true;
          await around.clock.sleep(gaps * gap_ms, around.signal);
        }
        yield part;
      }
    }),
});
