import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { callsOf, eventsOf } from './core/evidence.ts';
import { noticeText } from './core/outcome.ts';
import type { TaskReport } from './core/report.ts';
import { FailureMode } from './core/taxonomy.ts';
import type { TraceEvent } from './core/trace.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

interface Row {
  mode: FailureMode;
  workflow: string;
  task: string;
  /** As `--fault` takes it, without the role. */
  fault: string;
  /** How often the task is asked; the last ask is the one that is told of. */
  asks?: number;
  /** What the reference should do, in words, and what that looks like: each call as `role` or `role: mode`. */
  response: string;
  calls: string[];
  kind: string;
  /** How it ends where the reserve breaks in the same way; or why it does not. */
  both: string | { not: string };
}

const NOT_ASKED = { not: 'is not asked' };
const REFUND = { workflow: 'support-answer', task: 'refund_policy_edge_case' };
const RETRIED = (mode: FailureMode) => [`primary: ${mode}`, `primary: ${mode}`, 'backup'];
const SWITCHED = (mode: FailureMode) => [`primary: ${mode}`, 'backup'];

const rows: Row[] = [
  {
    ...REFUND,
    mode: 'timeout',
    fault: 'hang',
    response: 'one retry, then the other model',
    calls: RETRIED('timeout'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'rate_limit',
    fault: 'rate-limited,retry_after_ms=1000',
    response: 'waits as long as it was told to and a little more, then the other provider',
    calls: RETRIED('rate_limit'),
    kind: 'answered',
    both: 'queued',
  },
  {
    mode: 'schema_error',
    workflow: 'action-plan',
    task: 'credit_price_difference',
    fault: 'schema-drift,how=rename,repairable=false',
    response: 'one repair on the same evidence, then the other model, which follows the same schema',
    calls: ['primary', 'primary', 'backup'],
    kind: 'answered',
    both: 'needs_review',
  },
  {
    ...REFUND,
    mode: 'safety_block',
    fault: 'refusal',
    response: 'declines and says so; nobody else is asked',
    calls: ['primary: safety_block'],
    kind: 'declined',
    both: NOT_ASKED,
  },
  {
    mode: 'tool_mismatch',
    workflow: 'order-agent',
    task: 'refund_cracked_base',
    fault: 'tools-unsupported',
    response: 'the reserve only plans: what it would do is data for a person',
    calls: ['primary: tool_mismatch', 'backup', 'verifier'],
    kind: 'action_disabled',
    both: { not: 'is offered no tools' },
  },
  {
    ...REFUND,
    mode: 'quality_regression',
    fault: 'citation-loss',
    response: 'the gate holds the answer back; the other model is asked, and after it a person',
    calls: ['primary', 'backup'],
    kind: 'answered',
    both: 'needs_review',
  },
  {
    ...REFUND,
    mode: 'cost_spike',
    fault: 'cost-spike,factor=58.4',
    asks: 12,
    response: 'once the tenant has spent its share, the task waits; no smaller model is in the chain',
    calls: [],
    kind: 'queued',
    both: NOT_ASKED,
  },
  {
    ...REFUND,
    mode: 'regional_access',
    fault: 'regional-block',
    response: 'the next approved provider: the chain holds no other',
    calls: SWITCHED('regional_access'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'auth',
    fault: 'auth-failed',
    response: 'no retry, then the other provider',
    calls: SWITCHED('auth'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'quota_exhausted',
    fault: 'quota-exhausted',
    response: 'no retry, then the other provider',
    calls: SWITCHED('quota_exhausted'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'overloaded',
    fault: 'overloaded',
    response: 'one retry after a pause, then the other model',
    calls: RETRIED('overloaded'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'server_error',
    fault: 'server-error',
    response: 'one retry after a pause, then the other model',
    calls: RETRIED('server_error'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'network',
    fault: 'connection-reset',
    response: 'one retry after a pause, then the other model',
    calls: RETRIED('network'),
    kind: 'answered',
    both: 'queued',
  },
  {
    workflow: 'support-answer',
    task: 'subscription_cancel_before_renewal',
    mode: 'context_overflow',
    fault: 'context-overflow,max_input_tokens=640',
    response: 'the same model with less context: what was said before goes, policy and evidence stay',
    calls: ['primary: context_overflow', 'primary'],
    kind: 'answered',
    both: NOT_ASKED,
  },
  {
    ...REFUND,
    mode: 'model_not_found',
    fault: 'model-not-found',
    response: 'no retry, then the other model',
    calls: SWITCHED('model_not_found'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'truncated',
    fault: 'truncated-answer',
    response: 'half an answer reaches nobody: one retry, then the other model',
    calls: RETRIED('truncated'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'malformed_response',
    fault: 'malformed-json',
    response: 'one retry after a pause, then the other model',
    calls: RETRIED('malformed_response'),
    kind: 'answered',
    both: 'queued',
  },
  {
    ...REFUND,
    mode: 'unknown',
    fault: 'bad-request',
    response: 'one retry after a pause, then the other model',
    calls: RETRIED('unknown'),
    kind: 'answered',
    both: 'queued',
  },
];

/** Another reserve beside one that is dearer and smaller: soon, cheap, roomy, and promised to stay in the region. */
const TWO_RESERVES = `roles:
  primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini, region: us }
  backup: { provider: anthropic, protocol: anthropic-messages, base_url: https://api.anthropic.com, model: claude-haiku-4-5, context_tokens: 16000 }
  backup-2: { provider: mistral, protocol: openai-chat, base_url: https://api.mistral.ai/v1, model: mistral-small-latest, region: us, latency: low }
`;

type Choice = Pick<Row, 'mode' | 'workflow' | 'task' | 'fault' | 'asks' | 'response' | 'calls'>;

const choices: Choice[] = [
  {
    workflow: 'support-answer',
    task: 'gift_card_expired',
    mode: 'timeout',
    fault: 'hang',
    response: 'the one that usually answers sooner',
    calls: ['primary: timeout', 'primary: timeout', 'backup-2'],
  },
  {
    ...REFUND,
    mode: 'cost_spike',
    fault: 'cost-spike,factor=56.75',
    asks: 11,
    response: 'the smaller one, as long as the tenant’s share pays for it',
    calls: ['backup-2'],
  },
  {
    ...REFUND,
    mode: 'context_overflow',
    fault: 'context-overflow',
    response: 'the one with the larger context, where there is nothing to leave out',
    calls: ['primary: context_overflow', 'backup-2'],
  },
  {
    workflow: 'action-plan',
    task: 'credit_late_express',
    mode: 'regional_access',
    fault: 'regional-block',
    response: 'the one that is approved for the tenant’s region',
    calls: ['primary: regional_access', 'backup-2'],
  },
  {
    ...REFUND,
    mode: 'server_error',
    fault: 'server-error',
    response: 'the next of the chain, where neither suits better',
    calls: ['primary: server_error', 'primary: server_error', 'backup'],
  },
];

const drillOf = (workflow: string, tasks: number) => `drill: one_fault
title: One thing breaks
hypothesis: The task still ends well, or says why it does not.
workflow: ${workflow}
phases: [{ name: broken, tasks: ${tasks}, faults: [{ fault: hang, role: primary }] }]
expect: { ends-inside-deadline: {} }
`;

interface Seen {
  row: Row;
  /** What checks found, in any of its asks. */
  findings: string[];
  last: TaskReport;
  events: TraceEvent[];
  both: Row['both'];
}

async function run(
  { workflow, task, fault, asks = 1 }: Choice,
  roles: readonly string[],
  files: Record<string, string> = {},
) {
  using project = new Project({ ...files, 'drills/one_fault.yaml': drillOf(workflow, asks) });
  const { report, trace } = await runDrill({
    cwd: project.cwd,
    names: ['one_fault'],
    task: [task],
    fault: roles.map((role) => fault.replace(/^[\w-]+/, `$&@${role}`)),
  });
  const last = report.drills.flatMap((d) => d.tasks).at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const findings = cells.filter((c) => c.verdict === 'failed').map((c) => `${c.check}: ${c.reason}`);
  return { findings, last, events: trace.filter((e) => 'ask' in e && e.ask === last.ask) };
}

const wordOf = ({ role, failure_mode }: TaskReport['calls'][number]) =>
  failure_mode === null ? role : `${role}: ${failure_mode}`;
const recordOf = (events: readonly TraceEvent[]) => eventsOf(events, 'log')[0]?.records[0];

function limitedIn({ outcome }: TaskReport): string {
  const notice = outcome.kind === 'hung' ? undefined : outcome.notice;
  return typeof notice === 'object' && notice !== null ? notice.limited : noticeText(notice);
}

function lineOf({ row, last, events, both }: Seen): string {
  const calls = last.calls.map((call) => `${wordOf(call)}, ${call.at_ms} ms`);
  const logged = recordOf(events)?.failure_mode ?? 'nothing';
  const cells = [
    `\`${row.mode}\``,
    `\`${row.fault}\`${row.asks === undefined ? '' : `, ${row.asks} asks`}`,
    `\`${row.workflow}\` \`${row.task}\``,
    row.response,
    calls.length === 0 ? 'none' : calls.join('<br>'),
    `\`${last.outcome.kind}\``,
    `\`${logged}\``,
    limitedIn(last) || 'nothing',
    typeof both === 'string' ? `\`${both}\`` : both.not,
  ];
  return `| ${cells.join(' | ')} |`;
}

function choiceLine({ mode, workflow, task, fault, asks, response, calls }: Choice): string {
  const often = asks === undefined ? '' : `, ${asks} asks`;
  return `| \`${mode}\` | \`${fault}\`${often} | \`${workflow}\` \`${task}\` | ${response} | ${calls.join('<br>')} |`;
}

const page = (all: readonly Seen[]) => `# What the reference does about each failure mode

Written by \`src/failure-modes.test.ts\` from a run of each line; the test fails where the page is stale
(\`UPDATE=1 npx vitest run src/failure-modes.test.ts\`). Times count from the ask. The log is what the reference logs of
the model that it left; the last column is the outcome where the reserve breaks in the same way.

| failure mode | broken by, on the primary | golden task | response | calls | outcome | log | user is told | reserve too |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${all.map(lineOf).join('\n')}

With a second reserve the next role is the one that suits what went wrong, and the chain's order decides only between
equals. The roles are those of this configuration, as \`drill.config.yaml\`:

\`\`\`yaml
${TWO_RESERVES}\`\`\`

| failure mode | broken by, on the primary | golden task | chosen | calls |
| --- | --- | --- | --- | --- |
${choices.map(choiceLine).join('\n')}

To see one line again, put this into \`drills/one_fault.yaml\`, with the workflow of the line:

\`\`\`yaml
${drillOf('support-answer', 1)}\`\`\`

\`\`\`sh
npx drill run one_fault --task refund_policy_edge_case --fault hang@primary --seed 7
\`\`\`

Every line passes all checks that its workflow and golden task bring along. Three modes are read off the log, because no
wire shows them: a reply that has lost its evidence (\`quality_regression\`), does not follow the schema (\`schema_error\`)
or costs too much (\`cost_spike\`) went well as a call. What a call costs is known when it is over: one that costs more than
its worst price can still take a tenant over its budget, and the check \`stays-in-tenant-budget\` says so.
`;

describe('what the reference does about each failure mode', () => {
  const all: Seen[] = [];
  beforeAll(async () => {
    for (const row of rows) {
      const { findings, last, events } = await run(row, ['primary']);
      const both = typeof row.both === 'string' ? (await run(row, ['primary', 'backup'])).last.outcome.kind : row.both;
      all.push({ row, findings, last, events, both });
    }
  });
  const seen = (mode: FailureMode): Seen => {
    const found = all.find(({ row }) => row.mode === mode);
    if (found === undefined) throw new Error(`no line for ${mode}`);
    return found;
  };

  it('has a line for every mode of the taxonomy', () => {
    expect(rows.map((row) => row.mode)).toEqual(FailureMode.options);
  });

  it.each(rows)('$mode: $response', ({ mode, calls, kind, both }) => {
    const { findings, last, events, both: second } = seen(mode);
    expect(last.calls.map(wordOf)).toEqual(calls);
    expect([last.outcome.kind, second]).toEqual([kind, both]);
    expect(recordOf(events)?.failure_mode).toBe(mode);
    expect(limitedIn(last)).toMatch(mode === 'context_overflow' ? /^$/ : /\w/);
    // Whatever checks the task and its contract bring along: budgets, evidence, notices, the log.
    expect(findings).toEqual([]);
  });

  it.each(choices)('$mode, with two reserves: $response', async (choice) => {
    const { findings, last } = await run(choice, ['primary'], { 'drill.config.yaml': TWO_RESERVES });
    expect(last.calls.map(wordOf)).toEqual(choice.calls);
    expect(last.outcome.kind).toBe('answered');
    expect(findings).toEqual([]);
  });

  it('a rate limit is waited for, and a little longer; what it costs stays inside the task’s budget', () => {
    const { last } = seen('rate_limit');
    const [first, second] = last.calls;
    expect((second?.at_ms ?? 0) - (first?.at_ms ?? 0) - (first?.ms ?? 0)).toBeGreaterThan(1000);
    expect(last.cost_usd).toBeLessThanOrEqual(0.04);
  });

  it('a repair holds the same sources as the call that it repairs', () => {
    const [first, repair] = callsOf(seen('schema_error').events);
    expect(first?.call.held.sources.length).toBeGreaterThan(0);
    expect(repair?.call.held.sources).toEqual(first?.call.held.sources);
    expect(repair?.call.digests.messages.slice(0, 2)).toEqual(first?.call.digests.messages);
  });

  it('a shorter context has lost what was said before, and neither policy nor evidence', () => {
    const [long, short] = callsOf(seen('context_overflow').events);
    expect(short?.call.input_tokens).toBeLessThan(long?.call.input_tokens ?? 0);
    expect(short?.call.digests.messages).toEqual(long?.call.digests.messages.toSpliced(1, 2));
    expect([long?.call.talk, short?.call.talk]).toEqual(['whole', 'lost']);
    expect(short?.call.held).toEqual(long?.call.held);
  });

  it('a tool call written as prose reaches nobody, whoever wrote it', async () => {
    const row = { mode: 'tool_mismatch', workflow: 'order-agent', task: 'delivery_day_question' } as const;
    const written = { ...row, fault: 'tools-as-prose', response: '', calls: [], kind: '', both: NOT_ASKED };
    const { last } = await run(written, ['primary', 'backup']);
    expect(last.outcome).toMatchObject({ kind: 'needs_review' });
    expect(last.outcome).not.toHaveProperty('answer');
  });

  it('docs/failure-modes.md is what was seen', () => {
    const path = join(root, 'docs', 'failure-modes.md');
    if (process.env['UPDATE'] === '1') {
      mkdirSync(join(root, 'docs'), { recursive: true });
      writeFileSync(path, page(all));
    }
    const fresh = readFileSync(path, 'utf8') === page(all);
    expect(fresh, 'stale: run UPDATE=1 npx vitest run src/failure-modes.test.ts').toBe(true);
  });
});
