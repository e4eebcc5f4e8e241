import type { CallView } from '../core/evidence.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';

/** Outcomes that hand on what a model said; `partial` says itself that something is left out. */
const HANDED_OUT = ['extracted', 'action_disabled', 'needs_confirmation'];

/** The step that costs most is the first that a fallback leaves out. */
export const takesRequiredSteps = defineTaskCheck({
  name: 'takes-required-steps',
  summary: 'Every step the contract requires was taken before the answer, whoever gave it',
  reads: 'calls to the role of each required step, before the answer',
  severity: 'critical',
  feature: 'steps',
  implies: (_task, contract) => ((contract?.steps.length ?? 0) > 0 ? {} : undefined),
  judge(on) {
    const steps = on.contract?.steps ?? [];
    const { outcome, serving } = on.seen;
    if (steps.length === 0) return notApplicable('the contract requires no steps');
    if (outcome === undefined) return nothingToJudge('no outcome, so no answer before which a step is due');
    const { kind } = outcome.outcome;
    // A reply that asks for tools is no answer yet: what is told without another is told by rule.
    const byModel = serving !== undefined && serving.end?.tool_calls === undefined;
    if (kind !== 'answered' && !(byModel && HANDED_OUT.includes(kind)))
      return notApplicable(`the outcome is ${kind}, before which no step is due`);
    const judged = steps.map(({ name, role }) => ({ name, role, ...taken(on, role, outcome.seq) }));
    const proof = [...judged.flatMap((step) => step.calls), outcome];
    const skipped = judged.filter((step) => step.wrong !== undefined);
    if (skipped.length > 0)
      return failed(skipped.map((s) => `${s.name} was skipped: ${s.role} ${s.wrong}`).join('; '), proof);
    return passed(judged.map((s) => `${s.name} was taken, by ${s.role}`).join('; '), proof);
  },
});

/** A good reply of the step's role; to a call begun after those for the answer, where that is the order without faults. */
function taken({ seen, plain }: Case, role: string, before: number) {
  const calls = seen.calls.filter((c) => c.call.role === role && c.call.seq < before);
  const good = (c: CallView) => c.ok && (c.end?.seq ?? before) < before;
  if (calls.length === 0) return { calls, wrong: 'was never called' };
  if (!calls.some(good)) return { calls, wrong: 'gave no good reply' };
  const last = (some: CallView[]) => Math.max(-1, ...some.map((c) => c.call.seq));
  const isLast = (some: Seen) =>
    last(some.calls.filter((c) => c.call.role === role && c.ok)) >
    last(some.replies.filter((c) => c.call.role !== role));
  const early = isLast(plain) && !isLast(seen);
  return { calls, wrong: early ? 'was only asked before the reply that became the answer' : undefined };
}
