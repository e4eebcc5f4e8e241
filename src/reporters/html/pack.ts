import { deflateRawSync } from 'node:zlib';
import { entryOf } from '../../core/once.ts';
import { type Column, decimal, type Packed, type Shape, type Template } from '../../page/unpack.ts';

/**
 * Values that are much alike, as few bytes: those of one shape differ in their numbers only, also in those that stand in their
 * texts, and the numbers of one place lie side by side. `unpack` is the way back.
 */
export function pack(values: readonly unknown[]): Packed {
  const texts = createTable<Template>();
  const shapes = createTable<Shape>();
  const rows: number[][][] = [];
  const of = values.map((value) => {
    const numbers: number[] = [];
    const index = shapes.indexOf(shapeOf(value, texts, numbers));
    rows[index] ??= [];
    rows[index].push(numbers);
    return index;
  });
  const columns = rows.map((some) => (some[0] ?? []).map((_, i) => columnOf(some.map((row) => row[i] ?? 0))));
  return { texts: texts.all, shapes: shapes.all, of, columns };
}

/** The same as text that may stand anywhere in a page. */
export const packed = (values: readonly unknown[]): string =>
  deflateRawSync(JSON.stringify(pack(values)), { level: 9 }).toString('base64');

function createTable<T>() {
  const all: T[] = [];
  const known = new Map<string, number>();
  return {
    all,
    indexOf: (value: T) => entryOf(known, JSON.stringify(value), () => all.push(value) - 1),
  };
}

function shapeOf(value: unknown, texts: ReturnType<typeof createTable<Template>>, numbers: number[]): Shape {
  if (typeof value === 'number') {
    numbers.push(value);
    return 'n';
  }
  if (typeof value === 'string') {
    const own: number[] = [];
    numbers.push(texts.indexOf(templateOf(value, own)), ...own);
    // Texts with as many numbers can stand in each other's place.
    return own.length === 0 ? 't' : `t${own.length}`;
  }
  if (Array.isArray(value)) return value.map((item) => shapeOf(item, texts, numbers));
  if (typeof value !== 'object' || value === null) return value === true || value === false ? value : null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item, texts, numbers)]));
}

/** Longer texts are hardly the same but for a number. */
const LONGEST = 400;
/** A number that stands by itself: no part of an id or a date. */
const NUMBER = /(?<![\w.:-])(\d{1,12})(?:\.(\d{1,6}))?(?![\w:-]|\.\d)/g;

function templateOf(text: string, numbers: number[]): Template {
  if (text.length > LONGEST) return text;
  const parts: (string | number)[] = [];
  let from = 0;
  for (const match of text.matchAll(NUMBER)) {
    const [shown, whole = '', rest = ''] = match;
    const units = Number(whole + rest);
    if (decimal(units, rest.length) !== shown) continue;
    parts.push(text.slice(from, match.index), rest.length);
    numbers.push(units);
    from = match.index + shown.length;
  }
  return parts.length === 0 ? text : [...parts, text.slice(from)];
}

function columnOf(numbers: number[]): Column {
  const [first = 0] = numbers;
  if (numbers.every((n) => n === first)) return first;
  const whole = numbers.every(Number.isSafeInteger);
  const steps = { d: numbers.map((n, i) => n - (numbers[i - 1] ?? 0)) };
  return whole && JSON.stringify(steps).length < JSON.stringify(numbers).length ? steps : numbers;
}
