import { defineMeaningFault } from '../core/plugin.ts';
import { denial } from './denial.ts';
import { rewriting } from './rewriting.ts';

const WORDS = { prose: 'unsupported: the sources do not say what the answer says.', word: 'unsupported' };

export const verificationDenied = defineMeaningFault({
  name: 'verification-denied',
  summary: 'A verifier says no, in the shape it was asked for: the sources do not support the answer.',
  effect: 'cheapens',
  example: '{ fault: verification-denied, role: verifier }',
  drill: 'no_tool_support',
  // Of a role that answers it would be another answer.
  trials: [],
  open: () =>
    rewriting(({ text }, { responseSchema }) => {
      return {
        did: 'says that the answer is unsupported',
        text: denial(text, responseSchema?.schema, WORDS),
        calls: [],
      };
    }),
});
