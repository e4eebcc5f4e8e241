import { describe, expect, it } from 'vitest';
import type { RunReport } from './core/report.ts';
import type { FailureMode } from './core/taxonomy.ts';
import { cellsOf, runDrill } from './drill-run.fixture.ts';

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
/** The SDK's timeout ends with the head; what ends it is Node's own, after five minutes. */
const STALLED = {
  'ends-inside-deadline': 'outcome after 304.3 s, 12.0 s allowed',
  'fails-over': 'backup reached after 303.0 s, 8.0 s allowed (1 attempt on primary)',
};
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
  { fault: 'overloaded@primary,status=529', mode: 'overloaded', sdkAgent: RETRIED_TWICE },
  { fault: 'odd-success@primary,how=no-content', mode: 'malformed_response', sdkAgent: {} },
  { fault: 'odd-success@primary,how=error-object', mode: 'server_error', sdkAgent: {} },
  { fault: 'odd-success@primary,how=too-long', mode: 'network', sdkAgent: {} },
  { fault: 'stall@primary', mode: 'timeout', sdkAgent: STALLED },
];

/** The first finding of each check that found something. */
function findings(report: RunReport): Record<string, string> {
  const cells = cellsOf(report);
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

const STREAMS = 'fixtures/strangers/correct/review-with-draft.ts';
const UNREAD = { closed: 'truncated', reset: 'network' };

describe('a stream that breaks is left for the next model, and told truly', () => {
  it.each([
    ['how=cut', `closed 200 ${UNREAD.closed}`],
    ['how=cut,by=reset', `reset 200 ${UNREAD.reset}`],
    ['how=cut-after-end,by=closed', 'closed 200 network'],
    ['how=error,after_pieces=0', 'complete 200 overloaded'],
    ['how=error,error=rate_limit', 'complete 200 rate_limit'],
    ['how=malformed-event', 'complete 200 malformed_response'],
    ['how=comments', 'call-abort'],
  ])('broken-stream@primary,%s', async (params, how) => {
    const { code, report, trace } = await runDrill({ target: STREAMS, fault: [`broken-stream@primary,${params}`] });
    expect([findings(report), code]).toEqual([{}, 0]);
    expect(outageOf(report).map((t) => t.failover?.to)).toEqual(Array(10).fill('backup'));
    const hit = new Set(trace.flatMap((e) => (e.kind === 'fault-fired' ? [e.call] : [])));
    const ends = trace.flatMap((e) =>
      (e.kind === 'call-end' || e.kind === 'call-abort') && hit.has(e.call)
        ? [e.kind === 'call-end' ? `${e.how} ${e.status} ${e.failure_mode}` : e.kind]
        : [],
    );
    expect(ends).toContain(how);
  });
});

describe('a reply that is whole and odd needs nobody else, and nothing is found', () => {
  const ALL = ['reference', 'fixtures/targets/good.ts', 'fixtures/targets/good-orders.ts'];
  it.each([
    ...['bytes', 'comments', 'empty-events', 'double-end'].map((how) => [STREAMS, `odd-stream@primary,how=${how}`]),
    ...['no-terminator', 'cut-after-end'].map((how) => [STREAMS, `broken-stream@primary,how=${how}`]),
    ...['think-tag', 'preamble', 'code-fence'].map((how, i) => [ALL[i] ?? '', `wrapped-answer@primary,in=${how}`]),
    ...ALL.map((target) => [target, 'odd-success@primary,how=no-usage']),
  ])('%s under %s', async (target, fault) => {
    const { report } = await runDrill({ target, fault: [fault ?? ''] });
    expect(findings(report)).toEqual({});
    expect(outageOf(report).map((t) => [t.outcome.kind, t.failover])).toEqual(Array(10).fill(['answered', null]));
  });

  it.each(['code-fence', 'think-tag'])('who hands the wrapping out is found: %s', async (wrapping) => {
    const fault = [`wrapped-answer@primary,in=${wrapping}`];
    const { report } = await runDrill({ target: 'fixtures/targets/minimal.ts', fault });
    expect(findings(report)).toMatchObject({
      'arrives-whole': `the answer is handed out inside a ${wrapping.replace('-', ' ')}`,
    });
  });

  it('a whole answer that is called cut may be kept as well as thrown away', async () => {
    for (const target of ['fixtures/targets/minimal.ts', 'reference', SDK_AGENT]) {
      const { report } = await runDrill({ target, fault: ['ends-otherwise@primary,share=1,reason=length'] });
      expect(findings(report)).toEqual({});
    }
  });
});

it('what the primary counted before its reply was garbled is paid for', async () => {
  const costOf = async (fault: string) => outageOf((await runDrill({ fault: [fault] })).report).map((t) => t.cost_usd);
  const [garbled, reset] = [await costOf('malformed-json@primary'), await costOf('connection-reset@primary')];
  expect(garbled.every((usd, i) => (usd ?? Number.NaN) > (reset[i] ?? Number.NaN))).toBe(true);
});

it.each(['slow-answer@primary,delay_ms=0', 'malformed-json@primary,at_share=1'])(
  '%s breaks nothing, so nothing is proven',
  async (fault) => {
    const { code, report } = await runDrill({ fault: [fault] });
    expect(code).toBe(3);
    expect(report.drills[0]?.reasons[0]?.reason).toMatch(
      /^[a-z-]+ on primary never fired in phase \w+: .* or its parameters give it nothing to break/,
    );
  },
);

it('what breaks streams only is not applicable where a target streams nothing, which is no pass either', async () => {
  const target = 'fixtures/targets/openai-sdk-agent.ts';
  const { code, report } = await runDrill({ target, fault: ['connection-reset@primary,after_frames=1'] });
  const [drill] = report.drills;
  expect([code, report.verdict, drill?.verdict]).toEqual([3, 'inconclusive', 'not_applicable']);
  expect(drill?.reasons.map(({ reason }) => reason)).toEqual(['no call to primary was streamed']);
});

it('an edit of a whole reply is marked as buffered; what only fails is not', async () => {
  const fault = ['server-error@primary', 'citation-loss@backup'];
  const { trace } = await runDrill({ names: ['citation_quality_drop'], task: ['refund_policy_edge_case'], fault });
  const marks = trace.flatMap((e) => (e.kind === 'fault-fired' ? [`${e.fault} ${e.buffered}`] : []));
  expect(new Set(marks)).toEqual(new Set(['server-error undefined', 'citation-loss true']));
});
