import { z } from 'zod';
import { type Effect, leavesWhole } from '../core/effect.ts';
import type { CallView } from '../core/evidence.ts';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { FAILURE_MODES, FailureMode } from '../core/taxonomy.ts';
import { count, lessStart, seconds, unique } from '../text/words.ts';
import { isWholeAnswer } from './arrives-whole.ts';
import { mayGoTo } from './stays-in-region.ts';
import { adviceOnWaits } from './waits.ts';

/** While an earlier role is broken, a later one replies, and is reached soon enough. */
export const failsOver = defineTaskCheck({
  name: 'fails-over',
  summary: 'While a role is broken, a later role of the chain replies in its place, in time',
  severity: 'critical',
  advice: 'Give up on the failed role in time, and send the next one a request that it can take.',
  adviceFor: adviceOnWaits,
  feature: 'fallback',
  reads: 'the calls to the roles of the chain, their order and times, and how the ask ended',
  skips:
    'no fault is armed on a role that has a later one, or the tenant’s data may go to no later role, or none takes the pictures of the task; nothing is to judge where low priority waits in the lanes of the target, or the first role replied well and that goes to a reviewer without faults as well',
  params: z.strictObject({
    role: z
      .string()
      .min(1)
      .optional()
      .describe('the first role that may reply instead; without it, any that comes after the broken one'),
    within_ms: whole(1, HOUR_MS)
      .optional()
      .describe(
        'milliseconds from the ask to the first call to it; without it, two thirds of the deadline, from the last turn that an earlier role has served',
      ),
  }),
  example: 'fails-over: { role: backup, within_ms: 8000 }',
  judge(on, params) {
    const { chain } = on.declares;
    const { ask, ending } = on.seen;
    // A slip in the claim: nothing can fail over to such a role.
    if (params.role !== undefined && !chain.includes(params.role))
      return nothingToJudge(`${params.role} is not in the chain ${chain.join(', ')}`);
    const broken = chain.filter((role) => on.armed.some((a) => a.role === role));
    const [first] = broken;
    const from = params.role === undefined ? chain.indexOf(first ?? '') + 1 : chain.indexOf(params.role);
    const later = chain.slice(from);
    if (first === undefined || later.length === 0 || chain.indexOf(first) >= from)
      return notApplicable(`no fault on a role that has a later one in the chain ${chain.join(', ')}`);
    const allowed = later.filter((role) => mayGoTo(on, role));
    if (allowed.length === 0) return notApplicable(`the tenant’s data may not go to ${later.join(', ')}`);
    const rescue = allowed.filter((role) => seesAll(on, role));
    if (rescue.length === 0) return notApplicable(`${allowed.join(', ')} takes no pictures, and the task has some`);
    if (ask === undefined || ending === undefined) return nothingToJudge('the trace holds no whole ask');
    const earlier = chain.slice(0, from);
    const begun = { at: ask.at, start_ms: on.start_ms };
    const limit: Limit =
      params.within_ms === undefined
        ? { ms: Math.floor((ask.deadline_ms * 2) / 3), from: (at) => lastTurn(on, earlier, at) ?? begun }
        : { ms: params.within_ms, from: () => begun };
    const verdict = unneeded(on, earlier, limit) ?? reached(on, earlier, rescue, limit);
    // A valid reply may be held back or used with care: another model need not be asked for a better one, nor soon.
    const cheap = on.armed.filter((a) => earlier.includes(a.role)).every((a) => a.effect === 'cheapens');
    return cheap && verdict.verdict === 'failed' ? nothingToJudge('no role was out of service') : verdict;
  },
});

const seesAll = ({ roles, sources }: Case, role: string) =>
  roles[role]?.rules?.images !== false || sources.every(({ image }) => image === undefined);

/** How long a user may wait for a later role, and when that wait began for a call of that time. */
interface Limit {
  ms: number;
  from(at: number): Since;
}

/** A moment, and for how long after it a process was still to start. */
interface Since {
  at: number;
  start_ms: number;
}

const isLate = (at: number, from: Since, { ms }: Limit) => at - from.at - from.start_ms > ms;

/** When one of these roles had last asked for a tool before that time: up to there nothing had to be handed over. */
function lastTurn({ seen }: Case, earlier: string[], at: number): Since | undefined {
  const served = seen.calls.filter((c) => earlier.includes(c.call.role) && c.ok && c.end?.tool_calls !== undefined);
  const ended = served.flatMap(({ endedAt }) => (endedAt !== undefined && endedAt <= at ? [endedAt] : []));
  return ended.length === 0 ? undefined : { at: Math.max(...ended), start_ms: 0 };
}

/** The call of an earlier role that came through whatever broke, in time. */
function survivorOf(on: Case, earlier: string[], limit: Limit): CallView | undefined {
  const { calls, kind, servers, replies } = on.seen;
  const late = (c: CallView) => isLate(c.endedAt ?? 0, limit.from(c.call.at), limit);
  const isInTime = (c: CallView) => earlier.includes(c.call.role) && !(delayed(c) && late(c));
  // Whoever hands out the whole answer of a reply that broke at its very end has lost nothing.
  const whole = isWholeAnswer(on);
  const served = servers.find((c) => isInTime(c) && (c.ok || whole));
  // A reply that goes to a reviewer without faults as well was not lost either, if nothing failed after it.
  const asUsual = servers.length === 0 && kind !== 'failed' && kind !== 'hung' && kind === on.plain.kind;
  if (served !== undefined || !asUsual) return served;
  const failedAt = Math.max(0, ...calls.map((c) => (c.ok || c.cut ? 0 : (c.endedAt ?? Number.POSITIVE_INFINITY))));
  return replies.find(
    (c) => isInTime(c) && c.end?.tool_calls === undefined && !spoiled(c) && (c.endedAt ?? 0) >= failedAt,
  );
}

/** Why nothing had to be handed over in this ask; undefined where it had. */
function unneeded(on: Case, earlier: string[], limit: Limit) {
  const { seen, plain, declares } = on;
  const { calls, kind, replies, attempts } = seen;
  const survivor = survivorOf(on, earlier, limit);
  if (survivor !== undefined) return nothingToJudge(`${survivor.call.role} answered in time, whatever broke`);
  const before = attempts.filter((c) => earlier.includes(c.call.role));
  if (before.length > 0 && before.every((c) => c.fired.length === 0))
    return nothingToJudge(`no fault broke a call to ${unique(before.map((c) => c.call.role)).join(', ')}`);
  const last = before.at(-1);
  const why = last && endsThere(last, declares.fails_over_on);
  // A hedge that is cut then was nobody's failover.
  const isCut = ({ call, abort }: CallView) =>
    last?.endedAt !== undefined && abort !== undefined && call.at < last.endedAt && abort.at >= last.endedAt;
  if (why !== undefined && calls.every((c) => earlier.includes(c.call.role) || isCut(c))) return nothingToJudge(why);
  // Lanes keep the later roles for whoever cannot wait.
  const waits = kind === 'queued' && seen.ask?.priority === 'low' && declares.features.includes('lanes');
  if (waits && replies.length === 0 && calls.every((c) => earlier.includes(c.call.role)))
    return nothingToJudge('low priority waits, as the lanes of the target have it');
  // No fault can touch a task that needs no model; one that is put off without asking any needed one.
  const putOff = kind === 'hung' || kind === undefined || (OUTCOME_KINDS[kind].stops && plain.calls.length > 0);
  if (calls.length === 0 && !putOff && !OUTCOME_KINDS[kind].lost) return nothingToJudge('no model was called');
  return undefined;
}

/** A reply that came whole and cannot be used is called one of these by its reader. */
const READ = FailureMode.options.filter((mode) => FAILURE_MODES[mode].visible === 'target');

/** Why a call leads to no other role: a refusal is an answer, and what a target declares to fail over on is all it claims. */
function endsThere(last: CallView | undefined, declared: readonly FailureMode[] | undefined) {
  if (last?.endedAt === undefined) return undefined;
  const { call, failureMode } = last;
  const modes = failureMode === null ? READ : [failureMode];
  if (modes.some((mode) => declared?.includes(mode))) return undefined;
  if (failureMode === 'safety_block') return `${call.role} refused for safety, which is no reason to ask another`;
  const what = failureMode ?? 'a reply that cannot be used';
  return declared && `the target does not declare to fail over on ${what}`;
}

/** No later role can help where it is broken whatever it is sent; what a caller can avoid excuses nothing. */
const EXCUSES: readonly Effect[] = ['fails', 'delays', 'spoils'];
/** In a run without scripts a provider may fail by itself, which is no more the target's doing than a fault is. */
const excusedIn =
  ({ seen }: Case) =>
  (c: CallView) =>
    c.fired.some((f) => EXCUSES.includes(f.effect)) ||
    (seen.ask?.expected_answer === '' &&
      c.failureMode !== null &&
      c.abort === undefined &&
      FAILURE_MODES[c.failureMode].blames !== 'request');

const delayed = (c: CallView) => c.fired.some((f) => f.effect === 'delays');
const spoiled = (c: CallView) => c.fired.some((f) => !leavesWhole(f.effect));

function reached(on: Case, earlier: string[], rescue: string[], limit: Limit) {
  const { seen, armed, declares } = on;
  const excused = excusedIn(on);
  const { ask, ending, kind, attempts, replies } = seen;
  const before = attempts.filter((c) => earlier.includes(c.call.role));
  const there = attempts.filter((c) => rescue.includes(c.call.role));
  const proof = [ask, ...before, ...there, ending];
  const tries = said(before.map((c) => c.call.role)) || `${earlier.join(', ')} spared`;
  const end = kind === 'hung' ? 'the task hung' : `the outcome is ${kind}`;
  const lost = kind === 'hung' || (kind !== undefined && OUTCOME_KINDS[kind].lost);
  const good = replies.filter((c) => rescue.includes(c.call.role));
  if (good.length === 0 && there.every(excused)) {
    const due = lost ? leftTooSoon(on, there) : undefined;
    if (due !== undefined) return failed(`${due} (${tries}); ${end}`, proof);
    const left = notAsked(rescue, there, armed);
    const why = endsThere(there.at(-1), declares.fails_over_on);
    if (left.length === 0)
      return nothingToJudge(`${rescue.join(' and ')} ${rescue.length > 1 ? 'were' : 'was'} broken as well`);
    if (why !== undefined) return nothingToJudge(why);
    const all = there.length === 0 ? tries : `${tries}, ${said(there.map((c) => c.call.role))}`;
    return failed(`${left.join(' or ')} never called (${all}); ${end}`, proof);
  }
  const [first] = there;
  if (first === undefined) return nothingToJudge('no later role was called');
  const from = limit.from(first.call.at);
  const after = `${seconds(first.call.at - from.at)}${lessStart(from.start_ms)}`;
  const timing = `${first.call.role} reached after ${after}, ${seconds(limit.ms)} allowed (${tries})`;
  if (isLate(first.call.at, from, limit)) return failed(timing, proof);
  if (good.length === 0) {
    const modes = unique(there.map((c) => c.failureMode ?? 'no reply')).join(', ');
    const called = unique(there.map((c) => c.call.role)).join(', ');
    return failed(`${called} called ${count(there.length, 'time')} without a good reply: ${modes}; ${end}`, proof);
  }
  if (lost && good.some(spoiled))
    return nothingToJudge(`${rescue.join(' or ')} was reached, and its reply was broken as well`);
  if (lost || isPutAside(on, good)) return failed(`${good.at(-1)?.call.role} gave a good reply, but ${end}`, proof);
  return passed(timing, proof);
}

/** The late reply of a later role that would have come before half of the deadline was over, where the ask was given up before that. */
function leftTooSoon({ seen: { ask, ending, left, calls }, plain }: Case, there: CallView[]): string | undefined {
  if (ask === undefined || ending === undefined || left !== undefined) return undefined;
  const half = ask.at + ask.deadline_ms / 2;
  const took = [...plain.calls, ...calls].flatMap((c) => (c.ok && c.endedAt ? [c.endedAt - c.call.at] : []));
  if (ending.at >= half || took.length === 0) return undefined;
  const comesAt = ({ call, fired }: CallView) =>
    fired.reduce((at, { late_ms = Number.POSITIVE_INFINITY }) => at + late_ms, call.at + Math.max(...took));
  const early = there.find((c) => c.abort !== undefined && c.fired.length > 0 && comesAt(c) < half);
  if (early?.abort === undefined) return undefined;
  const { role, at } = early.call;
  return `${role} was left after ${seconds(early.abort.at - at)}, its reply would have come after ${seconds(comesAt(early) - at)}`;
}

/**
 * Whether the ask was put off with the whole reply of a later role in hand. Not where anything went wrong beside it: a tool, an
 * approval, a call after it. A review may have its draft where no one sees it.
 */
function isPutAside({ seen, plain }: Case, good: readonly CallView[]): boolean {
  const last = good.at(-1);
  const { kind, ask, outcome, early, results, approvals } = seen;
  if (kind !== 'queued' || last === undefined || last !== early.at(-1) || ask?.expected_answer === '') return false;
  const isWhole = last.end?.tool_calls === undefined && last.fired.length === 0;
  const wentWell = results.every(({ ok }) => ok) && approvals.every(({ answer }) => answer === 'granted');
  const answers = plain.kind !== undefined && plain.kind !== 'hung' && OUTCOME_KINDS[plain.kind].answers;
  return isWhole && wentWell && answers && !outcome?.kept?.some((k) => k.call === last.call.call);
}

/** Later roles that nobody asked, and that no fault would have kept from helping. */
const notAsked = (rescue: string[], there: CallView[], armed: Case['armed']) =>
  rescue.filter(
    (role) =>
      !armed.some((a) => a.role === role && EXCUSES.includes(a.effect)) && there.every((c) => c.call.role !== role),
  );

/** `3 attempts on primary`. */
const said = (called: string[]): string =>
  unique(called)
    .map((role) => `${count(called.filter((c) => c === role).length, 'attempt')} on ${role}`)
    .join(', ');
