import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { withSentence } from './answer.ts';
import { denial } from './denial.ts';
import { rewriting } from './rewriting.ts';

/** Nothing of it is a yes, and nothing a judgement. */
const UNVERIFIED = { prose: 'Not verified: the check was skipped.', word: 'not_verified' };

/**
 * From outside only words can be changed, not what a model really checked. So there are two lies to tell apart: a verifier
 * that says nothing about the claim, and an answer that says it needs no verifier.
 */
export const skippedVerification = defineMeaningFault({
  name: 'skipped-verification',
  summary: 'A verifier replies that it did not verify, or an answer says of itself that it is verified.',
  effect: 'cheapens',
  params: z.strictObject({
    says: z
      .enum(['not_verified', 'verified'])
      .default('not_verified')
      .describe(
        '`not_verified`: the reply is only that nothing was checked (for the role `verifier`); `verified`: the answer stays and claims that all of it was verified (for a role that answers)',
      ),
  }),
  example: '{ fault: skipped-verification, role: verifier }',
  drill: 'no_tool_support',
  // The other lie is told by a verifier, and by nobody else.
  trials: [{ says: 'verified' }],
  open: ({ says }) =>
    rewriting(({ text }, { responseSchema }) => {
      if (says === 'not_verified') {
        const unverified = denial(text, responseSchema?.schema, UNVERIFIED);
        return { did: 'says that nothing was verified', text: unverified, calls: [] };
      }
      const claimed = withSentence(text, 'Every statement here has been verified against the sources.');
      return claimed === undefined ? undefined : { did: 'says of itself that it is verified', text: claimed };
    }),
});
