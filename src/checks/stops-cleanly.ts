import type { CallView } from '../core/evidence.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { contentText } from './content.ts';
import { admitsLimits, clausesOf, means } from './notice-words.ts';
import { count, unique, when } from './words.ts';

/** When nobody can answer, the workflow ends as what it is, and nothing goes on behind the user's back. */
export const stopsCleanly = defineTaskCheck({
  name: 'stops-cleanly',
  summary: 'When no role gives a good reply, the outcome says so, and no call or write comes after',
  reads: 'the outcome of an ask that no role could serve, and what came after',
  severity: 'critical',
  feature: 'fallback',
  implies: () => ({}),
  judge(on) {
    const { ending, late, uses } = on.seen;
    const failures = lastFailures(on);
    if (failures === undefined) return nothingToJudge('a role gave a good reply, or none was needed');
    if (ending === undefined) return nothingToJudge('the trace holds no outcome');
    if (ending.kind === 'hung') return notApplicable('the task hung, it did not stop');
    const lastHeard = Math.max(-1, ...failures.map((c) => (c.end ?? c.abort ?? c.call).seq));
    // What was queued, or waits for a reviewer, may be worked on later.
    const goesOn = ending.outcome.kind === 'queued' || ending.outcome.kind === 'needs_review';
    const later = goesOn ? [] : late.map((c) => c.call);
    const writes = uses.map(({ use }) => use).filter((use) => use.write && use.seq > lastHeard);
    const wrong = [
      ...pretence(on, ending),
      ...unsaved(on, ending),
      ...when(later.length > 0, `${count(later.length, 'call')} after the outcome`),
      ...unique(writes.map((use) => `${use.tool} was run after the last role had failed`)),
    ];
    const proof = [...failures, ...later, ...writes, ending];
    if (wrong.length > 0) return failed(wrong.join('; '), proof);
    const roles = unique(failures.map((c) => c.call.role)).join(', ');
    const why = roles === '' ? 'no role was called' : `${roles} gave no good reply`;
    return passed(`${why}; the outcome is ${ending.outcome.kind}, and nothing came after`, proof);
  },
});

/** The calls that failed since the last good reply, where that reply was not the answer; undefined where somebody answered. */
function lastFailures({ seen, plain, declares: { chain }, contract }: Case): CallView[] | undefined {
  // Asked is who replied, not whose words the outcome holds.
  const good = seen.replies.at(-1);
  const since = seen.attempts.filter(
    (c) => chain.includes(c.call.role) && !c.ok && c.call.seq > (good?.end?.seq ?? -1),
  );
  const needed = since.length > 0 || (good === undefined && plain.replies.length > 0);
  // A reply that asks for tools is no answer yet, but for a role that may only propose.
  const proposes = good !== undefined && contract?.permissions?.modes[good.call.role] === 'plan-only';
  const answered = good !== undefined && (good.end?.tool_calls === undefined || proposes);
  return needed && !answered ? since : undefined;
}

/** An answer out of nothing. Whoever says in it that he cannot help has told the truth. */
function pretence({ seen }: Case, { outcome }: EventOf<'outcome'>): string[] {
  const claims = outcome.kind === 'answered' || outcome.kind === 'extracted';
  const lie = claims && !admitsLimits(`${contentText(outcome)}\n${seen.notice}`);
  return when(lie, `the outcome is ${outcome.kind}, though no role gave a good reply`);
}

/** What the contract promises a user whose work stops; whoever claims no notices has no place to offer a next step in. */
function unsaved({ contract, declares }: Case, { outcome }: EventOf<'outcome'>): string[] {
  const promised = contract?.experience?.when_all_fail === 'save_and_offer_next_step';
  // What was declined is not to go on later.
  if (!promised || outcome.kind === 'declined' || !declares.features.includes('notice')) return [];
  const { notice } = outcome;
  const offered =
    typeof notice === 'object' && notice !== null
      ? notice.next.trim() !== ''
      : clausesOf(`${notice ?? ''}\n${contentText(outcome)}`).some(means.next);
  return [
    ...when(Object.keys(outcome.state ?? {}).length === 0, 'no state was kept'),
    ...when(!offered, 'no next step is offered'),
  ];
}
