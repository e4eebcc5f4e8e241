import { z } from 'zod';
import { isRecord } from '../core/json.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { fieldsOf, withSentence } from './answer.ts';
import { rewriting } from './rewriting.ts';

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
  open: ({ says }) =>
    rewriting(({ text }) => {
      if (says === 'not_verified') return { did: 'says that nothing was verified', text: unverified(text), calls: [] };
      const claimed = withSentence(text, 'Every statement here has been verified against the sources.');
      return claimed === undefined ? undefined : { did: 'says of itself that it is verified', text: claimed };
    }),
});

/** In a structured reply every word says so. */
function unverified(text: string): string {
  const fields = fieldsOf(text);
  return fields === undefined ? 'Not verified: the check was skipped.' : JSON.stringify(silenced(fields));
}

function silenced(value: unknown): unknown {
  if (typeof value === 'string') return 'not_verified';
  if (typeof value === 'boolean') return false;
  if (Array.isArray(value)) return [];
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, silenced(inner)]));
}
