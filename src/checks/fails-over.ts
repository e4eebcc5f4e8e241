import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { mayGoTo } from './stays-in-region.ts';
import { count, seconds, unique } from './words.ts';

/** While an earlier role is broken, the right role answers, and soon enough. */
export const failsOver = defineTaskCheck({
  name: 'fails-over',
  summary: 'While a role is broken, a later role of the chain answers in its place, in time',
  severity: 'critical',
  feature: 'fallback',
  reads: 'the calls to the roles of the chain, their order and times, and how the ask ended',
  skips: 'no fault is armed on an earlier role of the chain, or the tenant’s data may not go to the role',
  params: z.strictObject({
    role: z.string().min(1).describe('the role that should answer'),
    within_ms: whole(1, HOUR_MS).describe('milliseconds from the ask to the first call to it'),
  }),
  example: 'fails-over: { role: backup, within_ms: 8000 }',
  judge(on, { role, within_ms }) {
    const { armed } = on;
    const { chain, features } = on.declares;
    const { ask, ending, kind, calls, serving } = on.seen;
    // A slip in the claim, or a drill for another target: either way nobody can fail over to it.
    if (!chain.includes(role)) return nothingToJudge(`${role} is not in the chain ${chain.join(', ')}`);
    if (features.includes('residency') && !mayGoTo(on, role))
      return notApplicable(`the tenant’s data may not go to ${role}`);
    const earlier = chain.slice(0, chain.indexOf(role));
    const broken = armed.map((a) => a.role).filter((r) => earlier.includes(r));
    if (broken.length === 0) return notApplicable(`no fault on a role before ${role} in the chain ${chain.join(', ')}`);
    if (ask === undefined || ending === undefined) return nothingToJudge('the trace holds no whole ask');

    if (serving !== undefined && broken.includes(serving.call.role)) {
      const late = (serving.endedAt ?? 0) - ask.at > within_ms;
      if (serving.fired.every((f) => f.effect === 'delays' && !late))
        return nothingToJudge(`${serving.call.role} answered in time, in a call that no fault broke`);
    }
    const there = calls.filter((c) => c.call.role === role);
    const before = calls.filter((c) => earlier.includes(c.call.role));
    if (before.length > 0 && before.every((c) => c.fired.length === 0))
      return nothingToJudge(`no fault broke a call to ${unique(before.map((c) => c.call.role)).join(', ')}`);
    // No fault can touch a task that needs no model.
    if (calls.length === 0 && kind !== 'hung' && kind !== 'failed') return nothingToJudge('no model was called');

    const proof = [ask, ...before, ...there, ending];
    const tries = attempts(before.map((c) => c.call.role)) || `${earlier.join(', ')} spared`;
    const end = kind === 'hung' ? 'the task hung' : `the outcome is ${kind}`;
    const [first] = there;
    if (first === undefined) return failed(`${role} never called (${tries}); ${end}`, proof);
    const after = first.call.at - ask.at;
    const reached = `${role} reached after ${seconds(after)}, ${seconds(within_ms)} allowed (${tries})`;
    if (after > within_ms) return failed(reached, proof);
    if (serving === undefined) {
      const modes = unique(there.map((c) => c.failureMode ?? 'no reply')).join(', ');
      return failed(`${role} called ${count(there.length, 'time')} without a good reply: ${modes}; ${end}`, proof);
    }
    if (serving.call.role !== role)
      return failed(`answered by ${serving.call.role}, not by ${role} (${tries})`, proof, serving);
    if (kind === 'failed' && serving.fired.some((f) => f.effect !== 'delays'))
      return nothingToJudge(`${role} was reached, and its reply was broken as well`);
    if (kind === 'hung' || kind === 'failed') return failed(`${role} gave a good reply, but ${end}`, proof);
    return passed(reached, proof);
  },
});

/** `3 attempts on primary`. */
const attempts = (called: string[]): string =>
  unique(called)
    .map((role) => `${count(called.filter((c) => c === role).length, 'attempt')} on ${role}`)
    .join(', ');
