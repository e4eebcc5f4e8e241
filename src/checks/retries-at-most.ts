import { z } from 'zod';
import type { CallView } from '../core/evidence.ts';
import { whole } from '../core/numbers.ts';
import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { count, unique } from '../text/words.ts';

/** Counts what reached the wire, so that retries of nested layers add up as they do in life. */
export const retriesAtMost = defineTaskCheck({
  name: 'retries-at-most',
  summary: 'No role is tried more often than declared, all layers together',
  severity: 'critical',
  advice: "Set the client's own retries to 0 (`maxRetries: 0`) and retry in one place.",
  feature: 'retries',
  reads: 'the calls to each role, turn by turn',
  params: z.strictObject({
    retries: whole(0, 100)
      .optional()
      .describe('retries per role and turn; a stricter declaration wins; without it, the declaration, else one'),
  }),
  example: 'retries-at-most: { retries: 1 }',
  judge({ seen, plain, declares }, { retries }) {
    const beside = new Set(plain.beside.map(shapeOf));
    const tried = seen.attempts.filter((c) => c.ok || !beside.has(shapeOf(c)));
    const groups = perRoleAndTurn(tried);
    const worst = groups.toSorted((a, b) => b.length - a.length)[0];
    const first = worst?.[0];
    if (worst === undefined || first === undefined) return nothingToJudge('no model was called');

    const limit = Math.min(retries ?? declares.retries ?? 1, declares.retries ?? retries ?? 1);
    const who = limit === declares.retries ? 'declared' : retries === undefined ? 'undeclared' : 'drill';
    // A task that takes two calls a turn without faults (say, a draft and its verification) does not retry by taking them.
    const usual = Math.max(1, ...perRoleAndTurn(plain.attempts).map((g) => g.length));
    const turn = first.turn > 1 ? ` in turn ${first.turn}` : '';
    const norm = usual > 1 ? `, ${usual} without faults` : '';
    const allowed = `${who}: at most ${count(limit, 'retry', 'retries')}`;
    const reason = `${count(worst.length, 'attempt')} on ${first.role}${turn}${norm} (${allowed})`;
    const over = groups.filter((g) => g.length > usual + limit);
    return over.length > 0 ? failed(reason, over) : passed(reason, groups);
  },
});

/** By what a classifier or a probe that failed is known from an attempt: it is sent the same without faults, and answered. */
const shapeOf = ({ call }: CallView) => `${call.instructions} ${call.held.sources.join()}`;

function perRoleAndTurn(attempts: CallView[]) {
  const calls = attempts.map(({ call }) => call);
  const places = unique(calls.map(({ role, turn }) => `${role} ${turn}`));
  return places.map((place) => calls.filter(({ role, turn }) => `${role} ${turn}` === place));
}
