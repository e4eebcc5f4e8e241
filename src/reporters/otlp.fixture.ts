import { createRequire } from 'node:module';
import { expect } from 'vitest';

const require = createRequire(import.meta.url);

export interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}
export interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: OtlpAttribute[];
  events: { timeUnixNano: string; name: string; attributes: OtlpAttribute[] }[];
  status?: { code: number; message?: string };
}

/** As the protocol's own definition generates it. */
interface MessageType {
  fromObject(value: unknown): object;
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  toObject(message: object, how: object): unknown;
}
const { opentelemetry } = require('@opentelemetry/otlp-transformer/build/src/generated/root.js');
const Request: MessageType = opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const BACK = { longs: String, bytes: String, enums: Number };

/**
 * The spans of a document that is OTLP/JSON: what the protocol's own messages make of it and give back is the document
 * itself, so nothing has another name, type or form; beyond that, what a message cannot say: ids and times.
 */
export function otlpSpans(text: string): { resource: OtlpAttribute[]; spans: OtlpSpan[] } {
  const document = JSON.parse(text);
  // Its bytes are base64 in the mapping of protobuf, and hex in that of OTLP.
  const [hex, base64] = ['hex', 'base64'] as const;
  const recode = (from: 'hex' | 'base64', to: 'hex' | 'base64') => (key: string, value: unknown) =>
    /^(trace|span|parentSpan)Id$/.test(key) && typeof value === 'string'
      ? Buffer.from(value, from).toString(to)
      : value;
  const message = Request.fromObject(JSON.parse(text, recode(hex, base64)));
  const back = Request.toObject(Request.decode(Request.encode(message).finish()), BACK);
  expect(JSON.parse(JSON.stringify(back), recode(base64, hex))).toEqual(withoutEmpty(document));
  const [{ resource, scopeSpans }, ...others] = document.resourceSpans;
  expect([others, scopeSpans.length]).toEqual([[], 1]);
  const spans: OtlpSpan[] = scopeSpans[0].spans;
  for (const span of spans) {
    expect(span.traceId).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
    expect(span.name).not.toBe('');
    for (const time of [span.startTimeUnixNano, span.endTimeUnixNano, ...span.events.map((e) => e.timeUnixNano)])
      expect(time).toMatch(/^\d{1,19}$/);
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    for (const { attributes } of [span, ...span.events])
      expect(new Set(attributes.map(({ key }) => key)).size).toBe(attributes.length);
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  return { resource: resource.attributes, spans };
}

/** A list that is empty need not be written. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const there = Object.entries(value).filter(([, one]) => !Array.isArray(one) || one.length > 0);
  return Object.fromEntries(there.map(([key, one]) => [key, withoutEmpty(one)]));
}
