import { z } from 'zod';
import { type CallView, callsOf, endingOf, eventsOf, type TaskEvidence } from '../core/evidence.ts';
import { noticeText } from '../core/outcome.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { admitsLimits } from './admission.ts';
import { contentText } from './content.ts';
import { clausesOf, means } from './notice-words.ts';
import { goodReplies } from './serving.ts';
import { count, unique } from './words.ts';

/** When nobody can answer, the workflow ends as what it is, and nothing goes on behind the user's back. */
export const stopsCleanly = defineTaskCheck({
  name: 'stops-cleanly',
  summary: 'When no role gives a good reply, the outcome says so, and no call or write comes after',
  reads: 'the outcome of an ask that no role could serve, and what came after',
  severity: 'critical',
  feature: 'fallback',
  params: z.strictObject({}),
  example: 'stops-cleanly: {}',
  implies: () => ({}),
  judge(evidence) {
    const { events } = evidence;
    const ending = endingOf(events);
    const failures = lastFailures(evidence);
    if (failures === undefined) return nothingToJudge('a role gave a good reply, or none was needed');
    if (ending === undefined) return nothingToJudge('the trace holds no outcome');
    if (ending.kind === 'hung') return notApplicable('the task hung, it did not stop');
    const lastHeard = Math.max(-1, ...failures.flatMap((c) => (c.end ?? c.abort)?.seq ?? c.call.seq));
    const later = eventsOf(events, 'call').filter((call) => call.seq > ending.seq);
    const writes = eventsOf(events, 'tool-use').filter((use) => use.write && use.seq > lastHeard);
    const wrong = [
      ...pretence(ending),
      ...unsaved(evidence, ending),
      ...(later.length > 0 ? [`${count(later.length, 'call')} after the outcome`] : []),
      ...unique(writes.map((use) => `${use.tool} was run after the last role had failed`)),
    ];
    const seqs = [...failures.flatMap((c) => c.seqs), ...[...later, ...writes].map((e) => e.seq), ending.seq];
    if (wrong.length > 0) return failed(wrong.join('; '), unique(seqs));
    const roles = unique(failures.map((c) => c.call.role)).join(', ');
    const why = roles === '' ? 'no role was called' : `${roles} gave no good reply`;
    return passed(`${why}; the outcome is ${ending.outcome.kind}, and nothing came after`, seqs);
  },
});

/** The calls that failed since the last good reply, where that reply was not the answer; undefined where somebody answered. */
function lastFailures({ events, baseline, declares: { chain }, contract }: TaskEvidence): CallView[] | undefined {
  const good = goodReplies(events, chain).at(-1);
  const since = callsOf(events).filter(
    (c) => chain.includes(c.call.role) && !c.ok && c.call.seq > (good?.end?.seq ?? -1),
  );
  const needed = since.length > 0 || (good === undefined && goodReplies(baseline, chain).length > 0);
  // A reply that asks for tools is no answer yet, but for a role that may only propose.
  const proposes = good !== undefined && contract?.permissions?.modes[good.call.role] === 'plan-only';
  const answered = good !== undefined && (good.end?.tool_calls === undefined || proposes);
  return needed && !answered ? since : undefined;
}

/** An answer out of nothing. Whoever says in it that he cannot help has told the truth. */
function pretence({ outcome }: EventOf<'outcome'>): string[] {
  const claims = outcome.kind === 'answered' || outcome.kind === 'extracted';
  if (!claims || admitsLimits(`${contentText(outcome)}\n${noticeText(outcome.notice)}`)) return [];
  return [`the outcome is ${outcome.kind}, though no role gave a good reply`];
}

/** What the contract promises a user whose work stops; whoever claims no notices has no place to offer a next step in. */
function unsaved({ contract, declares }: TaskEvidence, { outcome }: EventOf<'outcome'>): string[] {
  const promised = contract?.experience?.when_all_fail === 'save_and_offer_next_step';
  // What was declined is not to go on later.
  if (!promised || outcome.kind === 'declined' || !declares.features.includes('notice')) return [];
  const { notice } = outcome;
  const offers = typeof notice === 'object' && notice !== null ? notice.next.trim() !== '' : means.next;
  const offered =
    typeof offers === 'boolean' ? offers : clausesOf(`${notice ?? ''}\n${contentText(outcome)}`).some(offers);
  return [
    ...(Object.keys(outcome.state ?? {}).length > 0 ? [] : ['no state was kept']),
    ...(offered ? [] : ['no next step is offered']),
  ];
}
