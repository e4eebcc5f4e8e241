import { describe, expect, it } from 'vitest';
import type { RunReport } from './core/report.ts';
import type { FailureMode } from './core/taxonomy.ts';
import { runDrill } from './drill-run.fixture.ts';

const GOOD = ['reference', 'fixtures/targets/good.ts'];
const SDK_AGENT = 'fixtures/targets/openai-sdk-agent.ts';

interface Row {
  fault: string;
  /** As the wire shows it, and as the trace says the primary failed. */
  mode: FailureMode;
  /** What an agent on the official SDK with its defaults is found to do: the first reason of each check. */
  sdkAgent: Record<string, string>;
}

const RETRIED_TWICE = { 'retries-at-most': '3 attempts on primary (declared: at most 1 retry)' };
const rows: Row[] = [
  // The SDK waits ten minutes, so the user waits for the slow answer.
  {
    fault: 'slow-answer@primary',
    mode: 'timeout',
    sdkAgent: {
      'ends-inside-deadline': 'outcome after 32.1 s, 12.0 s allowed',
      'fails-over': 'backup never called (1 attempt on primary); the outcome is answered',
    },
  },
  { fault: 'overloaded@primary', mode: 'overloaded', sdkAgent: RETRIED_TWICE },
  // Before the head the SDK tries again; once a body has begun, it does not.
  { fault: 'connection-reset@primary', mode: 'network', sdkAgent: RETRIED_TWICE },
  { fault: 'connection-reset@primary,after_frames=0', mode: 'network', sdkAgent: {} },
  { fault: 'malformed-json@primary', mode: 'malformed_response', sdkAgent: {} },
  { fault: 'malformed-json@primary,at_share=0.99', mode: 'malformed_response', sdkAgent: {} },
];

/** The first finding of each check that found something. */
function findings(report: RunReport): Record<string, string> {
  const cells = report.drills.flatMap((d) => [...d.checks, ...d.tasks.flatMap((t) => t.checks)]);
  const failed = cells.filter((c) => c.verdict === 'failed').toReversed();
  return Object.fromEntries(failed.map((c) => [c.check, c.reason]));
}

const outageOf = (report: RunReport) => report.drills.flatMap((d) => d.tasks).filter((t) => t.phase === 'outage');

describe.each(rows)('$fault in timeout_primary', ({ fault, mode, sdkAgent }) => {
  it.each(GOOD)('%s stands it, and reports why it failed over', async (target) => {
    const { code, report } = await runDrill({ fault: [fault], target });
    expect(findings(report)).toEqual({});
    expect(code).toBe(0);
    expect(outageOf(report).map((t) => [t.failover?.to, t.failover?.reason])).toEqual(Array(10).fill(['backup', mode]));
  });

  it('an agent on the openai SDK is found out for what it does', async () => {
    const { code, report } = await runDrill({ fault: [fault], target: SDK_AGENT });
    expect(findings(report)).toEqual(sdkAgent);
    expect(code).toBe(Object.keys(sdkAgent).length === 0 ? 0 : 1);
  });
});

it('what the primary counted before its reply was garbled is paid for', async () => {
  const costOf = async (fault: string) => outageOf((await runDrill({ fault: [fault] })).report).map((t) => t.cost_usd);
  const [garbled, reset] = [await costOf('malformed-json@primary'), await costOf('connection-reset@primary')];
  expect(garbled.every((usd, i) => usd > (reset[i] ?? Number.NaN))).toBe(true);
});

it.each([
  'slow-answer@primary,delay_ms=0',
  'malformed-json@primary,at_share=1',
  'connection-reset@primary,after_frames=1',
])('%s breaks nothing, so nothing is proven', async (fault) => {
  const { code, report } = await runDrill({ fault: [fault] });
  expect(code).toBe(3);
  expect(report.drills[0]?.reasons[0]?.reason).toMatch(
    /^[a-z-]+ on primary never fired in phase \w+: .* or its parameters give it nothing to break/,
  );
});

it('an edit of a whole reply is marked as buffered; what only fails is not', async () => {
  const fault = ['server-error@primary', 'citation-loss@backup'];
  const { trace } = await runDrill({ names: ['citation_quality_drop'], task: ['refund_policy_edge_case'], fault });
  const marks = trace.flatMap((e) => (e.kind === 'fault-fired' ? [`${e.fault} ${e.buffered}`] : []));
  expect(new Set(marks)).toEqual(new Set(['server-error undefined', 'citation-loss true']));
});
