import type { CallView } from '../core/evidence.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, when } from '../text/words.ts';
import { answerOf } from './content.ts';
import { leadsOn, leaving, ownsUp, readerFor, unitsOf, unreadOf } from './notice-units.ts';

/** When nobody can answer, the workflow ends as what it is, and nothing goes on behind the user's back. */
export const stopsCleanly = defineTaskCheck({
  name: 'stops-cleanly',
  summary: 'When no role gives a good reply, the outcome says so, and no call or write comes after',
  reads: 'the outcome of an ask that no role could serve, and what came after',
  severity: 'critical',
  advice: 'When no role has answered, return `failed`, `queued` or `needs_review`, and start no more calls or writes.',
  by_reading:
    'whether the text of an ending that is marked as an answer owns up, and whether a notice of one piece offers a next step',
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
    const pretended = pretence(on, ending);
    const words = [pretended, unsaved(on, ending)];
    const unread = unique(words.flatMap((one) => one.unread));
    const wrong = [
      ...words.flatMap((one) => one.wrong),
      ...when(later.length > 0, `${count(later.length, 'call')} after the outcome`),
      ...unique(writes.map((use) => `${use.tool} was run after the last role had failed`)),
    ];
    const proof = [...failures, ...later, ...writes, ending];
    if (wrong.length > 0) return leaving(unread, failed(wrong.join('; '), proof));
    if (pretended.unread.length > 0)
      return leaving(unread, notApplicable(`what it says as ${ending.outcome.kind} is unread`));
    const roles = unique(failures.map((c) => c.call.role)).join(', ');
    const why = roles === '' ? 'no role was called' : `${roles} gave no good reply`;
    return leaving(unread, passed(`${why}; the outcome is ${ending.outcome.kind}, and nothing came after`, proof));
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

/** What is wrong with how a text ends an ask, or the text that would have to be read to know. */
interface Judged {
  wrong: string[];
  unread: string[];
}
const fine: Judged = { wrong: [], unread: [] };

/** An answer out of nothing. A stored reply is something, and whoever says in words that he cannot help has told the truth. */
function pretence(on: Case, { outcome, kept = [] }: EventOf<'outcome'>): Judged {
  if (!OUTCOME_KINDS[outcome.kind].answers || kept.some(({ share }) => share === 1)) return fine;
  const lie = [`the outcome is ${outcome.kind}, though no role gave a good reply`];
  const text = answerOf(outcome) ?? '';
  const means = readerFor(on)(text)?.means;
  if (means !== undefined) return ownsUp(means) || means.limited === true ? fine : { wrong: lie, unread: [] };
  // Who only ever gives a text has no other way to apologise; who marks answers as degraded has told the program.
  const onlyText = saysOnlyText(outcome) && saysOnlyText(on.plain.outcome?.outcome ?? outcome);
  return onlyText || outcome.degraded === true
    ? { wrong: [], unread: [text].filter(Boolean) }
    : { wrong: lie, unread: [] };
}

const saysOnlyText = (outcome: EventOf<'outcome'>['outcome']) =>
  Object.keys(outcome).every((key) => key === 'kind' || key === 'answer');

/** What the contract promises a user whose work stops; whoever claims no notices has no place to offer a next step in. */
function unsaved(on: Case, { outcome }: EventOf<'outcome'>): Judged {
  const promised = on.contract?.experience?.when_all_fail === 'save_and_offer_next_step';
  // What was declined is not to go on later.
  if (!promised || outcome.kind === 'declined' || !on.declares.features.includes('notice')) return fine;
  const { offered, unread } = nextStep(on, outcome);
  const wrong = [
    ...when(Object.keys(outcome.state ?? {}).length === 0, 'no state was kept'),
    ...when(!offered && unread.length === 0, 'no next step is offered'),
  ];
  return { wrong, unread };
}

/** Whether a part of the notice is for it, or a text was read to offer it. */
function nextStep(on: Case, outcome: EventOf<'outcome'>['outcome']): { offered: boolean; unread: string[] } {
  const units = unitsOf(on);
  if (units.some(({ part, empty }) => part === 'next' && !empty)) return { offered: true, unread: [] };
  const whole = units.filter(({ part }) => part === 'whole');
  const answer = answerOf(outcome) ?? '';
  const read = [...whole.map((unit) => unit.read), readerFor(on)(answer)];
  if (read.some((one) => one !== undefined && leadsOn(one.means))) return { offered: true, unread: [] };
  const open = [...unreadOf(whole), ...(read.at(-1) === undefined && answer !== '' ? [answer] : [])];
  return { offered: false, unread: open };
}
