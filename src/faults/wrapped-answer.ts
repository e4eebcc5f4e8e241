import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { fieldsOf } from './answer.ts';
import { rewriting } from './rewriting.ts';

export const wrappedAnswer = defineMeaningFault({
  name: 'wrapped-answer',
  summary: 'The right answer, wrapped in what is none of it: a code fence, words before it, or a think tag.',
  effect: 'odd',
  params: z.strictObject({
    in: z.enum(['code-fence', 'preamble', 'think-tag']).default('code-fence').describe('what stands around the answer'),
  }),
  trials: [{ in: 'code-fence' }, { in: 'preamble' }, { in: 'think-tag' }],
  example: '{ fault: wrapped-answer, role: backup, in: think-tag }',
  open: ({ in: wrapping }) =>
    rewriting(({ text }) => (text === '' ? undefined : { did: `in a ${wrapping}`, text: WRAPPED[wrapping](text) })),
});

const WRAPPED = {
  'code-fence': (text: string) => `\`\`\`${fieldsOf(text) === undefined ? '' : 'json'}\n${text}\n\`\`\``,
  preamble: (text: string) => `Here is the answer to your question:\n\n${text}`,
  'think-tag': (text: string) =>
    `<think>\nThe user wants an answer from the sources. I read them, and then I reply.\n</think>\n\n${text}`,
};
