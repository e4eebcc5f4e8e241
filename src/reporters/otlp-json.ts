import { createHash } from 'node:crypto';
import { GEN_AI } from './otel-names.ts';
import { plain } from './words.ts';

const ERROR = 2;

export interface Span {
  ask: number;
  /** What makes its id, within the ask; nothing for the ask's own. */
  part: string;
  name: string;
  kind: number;
  /** Milliseconds since the world of its phase began. */
  from: number;
  to?: number;
  /** Milliseconds since 1970: when that world began. */
  epoch: number;
  failed?: string;
  attributes: Values;
  events: { at: number; name: string; attributes: Values }[];
}

/** A number that is one of parts, also where it happens to be whole: an attribute has one type. */
export class Double {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export type Values = Record<string, string | number | boolean | Double | null | undefined>;

/** Ids of OTLP/JSON are hex, whole numbers of 64 bits are texts, enumerations are numbers. */
export function spanOf({ part, name, kind, from, to = from, epoch, failed, attributes, events }: Span, trace: string) {
  return {
    traceId: idOf(trace, 16),
    spanId: idOf(`${trace}/${part}`, 8),
    ...(part !== '' && { parentSpanId: idOf(`${trace}/`, 8) }),
    name: plain(name),
    kind,
    startTimeUnixNano: nanos(epoch + from),
    endTimeUnixNano: nanos(epoch + to),
    attributes: attributesOf(failed === undefined ? attributes : { ...attributes, [GEN_AI.error]: failed }),
    events: events.map((event) => ({
      timeUnixNano: nanos(epoch + event.at),
      name: event.name,
      attributes: attributesOf(event.attributes),
    })),
    ...(failed !== undefined && { status: { code: ERROR, message: plain(failed) } }),
  };
}

const idOf = (text: string, bytes: number): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * bytes);

const nanos = (ms: number): string => String(BigInt(Math.round(ms)) * 1_000_000n);

export function attributesOf(values: Values) {
  return Object.entries(values).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: typed(value) }],
  );
}

function typed(value: string | number | boolean | Double) {
  if (value instanceof Double) return { doubleValue: value.value };
  if (typeof value === 'number') return { intValue: String(value) };
  return typeof value === 'boolean' ? { boolValue: value } : { stringValue: plain(value) };
}
