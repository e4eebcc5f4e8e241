import { z } from 'zod';
import { type CallView, callsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import type { TraceEvent } from '../core/trace.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { goodReplies } from './serving.ts';

/** Outcomes that hand on what a model said; `partial` says itself that something is left out. */
const HANDED_OUT = ['extracted', 'action_disabled', 'needs_confirmation'];

/** The step that costs most is the first that a fallback leaves out. */
export const takesRequiredSteps = defineTaskCheck({
  name: 'takes-required-steps',
  summary: 'Every step the contract requires was taken before the answer, whoever gave it',
  reads: 'calls to the role of each required step, before the answer',
  severity: 'critical',
  feature: 'steps',
  params: z.strictObject({}),
  example: 'takes-required-steps: {}',
  implies: (_task, contract) => ((contract?.steps.length ?? 0) > 0 ? {} : undefined),
  judge(evidence) {
    const { events, contract, declares } = evidence;
    const steps = contract?.steps ?? [];
    const outcome = firstOf(events, 'outcome');
    if (steps.length === 0) return notApplicable('the contract requires no steps');
    if (outcome === undefined) return nothingToJudge('no outcome, so no answer before which a step is due');
    const { kind } = outcome.outcome;
    // A reply that asks for tools is no answer yet: what is told without another is told by rule.
    const last = goodReplies(events, declares.chain).at(-1);
    const byModel = last !== undefined && last.end?.tool_calls === undefined;
    if (kind !== 'answered' && !(byModel && HANDED_OUT.includes(kind)))
      return notApplicable(`the outcome is ${kind}, before which no step is due`);
    const judged = steps.map(({ name, role }) => ({ name, role, ...taken(evidence, role, outcome.seq) }));
    const seqs = [...judged.flatMap((step) => step.calls.flatMap((c) => c.seqs)), outcome.seq];
    const skipped = judged.filter((step) => step.wrong !== undefined);
    if (skipped.length > 0)
      return failed(skipped.map((s) => `${s.name} was skipped: ${s.role} ${s.wrong}`).join('; '), seqs);
    return passed(judged.map((s) => `${s.name} was taken, by ${s.role}`).join('; '), seqs);
  },
});

/** A good reply of the step's role; to a call begun after those for the answer, where that is the order without faults. */
function taken({ events, baseline, declares: { chain } }: TaskEvidence, role: string, before: number) {
  const calls = callsOf(events).filter((c) => c.call.role === role && c.call.seq < before);
  const good = (c: CallView) => c.ok && (c.end?.seq ?? before) < before;
  if (calls.length === 0) return { calls, wrong: 'was never called' };
  if (!calls.some(good)) return { calls, wrong: 'gave no good reply' };
  const others = chain.filter((r) => r !== role);
  const last = (seqs: number[]) => Math.max(-1, ...seqs);
  const isLast = (some: readonly TraceEvent[]) =>
    last(callsOf(some).flatMap((c) => (c.call.role === role && c.ok ? [c.call.seq] : []))) >
    last(goodReplies(some, others).map((c) => c.call.seq));
  const early = isLast(baseline) && !isLast(events);
  return { calls, wrong: early ? 'was only asked before the reply that became the answer' : undefined };
}
