import { expect, test } from 'vitest';
import { createRandom } from '../core/random.ts';
import { type FailureMode, FailureMode as Modes } from '../core/taxonomy.ts';
import type { FallbackContract } from './contract.ts';
import { type Ask, failover } from './failover.ts';
import { HandClock } from './hand-clock.fixture.ts';
import { POLICY } from './policy.ts';
import { type Move, scripted } from './scripted-adapter.fixture.ts';

const CONTRACT: FallbackContract = { deadlineMs: 12_000, retries: 1, whenAllFail: 'save_and_offer_next_step' };

function stage(primaryMoves: readonly Move[], backupMoves: readonly Move[], seed = 7) {
  const clock = new HandClock();
  const primary = scripted('primary', clock, primaryMoves);
  const backup = scripted('backup', clock, backupMoves);
  const run = failover({
    chain: [
      { role: 'primary', adapter: primary },
      { role: 'backup', adapter: backup },
    ],
    clock,
    random: createRandom(seed),
  });
  const ask = (contract: Partial<FallbackContract> = {}, more: Partial<Ask> = {}) =>
    run({
      taskId: 't1',
      tenantId: 'acme',
      payload: () => ({ taskId: 't1', tenantId: 'acme', messages: [], maxOutputTokens: 100, temperature: 0 }),
      contract: { ...CONTRACT, ...contract },
      ...more,
    });
  return { clock, primary, backup, ask };
}
const GOOD: Move = {};

test('the primary serves while it can', async () => {
  const { clock, primary, backup, ask } = stage([GOOD], [GOOD]);
  const result = await clock.drive(ask());
  expect(result).toMatchObject({ kind: 'answered', retries: 0, latencyMs: 100, costUsd: 0.001 });
  expect(result.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect([primary.calls.length, backup.calls.length]).toEqual([1, 0]);
});

test('a hanging primary is tried twice, and the backup is reached with half the deadline left', async () => {
  const { clock, primary, backup, ask } = stage(['hang'], [{ after: 5000 }]);
  const result = await clock.drive(ask());
  expect(result).toMatchObject({ kind: 'answered', retries: 1 });
  expect(primary.calls).toHaveLength(2);
  expect(backup.calls[0]?.at).toBeLessThanOrEqual(6000);
  expect(result.attempts.map((a) => [a.role, a.failureMode])).toEqual([
    ['primary', 'timeout'],
    ['primary', 'timeout'],
    ['backup', null],
  ]);
});

test('a limit that somebody put into a payload does not hold a role for longer', async () => {
  const { clock, backup, ask } = stage(['hang'], [GOOD]);
  const payload = { taskId: 't1', tenantId: 'acme', messages: [], maxOutputTokens: 100, temperature: 0 };
  await clock.drive(ask({}, { payload: () => Object.assign({}, payload, { timeoutMs: 600_000 }) }));
  expect(backup.calls[0]?.at).toBeLessThanOrEqual(6000);
});

test.each([500, 2000, 5000, 12_000, 60_000])(
  'ends inside a deadline of %i ms when everything hangs',
  async (deadlineMs) => {
    const { clock, backup, ask } = stage(['hang'], ['hang']);
    const result = await clock.drive(ask({ deadlineMs }));
    expect(result.kind).toBe('queued');
    expect(clock.now()).toBeLessThan(deadlineMs);
    expect(backup.calls[0]?.at).toBeLessThanOrEqual(deadlineMs / 2);
    expect(clock.size).toBe(0);
  },
);

test('the last role may use all the time there is', async () => {
  const { clock, ask } = stage([{ mode: 'auth' }], [{ after: 11_000 }]);
  expect(await clock.drive(ask())).toMatchObject({ kind: 'answered' });
});

test('backoff is drawn from the random source: whole milliseconds, other seed, other wait', async () => {
  const waits = new Set<number>();
  for (let seed = 1; seed <= 20; seed++) {
    const { clock, primary, ask } = stage([{ mode: 'server_error' }], [GOOD], seed);
    await clock.drive(ask());
    const wait = (primary.calls[1]?.at ?? 0) - 100;
    expect(Number.isInteger(wait) && wait >= 1 && wait <= 500).toBe(true);
    waits.add(wait);
  }
  expect(waits.size).toBeGreaterThan(10);
});

test('the same seed gives the same walk', async () => {
  const walk = async () => {
    const { clock, ask } = stage(['hang', { mode: 'server_error' }], [GOOD]);
    return clock.drive(Promise.all([ask(), ask()]));
  };
  expect(await walk()).toEqual(await walk());
});

test('a Retry-After inside the share is honoured', async () => {
  const { clock, primary, ask } = stage([{ mode: 'rate_limit', retryAfterMs: 2000 }, GOOD], [GOOD]);
  const result = await clock.drive(ask());
  expect(primary.calls[1]?.at).toBeGreaterThan(2100);
  expect(result.attempts.at(-1)).toMatchObject({ role: 'primary', failureMode: null });
});

test('a Retry-After that does not fit sends the ask on at once', async () => {
  const { clock, primary, backup, ask } = stage([{ mode: 'rate_limit', retryAfterMs: 4000 }], [GOOD]);
  await clock.drive(ask());
  expect(primary.calls).toHaveLength(1);
  expect(backup.calls[0]?.at).toBe(100);
});

test.each(Modes.options)('%s is retried, passed on and ended as the policy says', async (mode: FailureMode) => {
  const { clock, primary, backup, ask } = stage([{ mode }], [{ mode }]);
  const result = await clock.drive(ask());
  const { retry, failover: onward, ends } = POLICY[mode];
  expect(primary.calls).toHaveLength(retry ? 2 : 1);
  expect(backup.calls).toHaveLength(onward ? (retry ? 2 : 1) : 0);
  expect(result.kind).toBe(ends);
});

test('a safety block is never routed around', async () => {
  const { clock, backup, ask } = stage([{ mode: 'safety_block' }], [GOOD]);
  expect((await clock.drive(ask())).kind).toBe('declined');
  expect(backup.calls).toHaveLength(0);
});

const REPAIRED = { output: { schema: {}, required: ['answer'] } };

test('an answer without its required fields is repaired once, from the same conversation', async () => {
  const { clock, primary, backup, ask } = stage([{ json: {}, text: '{}' }, { json: { answer: 'yes' } }], [GOOD]);
  expect(await clock.drive(ask(REPAIRED))).toMatchObject({ kind: 'answered', role: 'primary', retries: 1 });
  expect(primary.calls[1]?.request.messages).toMatchObject([{ role: 'assistant', content: '{}' }, { role: 'user' }]);
  const lost = stage([{ json: {}, text: '{}' }], [GOOD]);
  await lost.clock.drive(lost.ask(REPAIRED));
  expect([lost.primary.calls.length, backup.calls.length]).toEqual([2, 0]);
});

test('a context that is too long is shortened once, if the workflow knows how', async () => {
  const overflow = { mode: 'context_overflow' } as const;
  const shorter = () => ({ taskId: 't1', tenantId: 'acme', messages: [], maxOutputTokens: 10, temperature: 0 });
  const { clock, primary, ask } = stage([overflow, GOOD], [GOOD]);
  expect(await clock.drive(ask({}, { shorter }))).toMatchObject({ role: 'primary' });
  expect(primary.calls.map((c) => c.request.maxOutputTokens)).toEqual([100, 10]);
  const fixed = stage([overflow], [GOOD]);
  expect(await fixed.clock.drive(fixed.ask())).toMatchObject({ role: 'backup', retries: 0 });
});

test('a role that an earlier turn had to leave is not asked again, and one that may not serve is spared', async () => {
  const { clock, primary, ask } = stage([GOOD], [GOOD]);
  expect(await clock.drive(ask({}, { without: ['primary'] }))).toMatchObject({ role: 'backup' });
  expect(primary.calls).toHaveLength(0);
  const unfit = stage([GOOD], [GOOD]);
  const payload = (role: string) =>
    role === 'primary'
      ? ('regional_access' as const)
      : { taskId: 't', tenantId: 'a', messages: [], maxOutputTokens: 1, temperature: 0 };
  const result = await unfit.clock.drive(unfit.ask({}, { payload }));
  expect(result.attempts.map((a) => [a.role, a.called, a.failureMode])).toEqual([
    ['primary', false, 'regional_access'],
    ['backup', true, null],
  ]);
});

test('an answer without its required fields goes to the next role; from both, to review', async () => {
  const output = { schema: {}, required: ['answer'] };
  const rescued = stage([{ json: { answer: null } }], [{ json: { answer: 'yes' } }]);
  expect(await rescued.clock.drive(rescued.ask({ output }))).toMatchObject({
    kind: 'answered',
    role: 'backup',
    retries: 1,
  });
  const lost = stage([{ json: {} }], [{ mode: 'timeout' }]);
  expect(await lost.clock.drive(lost.ask({ output }))).toMatchObject({ kind: 'needs_review' });
});

test('an answer that fails the gate is nobody’s', async () => {
  const { clock, ask } = stage([{ text: 'guess' }], [{ text: 'guess' }]);
  const result = await clock.drive(ask({ gate: ({ text }) => (text === 'guess' ? 'no evidence' : undefined) }));
  expect(result).toMatchObject({ kind: 'needs_review' });
  expect(result.result).toBeUndefined();
  expect(result.attempts.every((a) => a.failureMode === 'quality_regression')).toBe(true);
});

test('honest_failure promises nothing', async () => {
  const { clock, ask } = stage(['hang'], ['hang']);
  expect((await clock.drive(ask({ whenAllFail: 'honest_failure' }))).kind).toBe('failed');
});

test('no call goes out that the budget may not cover', async () => {
  const { clock, primary, backup, ask } = stage([{ json: {} }], [GOOD]);
  backup.worstCaseUsd = () => 0.01;
  const result = await clock.drive(ask({ budgetUsd: 0.005, output: { schema: {}, required: ['answer'] } }));
  expect([primary.calls.length, backup.calls.length]).toEqual([2, 0]);
  expect(result.attempts.at(-1)).toMatchObject({ role: 'backup', called: false, failureMode: 'cost_spike' });
});

test('ten asks together: five failures open the breaker and no waiting retry goes out', async () => {
  const { clock, primary, backup, ask } = stage(['hang'], [GOOD]);
  const results = await clock.drive(Promise.all(Array.from({ length: 10 }, () => ask())));
  expect(results.every((r) => r.kind === 'answered')).toBe(true);
  expect(primary.calls).toHaveLength(10);
  // Who finds it open does not wait first; only the four that failed before it opened had begun to.
  const openedAt = backup.calls[0]?.at ?? 0;
  expect(backup.calls.filter((call) => call.at === openedAt)).toHaveLength(6);
});

test('an open breaker spares the primary, one probe goes out per cooldown, a good one fails back', async () => {
  const moves: Move[] = [...Array.from({ length: 11 }, (): Move => 'hang'), GOOD];
  const { clock, primary, backup, ask } = stage(moves, [GOOD]);
  const together = () => clock.drive(Promise.all([ask(), ask(), ask()]));
  await clock.drive(Promise.all(Array.from({ length: 10 }, () => ask())));

  const spared = await clock.drive(ask());
  expect(spared.attempts[0]).toMatchObject({ role: 'primary', called: false, failureMode: 'timeout' });
  expect(primary.calls).toHaveLength(10);

  await clock.drive(clock.sleep(15_000));
  await together();
  expect(primary.calls).toHaveLength(11);

  await clock.drive(clock.sleep(15_000));
  await together();
  expect(primary.calls).toHaveLength(12);
  const before = backup.calls.length;
  await together();
  expect([primary.calls.length, backup.calls.length]).toEqual([15, before]);
});

test('requests that are themselves at fault do not open the breaker', async () => {
  const { clock, primary, ask } = stage([{ mode: 'context_overflow' }], [GOOD]);
  for (let i = 0; i < 7; i++) await clock.drive(ask());
  expect(primary.calls).toHaveLength(7);
});

test('a caller who leaves gets the reason back, and a probe under way is given back', async () => {
  const { clock, primary, ask } = stage(['hang'], ['hang']);
  await clock.drive(Promise.all([ask(), ask(), ask(), ask(), ask()]));
  await clock.drive(clock.sleep(15_000));
  const controller = new AbortController();
  const left = ask({}, { signal: controller.signal });
  controller.abort(new Error('gone'));
  await expect(clock.drive(left)).rejects.toThrow('gone');
  const sent = primary.calls.length;
  await clock.drive(clock.sleep(15_000));
  await clock.drive(ask());
  expect(primary.calls.length).toBe(sent + 1);
});
