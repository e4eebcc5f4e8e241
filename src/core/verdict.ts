import { z } from 'zod';

export const Severity = z.enum(['critical', 'major', 'minor']);
export type Severity = z.infer<typeof Severity>;

/** Texts that would have been judged, had somebody read them: no pattern of ours decides what they say. */
interface Unread {
  unread?: readonly string[];
}

/** What one check says of one task or drill. `evidence` lists the `seq` of the events that prove it. */
export type Verdict = Unread &
  (
    | { verdict: 'passed' | 'failed'; reason: string; evidence: number[] }
    | { verdict: 'inconclusive' | 'not_applicable'; reason: string }
  );

export type VerdictWord = Verdict['verdict'];
