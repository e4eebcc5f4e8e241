import { beforeAll, describe, expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { type Ran, runDrill } from '../drill-run.fixture.ts';
import { HOSTILE, namedDrill } from './formats.fixture.ts';
import { type OtlpAttribute, type OtlpSpan, otlpSpans } from './otlp.fixture.ts';
import { otlp } from './otlp.ts';
import { sampleEvents, sampleRun, written } from './sample-run.fixture.ts';

const said = (attributes: readonly OtlpAttribute[], name: string): unknown =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];
const is = (span: OtlpSpan, operation: string) => said(span.attributes, 'gen_ai.operation.name') === operation;
const eventsNamed = (name: string, spans: readonly OtlpSpan[]) =>
  spans.flatMap(({ events }) => events.filter((event) => event.name === name));

describe('a run with tools, faults and findings', () => {
  let run: Ran;
  let text = '';
  let spans: OtlpSpan[] = [];
  beforeAll(async () => {
    run = await runDrill({
      names: ['no_tool_support', 'tool_reply_lost'],
      target: 'fixtures/targets/flawed-orders/sends-a-cut-write-anew.ts',
      reporter: ['otlp'],
    });
    text = run.files['traces.otlp.json'] ?? '';
    ({ spans } = otlpSpans(text));
  });
  const traced = <K extends TraceEvent['kind']>(kind: K) => run.trace.filter((event) => event.kind === kind);

  test('has a span an ask, a model call, a use of a tool and a drill', () => {
    const count = (operation: string) => spans.filter((span) => is(span, operation)).length;
    expect(count('invoke_agent')).toBe(traced('ask').length);
    expect(count('chat')).toBe(traced('call').length);
    expect(count('execute_tool')).toBe(traced('tool-use').length);
    expect(spans.filter(({ name }) => name.startsWith('drill '))).toHaveLength(2);
    expect(traced('tool-use').length).toBeGreaterThan(10);
  });

  test('calls and uses lie within their ask, which is the root of its trace', () => {
    const roots = new Map(spans.filter((s) => s.parentSpanId === undefined).map((s) => [s.traceId, s]));
    const inner = spans.filter((span) => span.parentSpanId !== undefined);
    expect(inner.length).toBeGreaterThan(50);
    for (const span of inner) {
      const root = roots.get(span.traceId);
      expect(span.parentSpanId).toBe(root?.spanId);
      expect(BigInt(span.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(root?.startTimeUnixNano ?? 0));
    }
  });

  test('a call says which model was asked, how long after the epoch of the trace, and why it failed', () => {
    const [header] = traced('run-header');
    const epoch = header?.kind === 'run-header' ? header.epoch_ms : 0;
    const calls = run.trace.filter((event) => event.kind === 'call');
    const starts = spans.filter((span) => is(span, 'chat')).map((span) => span.startTimeUnixNano);
    expect(starts.toSorted()).toEqual(calls.map((call) => String(BigInt(epoch + call.at) * 1_000_000n)).toSorted());
    const failed = spans.find((span) => is(span, 'chat') && span.status?.code === 2);
    expect(failed).toMatchObject({ kind: 3, name: expect.stringMatching(/^chat \S+/) });
    expect(said(failed?.attributes ?? [], 'error.type')).toBe(failed?.status?.message);
    expect(said(failed?.attributes ?? [], 'gen_ai.provider.name')).toBe('openai');
    expect(said(failed?.attributes ?? [], 'gen_ai.usage.input_tokens')).toMatch(/^\d+$/);
  });

  test('faults are events of what they met, findings of the asks in which they were found', () => {
    expect(eventsNamed('drill.fault', spans)).toHaveLength(traced('fault-fired').length);
    const failed = run.report.drills.flatMap((drill) => [...drill.checks, ...drill.tasks.flatMap((t) => t.checks)]);
    const found = failed.filter(({ verdict }) => verdict === 'failed').map(({ check, reason }) => [check, reason]);
    expect(found.length).toBeGreaterThan(0);
    const told = eventsNamed('gen_ai.evaluation.result', spans).map(({ attributes }) => [
      said(attributes, 'gen_ai.evaluation.name'),
      said(attributes, 'gen_ai.evaluation.explanation'),
    ]);
    expect(told.toSorted()).toEqual(found.toSorted());
  });

  test('the check of the format finds what is not as it should be', () => {
    for (const [good, bad] of [
      ['"kind":1', '"kind":"internal"'],
      ['"startTimeUnixNano":"', '"startTimeUnixNanos":"'],
      ['"endTimeUnixNano":"', '"endTimeUnixNano":"-'],
      ['"intValue":"1"', '"intValue":"one"'],
      ['"traceId":"', '"traceId":"00'],
      ['{"boolValue":true}', '{"booleanValue":true}'],
    ] as const) {
      expect(text).toContain(good);
      expect(() => otlpSpans(text.replace(good, bad)), bad).toThrow();
    }
  });
});

const ask = { drill: 'two_wrongs', phase: 'outage', ask: 4, task: 'refund_policy_edge_case' };
const asked: TraceEvent = {
  ...{ ...ask, kind: 'ask', seq: 10, at: 5, tenant: 'a1', priority: 'high', deadline_ms: 9, expected_answer: '' },
};

test('what was begun and never ended is told as open, also of a drill that was never judged', () => {
  const text = written(otlp, (open) => {
    for (const event of [...sampleEvents.slice(0, 1), asked, { ...asked, drill: 'next', at: 7 }]) open.onEvent?.(event);
    return open.onEnd({ ...sampleRun, unfinished: ['two_wrongs', 'next'] });
  });
  const { spans, resource } = otlpSpans(text);
  expect(spans.map(({ attributes }) => [said(attributes, 'drill.name'), said(attributes, 'drill.open')])).toEqual([
    ['two_wrongs', true],
    ['next', true],
  ]);
  expect(said(resource, 'service.name')).toBe('reference');
});

test.each(HOSTILE)('$shown is a text of an attribute', ({ text: evil }) => {
  const document = written(otlp, (open) => {
    for (const event of [...sampleEvents.slice(0, 1), { ...asked, task: evil, tenant: evil }]) open.onEvent?.(event);
    open.onDrill?.(namedDrill(evil));
    return open.onEnd({ ...sampleRun, target: { ...sampleRun.target, name: evil } });
  });
  expect(document).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069](?!$)/u);
  expect(otlpSpans(document).spans).toHaveLength(2);
});
