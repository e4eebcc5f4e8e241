import { z } from 'zod';

export const Severity = z.enum(['critical', 'major', 'minor']);
export type Severity = z.infer<typeof Severity>;

/** What one check says of one task or drill. `evidence` lists the `seq` of the events that prove it. */
export type Verdict =
  | { verdict: 'passed' | 'failed'; reason: string; evidence: number[] }
  | { verdict: 'inconclusive' | 'not_applicable'; reason: string };

export type VerdictWord = Verdict['verdict'];

/** What shows that a verdict is right: an event by its number or itself, whatever was put together from some, or several. */
export type Proof =
  | number
  | { readonly seqs: readonly number[] }
  | { readonly seq: number }
  | undefined
  | readonly Proof[];

function seqsIn(proof: Proof): readonly number[] {
  if (proof === undefined) return [];
  if (typeof proof === 'number') return [proof];
  if ('seqs' in proof) return proof.seqs;
  return 'seq' in proof ? [proof.seq] : proof.flatMap(seqsIn);
}

const shown =
  (verdict: 'passed' | 'failed') =>
  (reason: string, ...proof: Proof[]): Verdict => ({ verdict, reason, evidence: [...new Set(seqsIn(proof))] });
export const passed = shown('passed');
export const failed = shown('failed');
/** There was nothing to judge. In a drill that expects the check it stays inconclusive, elsewhere it becomes not applicable. */
export const nothingToJudge = (reason: string): Verdict => ({ verdict: 'inconclusive', reason });
export const notApplicable = (reason: string): Verdict => ({ verdict: 'not_applicable', reason });
