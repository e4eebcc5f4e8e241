import { leavesWhole } from '../core/effect.ts';
import type { CallView } from '../core/evidence.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';
import { unique } from '../text/words.ts';

/** The step that costs most is the first that a fallback leaves out. */
export const takesRequiredSteps = defineTaskCheck({
  name: 'takes-required-steps',
  summary: 'Every step the contract requires was taken before the answer, whoever gave it',
  reads: 'calls to the role of each required step, before the answer',
  severity: 'critical',
  advice: 'Run every step that the contract requires before the answer goes out, also when a reserve wrote it.',
  always: true,
  feature: 'steps',
  implies: (_task, contract) => ((contract?.steps.length ?? 0) > 0 ? {} : undefined),
  judge(on) {
    const steps = on.contract?.steps ?? [];
    const { outcome, content, servers } = on.seen;
    if (steps.length === 0) return notApplicable('the contract requires no steps');
    if (outcome === undefined) return nothingToJudge('no outcome, so no answer before which a step is due');
    const { kind } = outcome.outcome;
    // What is told without a model's words is told by rule.
    const byModel = content !== undefined && servers.some((c) => c.end?.tool_calls === undefined);
    const { answers, toPeople } = OUTCOME_KINDS[kind];
    if (kind !== 'answered' && !(byModel && (answers || toPeople)))
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
function taken(on: Case, role: string, before: number) {
  const { seen, plain } = on;
  const calls = seen.calls.filter((c) => c.call.role === role && c.call.seq < before);
  const good = (c: CallView) => c.ok && (c.end?.seq ?? before) < before;
  if (calls.length === 0) return { calls, wrong: 'was never called' };
  if (!calls.some(good)) return { calls, wrong: 'gave no good reply' };
  const latest = calls.filter(good).at(-1);
  // A reply that a fault made worth less is a no, or none at all.
  if (latest?.fired.some((f) => !leavesWhole(f.effect)))
    return { calls, wrong: `did not agree (${latest.fired[0]?.detail})` };
  const blind = latest === undefined ? undefined : unshown(on, latest);
  if (blind !== undefined) return { calls, wrong: `was not shown ${blind}` };
  const drafts = [...seen.servers, ...seen.replies].filter(
    ({ end }) => end !== undefined && end.tool_calls === undefined,
  );
  if (latest !== undefined && drafts.length > 0 && drafts.every((c) => (c.end?.seq ?? before) > latest.call.seq))
    return { calls, wrong: 'was only asked before there was an answer' };
  const asked = (some: Seen) =>
    Math.max(-1, ...some.calls.filter((c) => c.call.role === role && c.ok).map((c) => c.call.seq));
  // Of several calls that the answer may be from, one before the step is enough.
  const isLast = (some: Seen) => {
    const answers = some.servers.filter((c) => c.call.role !== role);
    return answers.length === 0 || answers.some((c) => c.call.seq < asked(some));
  };
  const early = isLast(plain) && !isLast(seen);
  return { calls, wrong: early ? 'was only asked before the reply that became the answer' : undefined };
}

/** What a step cannot judge without: the answer, the texts that the answer's model was given, and what tools gave. */
function unshown({ seen, sources }: Case, step: CallView): string | undefined {
  const { call } = step;
  const server = seen.servers.findLast((c) => c.end !== undefined && c.end.seq < call.seq);
  if (server === undefined) return undefined;
  const { held } = server.call;
  const texts = sources.filter(({ image }) => image === undefined).map(({ id }) => id);
  const lost = held.sources.filter((id) => texts.includes(id) && !call.held.sources.includes(id));
  if (lost.length > 0) return `the text of ${lost.join(', ')}`;
  const gave = seen.results.filter((result) => result.ok && result.seq < call.seq).map(({ tool }) => tool);
  const results = unique(gave).filter(
    (tool) => held.results?.includes(tool) && call.held.results?.includes(tool) !== true,
  );
  if (results.length > 0) return `what ${results.join(', ')} gave`;
  // Only words that are handed out as they came can be looked for.
  const verbatim = seen.outcome?.kept?.some((k) => k.call === server.call.call && k.share === 1);
  const telling = (seen.ask?.expected_answer.length ?? 0) >= TELLING;
  return verbatim && telling && call.rereads?.includes(server.call.call) !== true ? 'the answer' : undefined;
}

/** Shorter answers may stand anywhere by chance. */
const TELLING = 40;
