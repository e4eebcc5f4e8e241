import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { adaptsPayload as check } from './adapts-payload.ts';
import { evidence, facts, GIVEN, held, plain, ROLES, story, verdictOf, worded } from './evidence.fixture.ts';

const full = { ...GIVEN, schema_fields: ['answer', 'citations'], models: ['primary'] };
const sent = (backup: object, model?: string) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 2000, fails: 'left', held: full })
    .call('backup', 2000, { until: 2900, held: { ...full, models: ['backup'], ...backup }, ...(model && { model }) })
    .outcome(3000);

test('the backup received all', () => {
  expect(worded(verdictOf(check, evidence(sent({}))))).toBe(
    'passed: backup received all that primary received (2 sources)',
  );
});

test('each thing lost is named', () => {
  const told = sent({ sources: ['order_9'], source_ids: [], schema_fields: ['answer'] });
  expect(worded(verdictOf(check, evidence(told)))).toBe(
    'failed: backup lost the text of policy_v3; backup lost the id policy_v3; backup lost the id order_9; backup was not asked for citations',
  );
});

test("the primary's model name is a leak, as the model asked for or anywhere in the request", () => {
  expect(worded(verdictOf(check, evidence(sent({ models: ['primary'] }, 'gpt-5-mini'))))).toBe(
    "failed: backup was asked for primary's model gpt-5-mini",
  );
  expect(worded(verdictOf(check, evidence(sent({ models: ['primary', 'backup'] }))))).toBe(
    "failed: backup received the name of primary's model gpt-5-mini",
  );
  const asked = { task: { input: 'What does gpt-5-mini cost?' } };
  expect(verdictOf(check, evidence(sent({ models: ['primary', 'backup'] }), asked)).verdict).toBe('passed');
});

test('a spared primary is compared from the baseline', () => {
  const told = story(2).ask().call('backup', 0, { until: 900, held: held() }).outcome(900);
  expect(verdictOf(check, evidence(told)).verdict).toBe('failed');
  const nothing = { baseline: story(1).ask().outcome(1).events() };
  expect(verdictOf(check, evidence(told, nothing)).verdict).toBe('inconclusive');
});

test('nothing to judge where only the primary was called', () => {
  expect(worded(verdictOf(check, evidence(plain())))).toBe('inconclusive: only primary was called');
});

/** The same, and the backup's provider turned its calls away. */
function refusing<E extends ReturnType<typeof evidence>>(told: E, why: string, over: { protocol?: string } = {}): E {
  const events = told.events.flatMap((e): TraceEvent[] => {
    if (e.kind !== 'call' || e.role !== 'backup') return [e];
    const { seq, at, drill, phase, ask, task, call } = e;
    return [
      { ...e, ...over },
      { kind: 'unscripted-call', ...{ seq, at, drill, phase, ask, task, call, why } },
    ];
  });
  return { ...told, events };
}

test('a prompt beyond a declared window is turned away, unless somebody else serves the ask', () => {
  const told = (window: number | undefined, servedBy?: string) => {
    const roles = structuredClone(ROLES);
    if (window !== undefined) Object.assign(roles['backup'] ?? {}, { context_tokens: window });
    const asked = failing().call('backup', 30, { until: 40, fails: 'context_overflow', ...good });
    const ended =
      servedBy === undefined ? asked : asked.call(servedBy, 50, { until: 90, held: { ...full, models: [servedBy] } });
    const outcome = ended.outcome(99, { kind: servedBy === undefined ? 'failed' : 'answered' });
    const declares = { ...facts().declares, chain: ['primary', 'backup', 'backup-2'] };
    const on = refusing(evidence(outcome, { roles, declares }), 'too long');
    return worded(verdictOf(check, on));
  };
  // Each call of these stories is of ten tokens.
  expect(told(9)).toBe('failed: backup was turned away: too long');
  expect([told(10), told(undefined), told(9, 'backup-2')]).toEqual(Array(3).fill(expect.stringMatching(/^passed/)));
});

test('a role that takes no pictures need not be sent any', () => {
  const sources = [
    { id: 'photo_1', tenant: 'acme', text: '', image: { media_type: 'image/png', data: 'iVBORw0KGgo=' } },
  ];
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 20, fails: 'server_error', held: { ...full, sources: [...full.sources, 'photo_1'] } })
    .call('backup', 30, { until: 90, ...good })
    .outcome(99);
  const verdict = (rules: object | undefined) => {
    const roles = structuredClone(ROLES);
    Object.assign(roles['backup'] ?? {}, { rules });
    return worded(verdictOf(check, evidence(told, { roles, sources })));
  };
  expect(verdict(undefined)).toMatch(/^failed: backup lost the picture photo_1/);
  expect(verdict({ parallel_calls: false })).toMatch(/^failed: backup lost the picture photo_1/);
  expect(verdict({ images: false })).toMatch(/^passed/);
});

test("another protocol than the role's own is named", () => {
  const told = refusing(evidence(sent({})), 'not served here', { protocol: 'openai-chat' });
  expect(worded(verdictOf(check, told))).toBe('failed: backup speaks anthropic-messages and was called in openai-chat');
});

type Put = NonNullable<Parameters<ReturnType<typeof story>['call']>[2]>['put'];
/** What the primary and what the backup was sent, beside the same markers. */
const handover = (from: Put, to: Put, mode: 'server_error' | 'context_overflow' = 'server_error') =>
  story(2)
    .ask()
    .call('primary', 0, { until: 20, fails: mode, held: full, put: from })
    .call('backup', 30, { until: 90, held: { ...full, models: ['backup'] }, put: to })
    .outcome(99);
const said = (from: Put, to: Put, over = {}) => worded(verdictOf(check, evidence(handover(from, to), over)));

test('what was said before goes along whole, in its order, as said by whom', () => {
  expect(said({ talk: 'whole' }, { talk: 'whole' })).toMatch(/^passed/);
  expect(said({ talk: 'whole' }, { talk: 'lost' })).toBe('failed: backup lost what was said before');
  expect(said({ talk: 'whole' }, { talk: 'other_order' })).toMatch(/^failed: backup received .* in another order$/);
  expect(said({ talk: 'whole' }, { talk: 'other_roles' })).toMatch(/^failed: backup received .* without who said it$/);
  expect(said({ talk: 'lost' }, { talk: 'lost' })).toMatch(/^passed/);
});

test('where the window is smaller what was said before may go, and only where it is that role', () => {
  const [all, none]: Put[] = [{ talk: 'whole' }, { talk: 'lost' }];
  expect(verdictOf(check, evidence(handover(all, none, 'context_overflow'))).verdict).toBe('passed');
  const windows = (primary: number | undefined, backup: number) => {
    const roles = structuredClone(ROLES);
    if (primary !== undefined) Object.assign(roles['primary'] ?? {}, { context_tokens: primary });
    Object.assign(roles['backup'] ?? {}, { context_tokens: backup });
    return { roles };
  };
  expect(said(all, none, windows(undefined, 4000))).toMatch(/^passed/);
  expect(said(all, none, windows(4000, 8000))).toMatch(/^failed/);
  expect(said(all, none, { armed: [{ fault: 'any', role: 'backup', effect: 'limits' }] })).toMatch(/^passed/);
  expect(said(all, none, { armed: [{ fault: 'any', role: 'backup', effect: 'fails' }] })).toMatch(/^failed/);
  expect(said({ talk: 'whole' }, { talk: 'other_roles' }, windows(undefined, 4000))).toMatch(/^failed/);
});

test('instructions may be said in other words, but not in a fifth of them', () => {
  expect(said({ instructions: 60 }, { instructions: 20 })).toMatch(/^passed/);
  expect(said({ instructions: 60 }, { instructions: 12 })).toBe(
    'failed: backup was given 12 words of instructions, where primary was given 60',
  );
  expect(said({ instructions: 9 }, { instructions: 0 })).toMatch(/^passed/);
  expect(said({ instructions: 60 }, {})).toMatch(/^passed/);
});

test('a limit below what the whole answer takes is a finding, unless the first role has such a one', () => {
  expect(said({ max_output_tokens: 900 }, { max_output_tokens: 10 })).toMatch(/^passed/);
  expect(said({ max_output_tokens: 900 }, { max_output_tokens: 9 })).toBe(
    'failed: backup may write 9 tokens, and the whole answer takes 10',
  );
  expect(said({ max_output_tokens: 8 }, { max_output_tokens: 9 })).toMatch(/^passed/);
});

const retried = (questions: number, first: number, how: { fails?: 'server_error' } = { fails: 'server_error' }) =>
  story(2)
    .ask()
    .call('primary', 0, { until: 20, put: { questions: first }, held: full, ...how })
    .call('primary', 30, { until: 90, put: { questions }, held: full })
    .outcome(99);

test('a turn that an attempt holds twice is a finding, the retry of the first role included', () => {
  expect(worded(verdictOf(check, evidence(retried(2, 1))))).toBe(
    'failed: primary was sent the question 2 times over, in attempt 2',
  );
  expect(verdictOf(check, evidence(retried(1, 1))).verdict).toBe('inconclusive');
  expect(verdictOf(check, evidence(retried(2, 2))).verdict).toBe('inconclusive');
  // Who has a reply that it cannot use may put the question again.
  expect(verdictOf(check, evidence(retried(2, 1, {}))).verdict).toBe('inconclusive');
});

test('a turn that is twice in every conversation without faults is how the target asks', () => {
  const usual = story(1, 'baseline')
    .ask()
    .call('primary', 0, { until: 9, put: { questions: 2 }, held: full })
    .outcome(10);
  expect(verdictOf(check, evidence(retried(2, 1), { baseline: usual.events() })).verdict).toBe('inconclusive');
});

const bare = held({ models: ['backup'] });
const good = { held: { ...full, models: ['backup'] } };
const failing = () => story(2).ask().call('primary', 0, { until: 20, fails: 'server_error', held: full });

test('a ping before the handover and a title after it are no handover', () => {
  const both = failing()
    .call('backup', 30, { until: 40, held: bare })
    .call('backup', 50, { until: 90, ...good })
    .call('backup', 91, { until: 95, held: bare });
  expect(worded(verdictOf(check, evidence(both.outcome(99))))).toMatch(/^passed/);
});

test('the only good call of a role is what took over, however full the ones before it were', () => {
  const cut = failing()
    .call('backup', 30, { until: 40, fails: 'context_overflow', ...good })
    .call('backup', 50, { until: 90, held: { ...bare, sources: [] }, put: { questions: 1 } });
  expect(worded(verdictOf(check, evidence(cut.outcome(99))))).toMatch(/^failed: backup lost the text of policy_v3/);
});

test('where nobody served, the fullest call of a role counts; where an earlier role replied, none does', () => {
  const lost = failing().call('backup', 30, { until: 40, fails: 'server_error', held: bare, put: { questions: 1 } });
  expect(verdictOf(check, evidence(lost.outcome(99, { kind: 'failed' }))).verdict).toBe('failed');
  const hedged = story(2).ask().call('primary', 0, { until: 80, held: full }).call('backup', 30, { held: bare });
  expect(worded(verdictOf(check, evidence(hedged.outcome(99))))).toBe(
    'inconclusive: primary replied, nothing was handed over',
  );
});

test('a role that asked for a tool and then failed has handed over, whether or not the next one replied', () => {
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 20, held: full, asks: ['look_up'] })
    .call('primary', 30, { until: 40, fails: 'server_error', held: full, turn: 2 })
    .call('backup', 50, { until: 60, fails: 'overloaded', held: bare, put: { questions: 1 } });
  expect(verdictOf(check, evidence(told.outcome(99, { kind: 'queued' }))).verdict).toBe('failed');
});

test("another role's model is a mistake in a side call as well", () => {
  const ping = failing()
    .call('backup', 30, { until: 40, held: bare, model: 'gpt-5-mini' })
    .call('backup', 50, { until: 90, ...good });
  expect(worded(verdictOf(check, evidence(ping.outcome(99))))).toBe(
    "failed: backup was asked for primary's model gpt-5-mini",
  );
});

test('a picture that is lost is named as one', () => {
  const photo = [{ id: 'photo_1', tenant: 'acme', text: '', image: { media_type: 'image/png', data: 'aGk=' } }];
  const withPhoto = { ...full, sources: [...full.sources, 'photo_1'] };
  const told = story(2)
    .ask()
    .call('primary', 0, { until: 20, fails: 'server_error', held: withPhoto })
    .call('backup', 30, { until: 90, ...good });
  expect(worded(verdictOf(check, evidence(told.outcome(99), { sources: photo })))).toBe(
    'failed: backup lost the picture photo_1',
  );
});

test('a draft that a queue asks for later is its own affair', () => {
  const told = story(2).ask().call('primary', 0, { until: 9, fails: 'server_error' }).outcome(10, { kind: 'queued' });
  told.call('backup', 60_000, { until: 61_000, held: held() });
  expect(verdictOf(check, evidence(told)).verdict).toBe('inconclusive');
});

const system = ['told'];
type Attempt = NonNullable<Parameters<ReturnType<typeof story>['call']>[2]>;
const first: Attempt = { until: 20, fails: 'server_error', held: full, messages: system };
/** A first attempt that failed, and the retry that was served. */
const again = (retry: Attempt, failed: Attempt = {}) =>
  story(2)
    .ask()
    .call('primary', 0, { ...first, ...failed })
    .call('primary', 30, { until: 90, held: full, ...retry })
    .outcome(99);
const retriedWith = (retry: Attempt, failed?: Attempt, over = {}) =>
  worded(verdictOf(check, evidence(again(retry, failed), { baseline: whole.events(), ...over })));
const whole = story(1, 'baseline')
  .ask()
  .call('primary', 0, { until: 9, held: full, put: { talk: 'whole', instructions: 60 }, messages: system })
  .outcome(10);
const NOTHING = 'inconclusive: only primary was called';

test.each<[string, Attempt, Attempt, string]>([
  ['a source', { held: { ...full, sources: ['order_9'] } }, {}, 'lost the text of policy_v3'],
  ['a field', { held: { ...full, schema_fields: ['answer'] } }, {}, 'was not asked for citations'],
  ['the talk', { put: { talk: 'lost' } }, { put: { talk: 'whole' } }, 'lost what was said before'],
  [
    'the instructions',
    { put: { instructions: 0 }, messages: [] },
    { put: { instructions: 60 } },
    'was given 0 words of instructions, where primary was given 60',
  ],
])('a retry that is served without %s is a finding', (_, retry, failed, what) => {
  expect(retriedWith(retry, failed)).toBe(`failed: the retry of primary ${what}`);
  expect(retriedWith({ ...retry, held: full, put: failed.put }, failed)).toBe(NOTHING);
});

const short: Attempt = { held: { ...full, sources: [] } };
test.each<[string, Attempt, Attempt]>([
  ['a window that was too small', short, { fails: 'context_overflow' }],
  ['a request that was not taken, nobody knows why', short, { fails: 'unknown' }],
  ['a hedge', { ...short }, { until: 60 }],
  ['the next turn', { ...short, turn: 2 }, {}],
])('after %s a call may hold less', (_, retry, failed) => {
  expect(retriedWith(retry, failed)).toBe(NOTHING);
});

test('a retry that begins the conversation anew holds what that held', () => {
  expect(retriedWith({}, { turn: 2 })).toBe(NOTHING);
  expect(retriedWith(short, { turn: 2 })).toMatch(/^failed: the retry of primary lost the text of policy_v3/);
});

test('a retry may leave examples out, and talk where its window is declared', () => {
  expect(retriedWith({ put: { instructions: 10 } }, { put: { instructions: 90 } })).toBe(NOTHING);
  expect(retriedWith({ put: { instructions: 5 }, messages: system }, { put: { instructions: 90 } })).toBe(NOTHING);
  const roles = { ...ROLES, primary: { ...ROLES['primary'], context_tokens: 4000 } };
  expect(retriedWith({ put: { talk: 'lost' } }, { put: { talk: 'whole' } }, { roles })).toBe(NOTHING);
});

test('another step than the one that failed is sent what it is sent without faults', () => {
  const steps = story(1, 'baseline')
    .ask()
    .call('primary', 0, { until: 9, held: full })
    .call('primary', 10, { until: 19, ...short })
    .outcome(20);
  expect(retriedWith(short, {}, { baseline: steps.events() })).toBe(NOTHING);
});

test('what follows a good reply is no retry', () => {
  const polished = story(2)
    .ask()
    .call('primary', 0, first)
    .call('primary', 30, { until: 60, held: full })
    .call('primary', 70, { until: 90, held: { ...full, sources: ['order_9'] } })
    .outcome(99);
  expect(worded(verdictOf(check, evidence(polished, { baseline: whole.events() })))).toBe(NOTHING);
});

const servedWith = (call: Attempt, over = {}, told = story(2).ask()) =>
  worded(
    verdictOf(
      check,
      evidence(told.call('primary', 0, { until: 90, held: full, ...call }).outcome(99), {
        baseline: whole.events(),
        ...over,
      }),
    ),
  );

test.each<[string, Attempt, string]>([
  ['a source', { held: { ...full, sources: ['order_9'] } }, 'lost the text of policy_v3'],
  ['instructions', { put: { instructions: 0 } }, 'was given 0 words of instructions, where primary was given 60'],
])('the first role that serves without %s, unlike without faults, is a finding', (_, call, what) => {
  expect(servedWith(call)).toBe(`failed: primary ${what}, unlike without faults`);
  // A window that was too small is why, or another call without faults held no more.
  const armed = [{ role: 'primary', fault: 'context-limit', effect: 'limits' as const }];
  expect(servedWith(call, { armed })).toBe(NOTHING);
  const twoWays = story(1, 'baseline')
    .ask()
    .call('primary', 0, { until: 9, held: full, put: { talk: 'whole', instructions: 60 }, messages: system })
    .call('primary', 10, { until: 19, held: full, ...call })
    .outcome(20);
  expect(servedWith(call, { baseline: twoWays.events() })).toBe(NOTHING);
});

test('the first role may be asked for another format, with less talk, by another name, and for less where it does not serve', () => {
  expect(servedWith({ held: { ...full, schema_fields: [] } })).toBe(NOTHING);
  expect(servedWith({ put: { talk: 'lost', instructions: 60 } })).toBe(NOTHING);
  expect(servedWith({ model: 'gpt-5-mini-eu-2' })).toBe(NOTHING);
  const probe = story(2)
    .ask()
    .call('primary', 0, { until: 20, held: { ...full, sources: ['order_9'] } })
    .call('backup', 0, { until: 90, ...good })
    .outcome(99, {}, held(), [{ call: 'c2.2', ask: 2, role: 'backup', share: 1, cites: [] }]);
  expect(verdictOf(check, evidence(probe, { baseline: whole.events() })).verdict).not.toBe('failed');
});
