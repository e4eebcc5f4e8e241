import { z } from 'zod';

export const Severity = z.enum(['critical', 'major', 'minor']);
export type Severity = z.infer<typeof Severity>;

/** What one check says of one task or drill. `evidence` lists the `seq` of the events that prove it. */
export type Verdict =
  | { verdict: 'passed' | 'failed'; reason: string; evidence: number[] }
  | { verdict: 'inconclusive' | 'not_applicable'; reason: string };

export type VerdictWord = Verdict['verdict'];

export const passed = (reason: string, evidence: number[]): Verdict => ({ verdict: 'passed', reason, evidence });
export const failed = (reason: string, evidence: number[]): Verdict => ({ verdict: 'failed', reason, evidence });
/** There was nothing to judge. In a drill that expects the check it stays inconclusive, elsewhere it becomes not applicable. */
export const nothingToJudge = (reason: string): Verdict => ({ verdict: 'inconclusive', reason });
export const notApplicable = (reason: string): Verdict => ({ verdict: 'not_applicable', reason });
