import { expect, test } from 'vitest';
import { Comparison } from '../core/comparison.ts';
import type { DrillReport, RunReport, TaskReport } from '../core/report.ts';
import { failedDrill, passedDrill, sampleRun, task } from '../reporters/sample-run.fixture.ts';
import { compareRuns, NOISE } from './compare.ts';
import type { ReadReport } from './read-report.ts';

type Cell = TaskReport['checks'][number];
const cell = (check: string, verdict: Cell['verdict'], severity: Cell['severity'] = 'critical'): Cell => ({
  ...{ check, verdict, severity, reason: `${check} ${verdict}`, evidence: [] },
});

/** A drill of one golden task, asked as often as there are changes. */
const drill = (...asks: Partial<TaskReport>[]): DrillReport => ({
  ...passedDrill,
  checks: [],
  tasks: asks.map((change, i) => task('hours', i + 2, 'out', change)),
});

const run = (
  drills: DrillReport[],
  change: Partial<RunReport> = {},
  workflows?: ReadReport['workflows'],
): ReadReport => ({
  name: 'reports/r',
  report: { ...sampleRun, drills, ...change },
  ...(workflows && { workflows }),
});
const compared = (before: ReadReport, now: ReadReport) => {
  const comparison = compareRuns(before, now);
  expect(Comparison.parse(JSON.parse(JSON.stringify(comparison)))).toEqual(comparison);
  return comparison;
};
const one = run([drill({})]);

test('a run and itself: comparable, and nothing of it is worse', () => {
  for (const drills of [[passedDrill], [failedDrill, passedDrill]])
    expect(compared(run(drills), run(drills))).toMatchObject({
      ...{ kind: 'comparable', worse: false, exact: true, differs: [], verdicts: [] },
      ...{ broke: [], healed: [], unjudged: [], slower: [], faster: [], dearer: [], cheaper: [] },
    });
});

const { target, about } = sampleRun;
test.each<[string, Partial<RunReport>]>([
  ['seed', { seed: 8 }],
  ['target', { target: { ...target, name: 'other' } }],
  ['declared retries', { target: { ...target, declares: { ...target.declares, retries: 3 } } }],
  ['version of drill', { about: { ...about, versions: { drill: '0.2.0' } } }],
  ['prices of', { about: { ...about, versions: { ...about.versions, prices: '2027-01-01' } } }],
  ['replies', { mode: 'live' }],
  ['replies', { reproduce: `${sampleRun.reproduce} --replies recorded` }],
  ['faults', { reproduce: `${sampleRun.reproduce} --fault hang@primary` }],
  ['drills, golden tasks or contracts (definition_hash)', { about: { ...about, definition_hash: 'other' } }],
])('descriptive only: another %s', (what, change) => {
  const { kind, differs, worse } = compared(one, run([drill({})], change));
  expect({ kind, what: differs.map((d) => d.what), worse }).toEqual({
    kind: 'descriptive',
    what: [what],
    worse: false,
  });
});

test('a task that fails without any fault now is worse than one that failed under a fault, and why is told', () => {
  const ask = failedDrill.tasks[0];
  if (ask === undefined) throw new Error('no ask');
  const baseline = { ...ask.baseline, verdict: 'failed' as const, reason: 'it has no answer' };
  const now = { ...failedDrill, tasks: [{ ...ask, verdict: 'inconclusive' as const, checks: [], baseline }] };
  const { worse, verdicts } = compared(run([{ ...failedDrill, tasks: [ask] }]), run([now]));
  expect([worse, verdicts.map(({ before, now: is, baseline: why }) => [before, is, why])]).toEqual([
    true,
    [['failed', 'inconclusive', 'it has no answer']],
  ]);
});

test('of a list that is declared, what only one side has is told', () => {
  const declaring = (features: string[], chain: string[]) =>
    run([drill({})], {
      target: { ...target, declares: { ...target.declares, features, chain } },
    } as Partial<RunReport>);
  const before = declaring(['fallback', 'breaker'], ['primary', 'backup']);
  expect(compared(before, declaring(['fallback', 'notice'], ['backup', 'primary'])).differs).toEqual([
    { what: 'declared features', before: 'breaker', now: 'notice' },
    { what: 'declared chain', before: 'primary, backup', now: 'backup, primary' },
  ]);
});

test('another Node counts where time is real, and in virtual time it does not', () => {
  const other = { about: { ...about, versions: { ...about.versions, node: '22.1.0' } } };
  expect(compared(one, run([drill({})], other)).kind).toBe('comparable');
  const real = { time: 'wall' as const };
  expect(compared(run([drill({})], real), run([drill({})], { ...other, ...real })).differs).toMatchObject([
    { what: 'version of node', before: 'unknown', now: '22.1.0' },
  ]);
});

test('which golden tasks are others is said by name, where the inputs of both runs are there', () => {
  const of = (...tasks: object[]) => new Map([[passedDrill.name, { tasks, contract: { stakes: 'high' } }]]);
  const before = run([drill({})], {}, of({ name: 'hours', input: 'a' }, { name: 'parking' }));
  const now = run([drill({})], {}, of({ name: 'hours', input: 'b' }, { name: 'returns' }));
  expect(compared(before, now).differs).toEqual([
    { what: 'golden tasks', drill: passedDrill.name, before: 'hours, parking', now: 'hours, returns' },
  ]);
  expect(compared(before, before).kind).toBe('comparable');
});

test('another model in a role is told with both', () => {
  const of = (model: string, key_env = 'KEY') => ({ ...one, roles: { backup: { provider: 'mine', model, key_env } } });
  expect(compared(of('m-1'), of('m-2')).differs).toEqual([
    { what: 'role backup', before: 'mine m-1', now: 'mine m-2' },
  ]);
  expect(compared(of('m-1'), of('m-1', 'OTHER')).differs).toMatchObject([{ now: 'other settings' }]);
  expect(compared(of('m-1'), one).differs).toEqual([]);
});

test('runs without a drill in common are refused, and others are held against each other in those they have', () => {
  expect(() => compareRuns(run([passedDrill]), run([failedDrill]))).toThrow(
    'these runs have no drill in common: reports/r has timeout_primary; reports/r has two_wrongs',
  );
  const hash = { about: { ...about, definition_hash: 'of more drills' } };
  const some = compared(one, run([drill({}), failedDrill], hash, new Map()));
  expect(some).toMatchObject({ only_now: ['two_wrongs'], only_before: [], broke: [], worse: false });
  // Without the inputs of both nobody knows whether the golden tasks are the same.
  expect(some.differs).toMatchObject([{ what: expect.stringContaining('golden tasks') }]);
});

test('what is found no more is healed where it passes now, and not where nobody looks any more', () => {
  const before = run([drill({ checks: [cell('a', 'failed'), cell('b', 'failed'), cell('c', 'passed')] })]);
  const now = run([
    drill({ checks: [cell('a', 'passed'), cell('b', 'not_applicable'), cell('c', 'failed', 'minor')] }),
  ]);
  const { broke, healed, unjudged, worse } = compared(before, now);
  const names = (list: typeof broke) => list.map(({ check }) => check);
  expect([names(broke), names(healed), names(unjudged), worse]).toEqual([['c'], ['a'], ['b'], true]);
  expect(broke[0]).toMatchObject({ task: 'hours', phase: 'out', before: 0, now: 1, reason: 'c failed' });
});

test('one ask more that fails is worse, one fewer is healed in part', () => {
  const failing = { checks: [cell('a', 'failed')] };
  const [once, twice] = [run([drill(failing, { checks: [cell('a', 'passed')] })]), run([drill(failing, failing)])];
  expect(compared(once, twice).broke).toMatchObject([{ before: 1, now: 2 }]);
  expect(compared(twice, once)).toMatchObject({ worse: false, healed: [{ before: 2, now: 1 }] });
});

test.each<[string, ReadReport, ReadReport, boolean]>([
  ['a task that is open now', one, run([drill({ verdict: 'inconclusive' })]), true],
  ['a task that is decided now', run([drill({ verdict: 'inconclusive' })]), one, false],
  ['a drill that is open now', one, run([{ ...drill({}), verdict: 'inconclusive' }]), true],
  ['a run that was stopped', one, run([drill({})], { status: 'stopped', unfinished: ['late'] }), true],
  ['a run that is whole now', run([drill({})], { status: 'interrupted' }), one, false],
  ['a text that is unread now', one, run([{ ...drill({}), words: { notices_judged: 6, unread: ['x'] } }]), false],
])('%s: worse is %4$s', (_, before, now, worse) => {
  expect(compared(before, now).worse).toBe(worse);
});

test('in virtual time a millisecond is one, in real time it takes more than the noise', () => {
  const slow = (ms: number, time: RunReport['time']) => run([drill({ latency_ms: ms }, { latency_ms: ms })], { time });
  const slower = (ms: number, time: RunReport['time'] = 'wall') => compared(slow(2000, time), slow(2000 + ms, time));
  expect(slower(1, 'virtual').slower).toEqual([
    { drill: passedDrill.name, phase: 'out', task: 'hours', asks: 2, before: 2000, now: 2001 },
  ]);
  const most = Math.max(NOISE.ms, NOISE.share * 2000);
  expect(slower(most)).toMatchObject({ exact: false, slower: [], worse: false });
  expect(slower(most + 1)).toMatchObject({ slower: [{ now: 2000 + most + 1 }], worse: true });
  expect(slower(-most - 1)).toMatchObject({ faster: [{}], worse: false });
  // A short one may well take twice as long.
  expect(compared(slow(100, 'wall'), slow(300, 'wall')).slower).toEqual([]);
});

test('the start of a process is not the target’s, and an ask that never ended has no time', () => {
  const real = { time: 'wall' as const };
  const started = run([drill({ latency_ms: 5000, start_ms: 3000 })], real);
  expect(compared(run([drill({ latency_ms: 2000 })], real), started).slower).toEqual([]);
  const hung = run([drill({ latency_ms: null }, { latency_ms: 900 })]);
  expect(compared(run([drill({ latency_ms: 1 }, { latency_ms: 900 })]), hung)).toMatchObject({
    slower: [],
    faster: [],
  });
});

test('dearer and cheaper, as far as prices are known', () => {
  const cost = (cost_usd: number | null) => run([drill({ cost_usd })]);
  expect(compared(cost(0.001), cost(0.0012))).toMatchObject({ dearer: [{ before: 0.001, now: 0.0012 }], worse: true });
  expect(compared(cost(0.0012), cost(0.001))).toMatchObject({ cheaper: [{}], worse: false });
  expect(compared(cost(null), cost(0.001))).toMatchObject({ dearer: [], worse: false });
});
