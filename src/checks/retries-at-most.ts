import { z } from 'zod';
import { eventsOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import type { EventOf, TraceEvent } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { count } from './words.ts';

/** Counts what reached the wire, so that retries of nested layers add up as they do in life. */
export const retriesAtMost = defineTaskCheck({
  name: 'retries-at-most',
  summary: 'No role is tried more often than declared, all layers together',
  severity: 'critical',
  feature: 'retries',
  reads: 'the calls to each role, turn by turn',
  params: z.strictObject({
    retries: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(1)
      .describe('retries per role and turn; a stricter declaration wins'),
  }),
  example: 'retries-at-most: { retries: 1 }',
  judge({ events, baseline, declares }, { retries }) {
    const groups = callsPerRoleAndTurn(events);
    const worst = groups.toSorted((a, b) => b.length - a.length)[0];
    const first = worst?.[0];
    if (worst === undefined || first === undefined) return nothingToJudge('no model was called');

    const limit = Math.min(retries, declares.retries ?? retries);
    const who = limit === declares.retries ? 'declared' : 'drill';
    // A task that takes two calls a turn without faults (say, a draft and its verification) does not retry by taking them.
    const usual = Math.max(1, ...callsPerRoleAndTurn(baseline).map((g) => g.length));
    const turn = first.turn > 1 ? ` in turn ${first.turn}` : '';
    const norm = usual > 1 ? `, ${usual} without faults` : '';
    const reason = `${count(worst.length, 'attempt')} on ${first.role}${turn}${norm} (${who}: at most ${count(limit, 'retry', 'retries')})`;

    const over = groups.filter((g) => g.length > usual + limit);
    if (over.length > 0)
      return failed(
        reason,
        over.flat().map((c) => c.seq),
      );
    return passed(
      reason,
      groups.flat().map((c) => c.seq),
    );
  },
});

function callsPerRoleAndTurn(events: readonly TraceEvent[]): EventOf<'call'>[][] {
  const groups: Record<string, EventOf<'call'>[]> = {};
  for (const call of eventsOf(events, 'call')) {
    const key = `${call.role} ${call.turn}`;
    groups[key] = [...(groups[key] ?? []), call];
  }
  return Object.values(groups);
}
