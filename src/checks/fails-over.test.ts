import { expect, test } from 'vitest';
import type { Feature } from '../core/declaration.ts';
import type { ArmedAt } from '../core/evidence.ts';
import { evidence, facts, failover, HANG, held, plain, story, verdictOf, worded } from './evidence.fixture.ts';
import { failsOver as check } from './fails-over.ts';

const params = { role: 'backup', within_ms: 8000 };
const left = { fails: 'left', fault: 'hang' } as const;

test('the backup answers in time', () => {
  expect(worded(verdictOf(check, evidence(failover()), params))).toBe(
    'passed: backup reached after 2.0 s, 8.0 s allowed (1 attempt on primary)',
  );
});

test('a role that is declared to see no pictures need not be asked about one', () => {
  const told = () =>
    story()
      .ask()
      .call('primary', 0, { until: 2000, ...left })
      .outcome(2010, { kind: 'needs_review' });
  const { roles, sources } = evidence(told());
  const blind = { ...roles, backup: { ...roles['backup'], rules: { images: false } } };
  const shown = [{ id: 'photo_1', tenant: 'acme', text: '', image: { media_type: 'image/png', data: 'iVBORw0KGgo=' } }];
  const on = (over: object) => worded(verdictOf(check, evidence(told(), over)));
  expect(on({ roles: blind, sources: shown })).toBe('not_applicable: backup takes no pictures, and the task has some');
  expect(on({ roles: blind, sources })).toMatch(/^failed/);
  expect(on({ sources: shown })).toMatch(/^failed/);
});

test('a spared primary is a failover too', () => {
  const told = story().ask().call('backup', 0, { until: 900 }).outcome(900);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'passed: backup reached after 0.0 s, 8.0 s allowed (primary spared)',
  );
});

test('too late', () => {
  const told = story()
    .ask()
    .call('primary', 0, { until: 300_400, ...left })
    .call('primary', 300_400, { until: 600_800, ...left })
    .call('primary', 600_800, { until: 901_200, ...left })
    .call('backup', 901_200, { until: 902_000 })
    .outcome(902_000);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup reached after 901.2 s, 8.0 s allowed (3 attempts on primary)',
  );
});

test('never', () => {
  const told = story().ask().call('primary', 0, { fault: 'hang' }).hung(3_612_000);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup never called (1 attempt on primary); the task hung',
  );
});

test('the backup fails as well', () => {
  const told = story().ask().call('backup', 0, { until: 9, fails: 'model_not_found' }).outcome(9, { kind: 'failed' });
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'failed: backup called 1 time without a good reply: model_not_found; the outcome is failed',
  );
});

test('a good reply that is thrown away', () => {
  expect(worded(verdictOf(check, evidence(failover({ kind: 'failed' })), params))).toBe(
    'failed: backup gave a good reply, but the outcome is failed',
  );
});

test('a good reply in hand, and the ask is put off all the same', () => {
  const by = (told: ReturnType<typeof failover>) => verdictOf(check, evidence(told), params);
  expect(worded(by(failover({ kind: 'queued' })))).toBe('failed: backup gave a good reply, but the outcome is queued');
  // A draft may be where no one sees it.
  expect(by(failover({ kind: 'needs_review' })).verdict).toBe('passed');
  const begun = () =>
    story().ask().call('primary', 0, { fault: 'hang', until: 900, fails: 'left' }).call('backup', 900, { until: 1000 });
  const kept = [{ call: 'c1.2', ask: 1, role: 'backup', share: 1, cites: [] }];
  for (const told of [
    begun().tool(1100, { ok: false }),
    begun().approval(1100, 'denied'),
    begun().call('verifier', 1100, { until: 1200, fails: 'timeout' }),
  ])
    expect(by(told.outcome(2000, { kind: 'queued' })).verdict).toBe('passed');
  expect(by(begun().outcome(2000, { kind: 'queued' }, held(), kept)).verdict).toBe('passed');
});

test('an answer that survives the fault leaves nothing to hand over', () => {
  const told = story()
    .ask()
    .call('backup', 0, { until: 100 })
    .call('primary', 100, { until: 200, fault: 'drift' })
    .outcome(200, {}, held(), [{ call: 'c1.2', ask: 1, role: 'primary', share: 1, cites: [] }]);
  expect(worded(verdictOf(check, evidence(told), params))).toBe(
    'inconclusive: primary answered in time, whatever broke',
  );
});

test('nothing to judge without a fault on an earlier role, or where it did not touch the answer', () => {
  expect(worded(verdictOf(check, evidence(failover(), { armed: [] }), params))).toBe(
    'not_applicable: no fault on a role that has a later one in the chain primary, backup',
  );
  expect(verdictOf(check, evidence(plain()), params).verdict).toBe('inconclusive');
});

test('a role that is not in the chain is no claim that holds by itself', () => {
  expect(verdictOf(check, evidence(failover()), { ...params, role: 'bakup' })).toEqual({
    verdict: 'inconclusive',
    reason: 'bakup is not in the chain primary, backup',
  });
});

const three = facts({
  declares: { features: [], chain: ['primary', 'backup', 'backup-2'], deadline_ms: 12_000 },
  roles: { ...facts().roles, 'backup-2': { provider: 'p', protocol: 'openai-chat', model: 'm' } },
});

test('turns that an earlier role has served are no delay, unless the limit is a claim of its own', () => {
  const told = (turns: boolean) =>
    story()
      .ask()
      .call('primary', 0, { until: 3000, ...(turns && { asks: ['look_up'] }) })
      .call('primary', 3000, { until: 9000, turn: 2, ...left })
      .call('backup', 9000, { until: 9900, turn: 2 })
      .outcome(9900, {}, held(), [{ call: 'c1.3', ask: 1, role: 'backup', share: 1, cites: [] }]);
  const said = (turns: boolean, over: object) => worded(verdictOf(check, evidence(told(turns)), over));
  expect(said(true, {})).toBe('passed: backup reached after 6.0 s, 8.0 s allowed (2 attempts on primary)');
  expect(said(false, {})).toBe('failed: backup reached after 9.0 s, 8.0 s allowed (2 attempts on primary)');
  expect(said(true, params)).toBe('failed: backup reached after 9.0 s, 8.0 s allowed (2 attempts on primary)');
});

test('any later role may rescue, within two thirds of the deadline', () => {
  const told = (at: number) =>
    story(2)
      .ask()
      .call('primary', 0, { until: 2000, ...left })
      .call('backup-2', at, { until: at + 100 })
      .outcome(at + 100);
  expect(worded(verdictOf(check, evidence(told(2000), three)))).toBe(
    'passed: backup-2 reached after 2.0 s, 8.0 s allowed (1 attempt on primary)',
  );
  expect(verdictOf(check, evidence(told(8001), three)).verdict).toBe('failed');
});

test('nothing is asked where the later roles are broken as well, or the chain has one role', () => {
  const both = [...HANG, { fault: 'hang', role: 'backup', effect: 'fails' as const }];
  const told = story()
    .ask()
    .call('primary', 0, { until: 2000, ...left })
    .call('backup', 2000, { until: 4000, ...left })
    .outcome(4000, { kind: 'failed', answer: undefined });
  expect(worded(verdictOf(check, evidence(told, { armed: both })))).toBe('inconclusive: backup was broken as well');
  const alone = { declares: { features: [], chain: ['primary'] } };
  expect(verdictOf(check, evidence(failover(), alone)).verdict).toBe('not_applicable');
});

test('a refusal leads to no other role, but where the target declares that it does', () => {
  const told = () =>
    story()
      .ask()
      .call('primary', 0, { until: 9, fault: 'refusal', fails: 'safety_block' })
      .outcome(9, { kind: 'declined', answer: undefined });
  expect(worded(verdictOf(check, evidence(told()), params))).toBe(
    'inconclusive: primary refused for safety, which is no reason to ask another',
  );
  const declares = { ...facts().declares, fails_over_on: ['safety_block' as const] };
  expect(verdictOf(check, evidence(told(), { declares }), params).verdict).toBe('failed');
});

test('what the target does not declare to fail over on hands nothing over', () => {
  const declares = { ...facts().declares, fails_over_on: ['timeout' as const] };
  const broken = (fails?: 'auth' | 'timeout') =>
    story()
      .ask()
      .call('primary', 0, { until: 9, fault: 'x', ...(fails && { fails }) })
      .outcome(9, { kind: 'needs_review', answer: undefined });
  const on = (told: ReturnType<typeof story>, over = {}) => worded(verdictOf(check, evidence(told, over), params));
  expect(on(broken('auth'), { declares })).toBe('inconclusive: the target does not declare to fail over on auth');
  expect(on(broken(), { declares })).toMatch(/declare to fail over on a reply that cannot be used$/);
  const never = 'failed: backup never called (1 attempt on primary); the outcome is needs_review';
  expect(on(broken('timeout'), { declares })).toBe(never);
  expect(on(broken('auth'))).toBe(never);
  // Who goes there all the same has to get there.
  const gone = story()
    .ask()
    .call('primary', 0, { until: 9, fault: 'x', fails: 'auth' })
    .call('backup', 10, { until: 12, fails: 'auth' })
    .outcome(12, { kind: 'failed', answer: undefined });
  expect(on(gone, { declares })).toMatch(/^failed: backup called 1 time without a good reply/);
});

test('an ask that is put off without asking any model was not handed over', () => {
  const told = () => story().ask().outcome(5, { kind: 'queued', answer: undefined });
  expect(worded(verdictOf(check, evidence(told()), params))).toBe(
    'failed: backup never called (primary spared); the outcome is queued',
  );
  // Without a model in the baseline it needs none; what is answered without one is from a store.
  const baseline = told().events();
  expect(verdictOf(check, evidence(told(), { baseline }), params).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(story().ask().outcome(5)), params).verdict).toBe('inconclusive');
});

test('a third role that is well has to be asked where the second one is broken too', () => {
  const declares = { ...facts().declares, chain: ['primary', 'backup', 'spare'] };
  const down: ArmedAt[] = [...HANG, { fault: 'hang', role: 'backup', effect: 'fails' }];
  const told = () =>
    story()
      .ask()
      .call('primary', 0, { until: 10, ...left })
      .call('backup', 10, { until: 20, ...left });
  const on = (asked: ReturnType<typeof story>, kind: 'answered' | 'failed', armed: ArmedAt[]) =>
    worded(verdictOf(check, evidence(asked.outcome(90, { kind }), { declares, armed })));
  expect(on(told(), 'failed', down)).toBe(
    'failed: spare never called (1 attempt on primary, 1 attempt on backup); the outcome is failed',
  );
  expect(on(told().call('spare', 20, { until: 80 }), 'answered', down)).toMatch(/^passed/);
  const all: ArmedAt[] = [...down, { fault: 'hang', role: 'spare', effect: 'fails' }];
  expect(on(told(), 'failed', all)).toBe('inconclusive: backup and spare were broken as well');
});

test('the start of a process is told and not judged', () => {
  const after = (ms: number) => {
    const told = story()
      .ask()
      .call('primary', 400, { until: ms, ...left })
      .call('backup', ms, { until: ms + 900 });
    return verdictOf(check, { ...evidence(told.outcome(ms + 900)), start_ms: 400 }, params);
  };
  expect(worded(after(8400))).toBe(
    'passed: backup reached after 8.4 s (0.4 s of it the start of its process), 8.0 s allowed (1 attempt on primary)',
  );
  expect(after(8401).verdict).toBe('failed');
});

test('low priority may wait where the target has lanes; nothing else may, nor without them', () => {
  const queued = (priority: 'low' | 'normal' | 'high', features: Feature[]) =>
    verdictOf(
      check,
      evidence(
        story()
          .ask(0, { priority })
          .call('primary', 0, { until: 2000, ...left })
          .outcome(2010, { kind: 'queued' }),
        { declares: { ...evidence(failover()).declares, features } },
      ),
      params,
    );
  expect(worded(queued('low', ['fallback', 'lanes']))).toBe(
    'inconclusive: low priority waits, as the lanes of the target have it',
  );
  const put = story()
    .ask(0, { priority: 'low' })
    .call('primary', 0, { until: 900, fails: 'server_error', fault: 'server-error' })
    .call('primary', 1000, { until: 2000 })
    .outcome(2010, { kind: 'queued' });
  const lanes = { declares: { ...evidence(failover()).declares, features: ['fallback', 'lanes'] as Feature[] } };
  expect(verdictOf(check, evidence(put, lanes), params).verdict).toBe('failed');
  expect(queued('low', ['fallback']).verdict).toBe('failed');
  expect(queued('normal', ['fallback', 'lanes']).verdict).toBe('failed');
  expect(queued('high', ['fallback', 'lanes']).verdict).toBe('failed');
});

test('what goes to a reviewer without faults as well was answered by the first role', () => {
  const reviewed = (over: object = {}, at = 4600) =>
    story()
      .ask()
      .call('primary', 0, { until: at, fault: 'slow-stream', effect: 'delays', ...over })
      .outcome(at + 10, { kind: 'needs_review' });
  const baseline = story(1, 'baseline', 1)
    .ask()
    .call('primary', 0, { until: 90 })
    .outcome(99, { kind: 'needs_review' });
  const on = (told: ReturnType<typeof reviewed>, usual = baseline) =>
    verdictOf(check, evidence(told, { baseline: usual.events() }), params).verdict;
  expect(on(reviewed())).toBe('inconclusive');
  // Too late, spoiled, or a review under faults only.
  expect(on(reviewed({}, 11_000))).toBe('failed');
  expect(on(reviewed({ effect: 'spoils' }))).toBe('failed');
  expect(on(reviewed(), plain())).toBe('failed');
  // The call after the good reply failed, and no other role was asked.
  const stuck = story()
    .ask()
    .call('primary', 0, { until: 90 })
    .call('primary', 100, { until: 3000, ...left })
    .outcome(3010, { kind: 'needs_review' });
  expect(verdictOf(check, evidence(stuck, { baseline: baseline.events() }), params).verdict).toBe('failed');
});

test('a hedge that is cut by what stops the ask was nobody’s failover', () => {
  const told = (cutAt: number) =>
    story()
      .ask()
      .call('primary', 0, { until: 1900, fails: 'safety_block', fault: 'refusal' })
      .call('backup', 1500, { until: cutAt, fails: 'left' })
      .outcome(2000, { kind: 'declined' });
  expect(worded(verdictOf(check, evidence(told(1900)), params))).toBe(
    'inconclusive: primary refused for safety, which is no reason to ask another',
  );
  expect(verdictOf(check, evidence(told(1700)), params).verdict).toBe('failed');
});

test('the last role that is left is waited for, where its late reply comes before half of the deadline is over', () => {
  const both = [...HANG, { fault: 'slow-answer', role: 'backup', effect: 'delays' as const }];
  const told = ({ late_ms = 3000, until = 2000, kind = 'failed' as const, more = {} } = {}) => {
    const late = { fault: 'slow-answer', effect: 'delays' as const, ...(late_ms > 0 && { late_ms }) };
    return story()
      .ask(0, more)
      .call('primary', 0, { until: 500, fails: 'server_error', fault: 'server-error' })
      .call('backup', 500, { until, fails: 'left', ...late })
      .outcome(until, { kind });
  };
  const on = (over: Parameters<typeof told>[0]) =>
    worded(verdictOf(check, evidence(told(over), { armed: both }), params));
  expect(on({})).toMatch(/^failed: backup was left after 1\.5 s, its reply would have come after \d\.\d s/);
  const broken = 'inconclusive: backup was broken as well';
  for (const over of [{ late_ms: 0 }, { late_ms: 6000 }, { until: 6000 }, { more: { deadline_ms: 4000 } }])
    expect(on(over)).toBe(broken);
});
