import { z } from 'zod';
import { callsOf, endingOf, firstOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
import { servingCall } from './serving.ts';
import { count, seconds, unique } from './words.ts';

/** While an earlier role is broken, the right role answers, and soon enough. */
export const failsOver = defineTaskCheck({
  name: 'fails-over',
  summary: 'While a role is broken, a later role of the chain answers in its place, in time',
  severity: 'critical',
  feature: 'fallback',
  reads: 'the calls to the roles of the chain, their order and times, and how the ask ended',
  skips: 'no fault is armed on an earlier role of the chain',
  params: z.strictObject({
    role: z.string().min(1).describe('the role that should answer'),
    within_ms: z.number().int().min(1).max(3_600_000).describe('milliseconds from the ask to the first call to it'),
  }),
  example: 'fails-over: { role: backup, within_ms: 8000 }',
  judge({ events, armed, declares: { chain } }, { role, within_ms }) {
    // A slip in the claim, or a drill for another target: either way nobody can fail over to it.
    if (!chain.includes(role)) return nothingToJudge(`${role} is not in the chain ${chain.join(', ')}`);
    const earlier = chain.slice(0, chain.indexOf(role));
    const broken = armed.map((a) => a.role).filter((r) => earlier.includes(r));
    if (broken.length === 0) return notApplicable(`no fault on a role before ${role} in the chain ${chain.join(', ')}`);
    const ask = firstOf(events, 'ask');
    const ending = endingOf(events);
    if (ask === undefined || ending === undefined) return nothingToJudge('the trace holds no whole ask');

    const served = servingCall(events, chain);
    if (served !== undefined && broken.includes(served.call.role)) {
      const late = (served.endedAt ?? 0) - ask.at > within_ms;
      const whole = served.fired.every((f) => f.delays && !late);
      if (whole) return nothingToJudge(`${served.call.role} answered in time, in a call that no fault broke`);
    }

    const calls = callsOf(events);
    const there = calls.filter((c) => c.call.role === role);
    const before = calls.filter((c) => earlier.includes(c.call.role));
    if (before.length > 0 && before.every((c) => c.fired.length === 0))
      return nothingToJudge(`no fault broke a call to ${unique(before.map((c) => c.call.role)).join(', ')}`);
    const evidence = [ask.seq, ...[...before, ...there].flatMap((c) => c.seqs), ending.seq];
    const attempts = describeAttempts(
      before.map((c) => c.call.role),
      earlier,
    );
    const end = ending.kind === 'hung' ? 'the task hung' : `the outcome is ${ending.outcome.kind}`;

    // No fault can touch a task that needs no model.
    if (calls.length === 0 && ending.kind === 'outcome' && ending.outcome.kind !== 'failed')
      return nothingToJudge('no model was called');

    const first = there[0];
    if (first === undefined) return failed(`${role} never called (${attempts}); ${end}`, evidence);
    const after = first.call.at - ask.at;
    const reached = `${role} reached after ${seconds(after)}, ${seconds(within_ms)} allowed (${attempts})`;
    if (after > within_ms) return failed(reached, evidence);
    if (served === undefined) {
      const modes = unique(there.map((c) => c.failureMode ?? 'no reply')).join(', ');
      return failed(`${role} called ${count(there.length, 'time')} without a good reply: ${modes}; ${end}`, evidence);
    }
    if (served.call.role !== role)
      return failed(
        `answered by ${served.call.role}, not by ${role} (${attempts})`,
        unique([...evidence, ...served.seqs]),
      );
    if (ending.kind === 'outcome' && ending.outcome.kind === 'failed' && served.fired.some((f) => !f.delays))
      return nothingToJudge(`${role} was reached, and its reply was broken as well`);
    if (ending.kind === 'hung' || ending.outcome.kind === 'failed')
      return failed(`${role} gave a good reply, but ${end}`, evidence);
    return passed(reached, evidence);
  },
});

/** `3 attempts on primary`, or that the first role of all was spared. */
function describeAttempts(called: string[], earlier: readonly string[]): string {
  if (called.length === 0) return `${earlier.join(', ')} spared`;
  return unique(called)
    .map((r) => `${count(called.filter((c) => c === r).length, 'attempt')} on ${r}`)
    .join(', ');
}
