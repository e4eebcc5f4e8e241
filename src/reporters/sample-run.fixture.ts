import type { z } from 'zod';
import type { Look, OpenReporter, Reporter } from '../core/plugin.ts';
import type { CallReport, CellReport, DrillReport, RunReport, TaskReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';

/** A small run with everything a reporter must show, for the tests of this folder. */
const NOTICE = 'I can still help, but live actions are temporarily limited. You can try again in a few minutes.';

type Call = z.infer<typeof CallReport>;

export const call = (role: string, change: Partial<Call> = {}): Call => ({
  role,
  provider: role === 'primary' ? 'openai' : 'anthropic',
  model: role === 'primary' ? 'gpt-5-mini' : 'claude-haiku-4-5',
  turn: 1,
  at_ms: 0,
  ms: 900,
  status: 200,
  failure_mode: null,
  fault: null,
  tokens: { input: 300, output: 80 },
  ...change,
});

const hung = call('primary', { ms: 2000, status: null, failure_mode: 'timeout', fault: 'hang' });

const cell = (check: string, verdict: CellReport['verdict'], reason: string, evidence: number[] = []): CellReport => ({
  check,
  severity: 'critical',
  verdict,
  reason,
  evidence,
});

export const task = (name: string, ask: number, phase: string, change: Partial<TaskReport>): TaskReport => ({
  task: name,
  ask,
  phase,
  tenant: 'a1b2c3',
  priority: 'normal',
  baseline: { verdict: 'passed', reason: 'all checks passed', latency_ms: 900, cost_usd: 0.0031 },
  verdict: 'passed',
  score: 100,
  spared: false,
  outcome: { kind: 'answered', answer: 'Yes.', citations: ['policy_refunds_v3'], degraded: false, notice: null },
  latency_ms: 900,
  deadline_ms: 12_000,
  cost_usd: 0.0031,
  retries: 0,
  failover: null,
  calls: [call('primary')],
  effects: [],
  checks: [cell('fails-over', 'not_applicable', 'nothing failed')],
  ...change,
  served_by:
    (change.calls ?? [call('primary')]).findLast((c) => c.failure_mode === null && c.ms !== null)?.role ?? null,
});

const degraded: TaskReport['outcome'] = { kind: 'answered', answer: 'Yes.', degraded: true, notice: NOTICE };

export const passedDrill: DrillReport = {
  name: 'timeout_primary',
  title: 'The primary provider never answers',
  hypothesis: 'Every task still ends inside its deadline.',
  verdict: 'passed',
  score: 100,
  words: { notices_judged: 6, unread: [] },
  reasons: [],
  notes: [],
  definition: { drill: 'timeout_primary' },
  source: { file: 'drills/timeout_primary.yaml', line: 2, expect: { 'fails-over': 31 } },
  reproduce: 'drill run timeout_primary --target reference --seed 7',
  faults: [
    { fault: 'hang', role: 'primary', phase: 'outage', fired: 1, spared: 0 },
    { fault: 'hang', role: 'primary', phase: 'still_out', fired: 0, spared: 1 },
  ],
  paths: null,
  checks: [cell('spares-the-dead', 'passed', 'no call reached the primary between 4.0 s and 9.0 s', [20, 24])],
  tasks: [
    task('refund_policy_edge_case', 4, 'outage', {
      outcome: degraded,
      latency_ms: 2900,
      cost_usd: 0.0041,
      retries: 1,
      failover: { from: 'primary', to: 'backup', reason: 'timeout', at_ms: 2000 },
      calls: [hung, call('backup', { at_ms: 2000 })],
      checks: [cell('fails-over', 'passed', 'backup answered after 2.9 s', [12, 14])],
    }),
    task('late_delivery', 5, 'still_out', {
      spared: true,
      failover: { from: 'primary', to: 'backup', reason: null, at_ms: 0 },
      outcome: degraded,
      calls: [call('backup')],
    }),
    task('gift_card_balance', 6, 'healed', {}),
  ],
};

export const failedDrill: DrillReport = {
  ...passedDrill,
  name: 'two_wrongs',
  verdict: 'failed',
  score: 41.7,
  reproduce: 'drill run two_wrongs --target ./agent.ts --seed 7',
  reasons: [{ reason: 'the fault hang on backup never fired', fix: 'let the drill reach the backup' }],
  advice: { 'fails-over': 'Call the backup.' },
  paths: null,
  checks: [],
  tasks: [
    task('refund_policy_edge_case', 4, 'outage', {
      verdict: 'failed',
      score: 0,
      outcome: { kind: 'hung', waiting_for: 'a reply of primary' },
      latency_ms: null,
      calls: [call('primary', { ms: null, status: null, fault: 'hang' })],
      checks: [
        cell(
          'fails-over',
          'failed',
          'the backup was never called; the primary failed (timeout) at 2.0 s',
          [12, 14, 99],
        ),
      ],
    }),
    task('late_delivery', 5, 'outage', {
      verdict: 'failed',
      score: 25,
      outcome: { kind: 'failed', answer: 'Something went wrong. <b>|\u001b[31m' },
      latency_ms: 4100,
      retries: 2,
      calls: [hung, call('backup', { status: 500, failure_mode: 'server_error' })],
      checks: [cell('fails-over', 'failed', 'nobody answered: "a < b & c" | \u001b[31mred\u0000', [30])],
    }),
    task('gift_card_balance', 6, 'healed', {
      verdict: 'inconclusive',
      baseline: { verdict: 'failed', reason: 'cites-sources: no citation', latency_ms: 900, cost_usd: 0.003 },
    }),
  ],
};

const { drills: _, ...rest }: RunReport = {
  schema: 'drill.run/2',
  status: 'completed',
  stopped_by: null,
  verdict: 'failed',
  score: 70.8,
  seed: 7,
  time: 'virtual',
  mode: 'mock',
  target: {
    name: 'reference',
    kind: 'module',
    declares: { features: ['fallback', 'deadline'], chain: ['primary', 'backup'] },
  },
  reproduce: 'drill run timeout_primary two_wrongs --target reference --seed 7',
  notices_judged: 6,
  unread: 0,
  unfinished: [],
  drills: [],
  about: {
    id: 'r-1',
    started_at: '2026-01-02T03:04:05.000Z',
    wall_ms: 210,
    versions: { drill: '0.1.0' },
    git: null,
    definition_hash: 'abc',
  },
};
export const sampleRun: Omit<RunReport, 'drills'> = rest;

const at = { drill: 'two_wrongs', phase: 'outage', ask: 4, task: 'refund_policy_edge_case' };

export const sampleEvents: TraceEvent[] = [
  {
    kind: 'run-header',
    seq: 0,
    at: 0,
    schema: 'drill.trace/1',
    seed: 7,
    time: 'virtual',
    mode: 'mock',
    epoch_ms: 0,
    target: sampleRun.target,
    roles: {},
  },
  {
    ...at,
    kind: 'fault-fired',
    effect: 'fails',
    seq: 12,
    at: 0,
    call: 'c1',
    fault: 'hang',
    role: 'primary',
    detail: 'never answers',
  },
  {
    ...at,
    kind: 'call-abort',
    seq: 14,
    at: 2000,
    call: 'c1',
    tokens: { input: 300, output: 0 },
    cost_usd: 0,
  },
];

/** The target failed in the baseline, and a provider would not take what it sent to the backup. */
export const openDrill: DrillReport = {
  ...passedDrill,
  verdict: 'inconclusive',
  score: null,
  notes: ['the target calls backup first, so its chain is taken to be backup, primary; to say so:  chain: [backup]'],
  reasons: [{ reason: 'the baseline of late_delivery failed', fix: 'Make it pass. Paste  backup-2: { model: m }' }],
  tasks: [
    task('late_delivery', 5, 'outage', {
      ...{ verdict: 'inconclusive', score: null, outcome: { kind: 'failed', error: 'Error: no key' } },
      failover: { from: 'primary', to: 'backup', reason: 'timeout', at_ms: 2000 },
      calls: [
        hung,
        call('backup', { status: 400, failure_mode: 'unknown', refused: 'model: not_a_model' }),
        call('backup', { status: 400, failure_mode: 'unknown', refused: 'model: not_a_model' }),
        call('backup', { status: 400, failure_mode: 'unknown', refused: 'tools: Too small' }),
      ],
    }),
  ],
};

/** What a reporter writes while `use` tells it of a run. */
export function written(
  reporter: Reporter,
  use: (open: OpenReporter) => string | undefined,
  look: Look = { color: false, columns: 100, folder: 'reports/r-1' },
): string {
  const pieces: string[] = [];
  const head = use(reporter.open({ write: (piece) => void pieces.push(piece) }, look));
  return (head ?? '') + pieces.join('');
}

/** Tells a reporter of some drills and the end of the sample run. */
export const tell =
  (...drills: DrillReport[]) =>
  (open: OpenReporter): string | undefined => {
    for (const event of sampleEvents) open.onEvent?.(event);
    for (const drill of drills) open.onDrill?.(drill);
    return open.onEnd(sampleRun);
  };
