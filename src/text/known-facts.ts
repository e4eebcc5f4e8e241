import { once } from '../core/once.ts';
import { type Claim, type ClaimKind, CURRENCY, CURRENCY_NAME, claimsIn, currencyOf, dayNumber } from './claims.ts';
import { formatRfc3339 } from './http-date.ts';
import { normalise } from './patterns.ts';
import { unique } from './words.ts';

/** What an answer may rest on: texts, and values that a tool returned. */
export interface Known {
  text: string;
  claims: Claim[];
  /** Numbers whose unit is told elsewhere: those of a record, and in a table those with two decimals. */
  numbers: number[];
  /** Those of them that no currency stands beside: they may be amounts of any. */
  bare: number[];
}

const DAY_MS = 86_400_000;
const DAY_S = 86_400;
const DECIMAL = new RegExp(`(?<![\\w.,])(?<!${CURRENCY} ?)\\d+[.,]\\d{2}(?![\\w.,])(?! ?${CURRENCY})`, 'gi');

export function knownFrom(texts: string[], values: unknown[]): Known {
  const text = normalise([...texts, ...values.map((v) => JSON.stringify(v) ?? '')].join(' \n '));
  const decimals = [...normalise(texts.join(' \n ')).matchAll(DECIMAL)].map(([n]) => Number(n.replace(',', '.')));
  const found = values.flatMap((value) => {
    // What a tool was called with tells the currency of what it returned.
    const named = unique(currenciesIn(value));
    return numbersIn(value, '', named.length === 1 ? named[0] : undefined);
  });
  const sums = found.flatMap(({ value, currency }): Claim[] =>
    currency === undefined ? [] : [{ kind: 'amount', text: `${value} ${currency}`, currency, value: Math.abs(value) }],
  );
  const without = found.filter(({ currency }) => currency === undefined);
  return {
    text,
    claims: [...claimsIn(text), ...sums],
    numbers: [...decimals, ...found.map(({ value }) => value)],
    bare: [...decimals, ...without.map(({ value }) => value)],
  };
}

interface Figure {
  value: number;
  /** Of its name or the field beside it, or beside what it stands in: `{ amount: 42, currency: 'EUR' }`, `{ total_eur: 42 }`. */
  currency: string | undefined;
}

const CURRENCY_FIELD = /^currency(?:_?code)?$/i;

function currenciesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    CURRENCY_FIELD.test(key) && typeof inner === 'string' ? (currencyOf(inner) ?? []) : currenciesIn(inner),
  );
}

function numbersIn(value: unknown, name = '', currency?: string): Figure[] {
  if (typeof value === 'number') {
    const named = CURRENCY_NAME.exec(name)?.[1];
    const own = named === undefined ? currency : currencyOf(named);
    return [value, ...(/cents|minor/.test(name) ? [value / 100] : [])].map((one) => ({ value: one, currency: own }));
  }
  if (typeof value !== 'object' || value === null) return [];
  const entries = Object.entries(value);
  const beside = entries.find(([key, said]) => CURRENCY_FIELD.test(key) && typeof said === 'string');
  const own = beside === undefined ? currency : (currencyOf(String(beside[1])) ?? currency);
  return entries.flatMap(([key, inner]) => numbersIn(inner, key, own));
}

/** Whether it stands there, in whatever spelling. */
export const says = (known: Known, claim: Claim): boolean => saidBy(known)(claim);

/** The same claims are made again and again. */
const saidBy = once((known: Known) => once((claim: Claim) => stands(known, claim)));

function stands({ text, claims, numbers, bare: sums }: Known, claim: Claim): boolean {
  const same = <K extends ClaimKind>(kind: K, test: (c: ClaimOf<K>) => boolean) => only(claims, kind).some(test);
  const holds = (some: readonly number[], value: number) => some.some((n) => near(Math.abs(n), value));
  const bare = (value: number) => holds(numbers, value);
  switch (claim.kind) {
    case 'amount':
      return (
        holds(sums, claim.value) || same('amount', (c) => c.currency === claim.currency && near(c.value, claim.value))
      );
    case 'date':
      // A year that stands nowhere was not only left out.
      return same('date', (c) =>
        c.names.some((name) =>
          claim.names.some((mine) => sameDate(name, mine) && text.includes(mine.split('-')[0] ?? '')),
        ),
      );
    case 'duration':
      // Working days may be called days for short, not the other way round.
      return (
        bare(claim.said) ||
        same('duration', (c) => near(c.value, claim.unit === c.unit ? claim.value : asWork(claim, c)))
      );
    case 'percentage':
      return bare(claim.value) || same('percentage', (c) => near(c.value, claim.value));
    case 'day':
      return same('day', (c) => c.value === claim.value);
    case 'id':
      return holdsId(text, claim.value);
  }
}

const asWork = (claim: Span, known: Span) =>
  claim.unit === 'seconds' && known.unit === 'working days' ? claim.value / DAY_S : Number.NaN;
const near = (a: number, b: number) => Math.abs(a - b) < 0.005;

/** Parts that one of the two leaves out do not tell them apart. */
function sameDate(a: string, b: string): boolean {
  const [mine, other] = [a.split('-'), b.split('-')];
  return mine.every((part, i) => part === '' || other[i] === '' || part === other[i]);
}

/** `LH-20533` stands in `order_lh_20533`; a bare number stands where no other digit touches it. */
function holdsId(text: string, id: string): boolean {
  const squash = (s: string) => s.toLowerCase().replace(/[-_]/g, '');
  const [hay, needle] = [squash(text), squash(id)];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
    const around = [hay[at - 1] ?? '', hay[at + needle.length] ?? ''];
    if (around.every((c) => !/\d/.test(c))) return true;
  }
  return false;
}

/** Whether it may follow from what stands there by counting: right or wrong, that takes a reader. */
export function mayFollow({ claims }: Known, claim: Claim): boolean {
  switch (claim.kind) {
    case 'amount': {
      const values = only(claims, 'amount').flatMap((a) => (a.currency === claim.currency ? [a.value] : []));
      const shares = only(claims, 'percentage').flatMap((p) => [p.value / 100, 1 - p.value / 100]);
      const factors = [...shares, ...Array.from({ length: 11 }, (_, i) => i + 2)];
      return values.some(
        (a) =>
          values.some((b) => near(a + b, claim.value) || near(a - b, claim.value)) ||
          factors.some((f) => near(a * f, claim.value)),
      );
    }
    case 'date':
      return claim.names.some((mine) =>
        claim.partial
          ? [...counted(claims).dates].some((name) => sameDate(name, mine))
          : counted(claims).dates.has(mine),
      );
    case 'duration':
      return counted(claims).spans.has(`${claim.value} ${claim.unit}`);
    case 'percentage':
      return only(claims, 'percentage').some((p) => near(100 - p.value, claim.value));
    case 'day':
      return true;
    case 'id':
      // So short a one may be a name: COVID-19.
      return claim.value.replace(/\D/g, '').length < 3 && !claim.value.includes('_');
  }
}

/** What follows by counting days: dates a known span before or after a known date, spans between known dates or spans. */
const counted = once((claims: Claim[]) => {
  const days = unique(only(claims, 'date').flatMap((d) => d.days));
  const counts = only(claims, 'day').map(({ value }): Span => ({ unit: 'seconds', value: value * DAY_S }));
  const spans = [...only(claims, 'duration'), ...counts];
  const shifted = days.flatMap((day) => spans.flatMap((span) => [shift(day, span, 1), shift(day, span, -1)]));
  const lengths = [
    ...days.flatMap((from) => days.flatMap((to) => (from < to ? between(from, to) : []))),
    ...spans.flatMap((a) => spans.flatMap((b) => (a.unit === b.unit ? [{ ...a, value: a.value - b.value }] : []))),
  ];
  return { dates: new Set(shifted.map(nameOf)), spans: new Set(lengths.map((l) => `${l.value} ${l.unit}`)) };
});

type ClaimOf<K extends ClaimKind> = Extract<Claim, { kind: K }>;
type Span = Pick<ClaimOf<'duration'>, 'unit' | 'value'>;

const only = <K extends ClaimKind>(claims: Claim[], kind: K) => claims.filter((c): c is ClaimOf<K> => c.kind === kind);

function partsOf(day: number): [year: number, month: number, day: number] {
  const [year = 0, m = 1, d = 1] = formatRfc3339(day * DAY_MS)
    .split(/[-T]/)
    .map(Number);
  return [year, m, d];
}

const nameOf = (day: number) => partsOf(day).join('-');

function shift(day: number, { unit, value }: Span, way: number): number {
  if (unit === 'seconds') return day + way * Math.floor(value / DAY_S);
  if (unit === 'months') {
    const [year, m, d] = partsOf(day);
    const months = year * 12 + m - 1 + way * value;
    return dayNumber(Math.floor(months / 12), (months % 12) + 1, d);
  }
  let at = day;
  for (let left = Math.min(value, 300); left > 0; ) {
    at += way;
    if (isWorkday(at)) left -= 1;
  }
  return at;
}

/** 1 January 1970 was a Thursday. */
const isWorkday = (day: number) => (day + 3) % 7 < 5;

function between(from: number, to: number): Span[] {
  const [y1, m1, d1] = partsOf(from);
  const [y2, m2, d2] = partsOf(to);
  const days = Array.from({ length: Math.min(to - from, 10_000) }, (_, i) => from + 1 + i);
  return [
    { unit: 'seconds', value: (to - from) * DAY_S },
    { unit: 'months', value: (y2 - y1) * 12 + m2 - m1 - (d2 < d1 ? 1 : 0) },
    { unit: 'working days', value: days.filter(isWorkday).length },
  ];
}
