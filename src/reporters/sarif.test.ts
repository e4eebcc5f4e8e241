import { describe, expect, it, test } from 'vitest';
import { fakeTerminal } from '../cli/terminal.fixture.ts';
import type { DrillReport } from '../core/report.ts';
import { runDrill } from '../drill-run.fixture.ts';
import { Project } from '../project.fixture.ts';
import { HOSTILE, namedDrill, type SarifResult, sarifRun } from './formats.fixture.ts';
import { call, failedDrill, openDrill, passedDrill, sampleRun, task, tell, written } from './sample-run.fixture.ts';
import { MOST_RESULTS, MOST_STEPS, sarif } from './sarif.ts';

const { main } = await import('../cli/main.ts');

const render = (...drills: DrillReport[]) => sarifRun(written(sarif, tell(...drills)));
const sample = render(failedDrill, passedDrill);

test('the schema is held against the file', () => {
  const text = written(sarif, tell(failedDrill));
  expect(() => sarifRun(text.replace('"startLine":31', '"startLine":0'))).toThrow('startLine');
  expect(() => sarifRun(text.replace('"kind":"fail"', '"kind":"none"'))).toThrow('kind');
});

const stepsOf = ({ codeFlows = [] }: SarifResult): string[] =>
  codeFlows.flatMap(({ threadFlows }) =>
    threadFlows.flatMap(({ locations }) => locations.map(({ location }) => location.message.text)),
  );

/** A drill in which asks fail, by the name of their phase. */
function failing(...phases: string[]): DrillReport {
  const [first] = failedDrill.tasks;
  const checks = first?.checks ?? [];
  const tasks = phases.map((phase, i) => task('hours', 4 + i, phase, { verdict: 'failed', checks }));
  return { ...failedDrill, reasons: [], tasks };
}

test('the asks of a phase that one check fails are one result, where the drill claims it', () => {
  const [found, ...others] = sample.results;
  expect(others).toEqual([]);
  expect(found).toMatchObject({
    ruleId: 'fails-over',
    ruleIndex: 0,
    kind: 'fail',
    level: 'error',
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'drills/timeout_primary.yaml', uriBaseId: '%SRCROOT%' },
          region: { startLine: 31 },
        },
      },
    ],
    properties: { drill: 'two_wrongs', phase: 'outage', evidence: [12, 14, 99] },
  });
  expect(found?.message.text).toBe(
    '2 of 2 tasks, 1 in these words: the backup was never called; the primary failed (timeout) at 2.0 s (drill two_wrongs, ' +
      'phase outage, first in refund_policy_edge_case, ask 4; drill run two_wrongs --target ./agent.ts --seed 7)',
  );
});

test('a claim that a golden task brings along stands where the drill begins', () => {
  const source = { file: 'drills/two wrongs#1.yaml', line: 2, expect: {} };
  const [found] = render({ ...failedDrill, source }).results;
  expect(found?.locations[0]?.physicalLocation).toMatchObject({
    artifactLocation: { uri: 'drills/two%20wrongs%231.yaml' },
    region: { startLine: 2 },
  });
});

test.each([
  ['/home/me/a b.yaml', 'file:///home/me/a%20b.yaml'],
  ['C:\\me\\a.yaml', 'file:///C%3A/me/a.yaml'],
])('a drill outside the folder is known by its whole path: %s', (file, uri) => {
  const [found] = render({ ...failedDrill, source: { file, line: 1, expect: {} } }).results;
  expect(found?.locations[0]?.physicalLocation.artifactLocation).toEqual({ uri });
});

test('a drill whose place is not known has results without one', () => {
  const { source, ...drill } = failedDrill;
  expect(render(drill).results.map((one) => one.locations)).toEqual([[]]);
});

test('how bad a finding is; the drill as a whole is a group of its own', () => {
  const [cell] = failedDrill.tasks[0]?.checks ?? [];
  if (cell === undefined) throw new Error('the sample has checks');
  const minor = { ...cell, severity: 'minor' as const };
  const checks = [{ ...cell, severity: 'major' as const }];
  const { results, tool } = render({
    ...failing('outage'),
    checks,
    tasks: [task('hours', 4, 'p', { checks: [minor] })],
  });
  expect(results.map(({ level }) => level)).toEqual(['error', 'warning']);
  expect(results[0]?.message.text).toMatch(/^the whole drill: the backup was never called/);
  expect(results[0]).not.toHaveProperty('codeFlows');
  expect(tool.driver.rules).toMatchObject([{ id: 'fails-over', defaultConfiguration: { level: 'error' } }]);
});

test('the calls of the first task are a flow of code', () => {
  const calls = [
    call('primary', { ms: 2000, failure_mode: 'timeout', fault: 'hang' }),
    call('backup', { ms: null, status: null }),
    call('reserve'),
  ];
  const [first] = failing('outage').tasks;
  if (first === undefined) throw new Error('one failed');
  const flow = (more: typeof calls) => {
    const [found] = render({ ...failing(), tasks: [{ ...first, calls: more }] }).results;
    return found === undefined ? [] : stepsOf(found);
  };
  expect(flow(calls)).toEqual([
    'primary: timeout after 2.0 s (hang)',
    'backup: no answer',
    'reserve: replied after 0.9 s',
  ]);
  expect(flow([])).toEqual([]);
  const many = flow(Array.from({ length: 250 }, () => call('primary')));
  expect(many).toHaveLength(MOST_STEPS);
  expect(many.at(-1)).toBe('and 151 more calls');
  expect(flow(Array.from({ length: MOST_STEPS }, () => call('primary'))).at(-1)).toBe('primary: replied after 0.9 s');
});

test('no more results than are shown anywhere; what is left out is counted', () => {
  const phases = Array.from({ length: MOST_RESULTS + 3 }, (_, i) => `phase_${i}`);
  const { results, properties } = render(failing(...phases), failing('one'));
  expect(results).toHaveLength(MOST_RESULTS);
  expect(properties['results_left_out']).toBe(4);
});

test('the run: its tool, what it may be told apart by, and whether it came to its end', () => {
  expect(sample.tool.driver.semanticVersion).toBe('0.1.0');
  expect(sample.tool.driver.rules.map((rule) => [rule.id, rule.help.text])).toEqual([
    ['fails-over', 'Call the backup. `drill explain fails-over` says what it reads.'],
  ]);
  expect(sample.automationDetails.id).toBe('failover-drill/reference/');
  expect(sample.invocations).toEqual([{ executionSuccessful: true }]);
  const cut = written(sarif, (open) => open.onEnd({ ...sampleRun, status: 'interrupted', unfinished: ['one', 'two'] }));
  expect(sarifRun(cut).invocations).toEqual([
    {
      executionSuccessful: false,
      toolExecutionNotifications: [
        { level: 'error', message: { text: 'the run was interrupted' } },
        { level: 'error', message: { text: 'not finished: one, two' } },
      ],
    },
  ]);
  expect(sarifRun(cut).results).toEqual([]);
});

test('an open drill is neither passed nor failed', () => {
  const { results, tool } = render(openDrill);
  expect(results).toMatchObject([{ ruleId: 'inconclusive', kind: 'open', level: 'none' }]);
  expect(results[0]?.message.text).toBe(
    'the drill timeout_primary is open: the baseline of late_delivery failed Fix: Make it pass. Paste backup-2: {{ model: m }}',
  );
  expect(results[0]?.locations[0]?.physicalLocation.region.startLine).toBe(2);
  expect(tool.driver.rules).toMatchObject([{ id: 'inconclusive', help: { text: 'Each result says what to do.' } }]);
  const reasons = Array.from({ length: 12 }, () => ({ reason: 'one', fix: 'two' }));
  expect(render({ ...openDrill, reasons }).results[0]?.message.text).toMatch(/Fix: two and 2 more reasons$/);
});

describe('a finding is known again', () => {
  const prints = (...drills: DrillReport[]) => render(...drills).results.map((one) => one.partialFingerprints);
  const drill = failing('outage');

  it('when its drill moves down, the asks before it are more, and its reason has other figures', () => {
    const { source } = passedDrill;
    if (source === undefined) throw new Error('the sample has a place');
    const moved = { ...source, line: 9, expect: { 'fails-over': 38 } };
    const tasks = drill.tasks.map((one) => ({
      ...one,
      ask: one.ask + 30,
      checks: one.checks.map((cell) => ({ ...cell, reason: 'failed at 2.1 s', evidence: [77] })),
    }));
    expect(prints({ ...drill, source: moved, tasks })).toEqual(prints(drill));
  });

  it('not in another drill, check or phase', () => {
    const other = drill.tasks.map((one) => ({
      ...one,
      checks: one.checks.map((cell) => ({ ...cell, check: 'cites-sources' })),
    }));
    const all = [
      ...prints(drill, { ...drill, name: 'three_wrongs' }, { ...drill, tasks: other }, failing('healed')),
      ...prints({ ...drill, tasks: [], checks: drill.tasks[0]?.checks ?? [] }),
    ];
    for (const name of ['drillCheckPhase/v1', 'primaryLocationLineHash'])
      expect(new Set(all.map((one) => one[name])).size).toBe(5);
  });
});

describe('text stays text', () => {
  it.each(HOSTILE)('$shown', ({ text }) => {
    const file = written(sarif, tell(namedDrill(text), { ...openDrill, name: text }));
    const { results } = sarifRun(file);
    expect(results.map(({ kind }) => kind)).toEqual(['fail', 'fail', 'open']);
    expect(file).not.toMatch(/(?!\n)\p{Cc}|\\ud[89a-f]/u);
    // The head, a line a result, the end.
    expect(file.split('\n')).toHaveLength(results.length + 3);
    const texts = results.flatMap((one) => [one.message.text, ...stepsOf(one)]);
    for (const one of texts) expect(one.replace(/\{\{|\}\}/g, '')).not.toMatch(/[{}]|\]\(/);
    expect(Math.max(...texts.map((one) => one.length))).toBeLessThan(10_000);
  });
});

describe('a real run', () => {
  const request = { target: 'fixtures/targets/flawed/gives-up.ts', reporter: ['sarif'] };

  it('has the file where it is asked for, and only there', async () => {
    expect((await runDrill()).files).not.toHaveProperty('results.sarif');
    expect((await runDrill({ reporter: [] })).files).not.toHaveProperty('results.sarif');
    const { results } = sarifRun((await runDrill({ reporter: ['sarif'] })).files['results.sarif'] ?? '');
    expect(results).toEqual([]);
  });

  it('has its findings where its drill claims them, and is shown again as it was', async () => {
    const { files, report } = await runDrill(request);
    const text = files['results.sarif'] ?? '';
    const { results, tool } = sarifRun(text);
    const [drill] = report.drills;
    expect(results.length).toBeGreaterThan(0);
    for (const { ruleId, ruleIndex, locations, kind } of results) {
      expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      const { artifactLocation, region } = locations[0]?.physicalLocation ?? {};
      expect(artifactLocation?.uri).toBe('drills/timeout_primary.yaml');
      expect(region?.startLine).toBe(drill?.source?.expect[ruleId] ?? drill?.source?.line);
      expect(['fail', 'open']).toContain(kind);
    }
    const failed = drill?.tasks.flatMap((one) => one.checks.filter((cell) => cell.verdict === 'failed')) ?? [];
    expect(new Set(results.map((one) => one.ruleId))).toEqual(
      new Set(
        [...failed, ...(drill?.checks.filter((cell) => cell.verdict === 'failed') ?? [])].map((cell) => cell.check),
      ),
    );
    using project = new Project(files);
    const terminal = fakeTerminal({ cwd: project.cwd });
    await main(['node', 'drill', 'report', '.', '--as', 'sarif'], terminal);
    expect({ out: terminal.out(), err: terminal.err() }).toEqual({ out: text, err: '' });
  });
});
