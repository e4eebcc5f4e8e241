import { remembering } from '../core/once.ts';
import { parseHttpDate } from './http-date.ts';
import { normalise } from './patterns.ts';
import { unique } from './words.ts';

/** Something a text says that a source can be held against. */
export type Claim = { text: string } & (
  | { kind: 'amount'; currency: string; value: number }
  /** Days since the Unix epoch, one for each way to read it; a date without its year or day has none. */
  | { kind: 'date'; days: number[]; names: string[]; partial: boolean }
  | { kind: 'duration'; unit: Unit; value: number; said: number }
  | { kind: 'percentage'; value: number }
  /** `day 31` of something. */
  | { kind: 'day'; value: number }
  | { kind: 'id'; value: string }
);
export type ClaimKind = Claim['kind'];
type Unit = 'seconds' | 'months' | 'working days';

const ONES =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const NUMBER = String.raw`\d{1,3}(?:[,.']\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?`;
const WORD = `(?:(?:${TENS.join('|')})(?:[- ](?:${ONES.slice(0, 9).join('|')}))?|${ONES.join('|')})`;
const number = (name: string) => `(?<${name}>${NUMBER}|${WORD})`;
const MONTH =
  '(?<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CURRENCIES: Record<string, string> = {
  $: 'USD',
  '€': 'EUR',
  '£': 'GBP',
  '¥': 'JPY',
  euro: 'EUR',
  dollar: 'USD',
  pound: 'GBP',
};
const CODES = 'USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK';
const CODE = `(?<code>${CODES})`;
/** What tells the currency of a number beside it. */
export const CURRENCY = `(?:[$€£¥]|(?:${CODES}|euros?|dollars?|pounds?)\\b)`;
const SCALE: Record<string, number> = { k: 1e3, thousand: 1e3, million: 1e6, m: 1e6, billion: 1e9, bn: 1e9 };
const SCALES = '(?: ?(?<scale>k|thousand|million|m|billion|bn)\\b)?';
const UNITS: Record<string, [Unit, number]> = {
  second: ['seconds', 1],
  minute: ['seconds', 60],
  min: ['seconds', 60],
  hour: ['seconds', 3600],
  day: ['seconds', 86_400],
  week: ['seconds', 604_800],
  month: ['months', 1],
  year: ['months', 12],
};
const NAMED =
  'order|invoice|ticket|case|booking|shipment|reservation|subscription|account|customer|transaction|reference|tracking';

type Group = (name: string) => string;
type Finder = [read: (group: Group, text: string) => Claim[], pattern: RegExp];

/** In this order; what one has read, the next does not see. */
const FINDERS: Finder[] = [
  [idIn, /(?<![\w-])[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+/g],
  [
    (g, text) => [{ kind: 'id', text, value: g('of') || g('bare') }],
    new RegExp(`\\b(?:${NAMED})(?: (?:no\\.?|nr\\.?|number|id))?:? ?#?(?<of>\\d{3,})\\b|#(?<bare>\\d{3,})\\b`, 'gi'),
  ],
  [dates, /\b(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?!\d)/g],
  [dates, /\b(?<day>\d{1,2})(?<either>[./])(?<month>\d{1,2})[./](?<year>\d{4})\b/g],
  [
    dates,
    new RegExp(`\\b(?<day>\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH}(?:,? (?<year>\\d{4})(?!\\d))?(?![A-Za-z])`, 'g'),
  ],
  [dates, new RegExp(`\\b${MONTH} (?<day>\\d{1,2})(?:st|nd|rd|th)?(?!\\d)(?:,? (?<year>\\d{4})(?!\\d))?`, 'g')],
  [dates, new RegExp(`\\b${MONTH} (?<year>\\d{4})\\b`, 'g')],
  [amount, new RegExp(`(?<sign>[$€£¥]) ?(?<number>${NUMBER})${SCALES}`, 'g')],
  [amount, new RegExp(`\\b${CODE} ?(?<number>${NUMBER})${SCALES}`, 'g')],
  [
    amount,
    new RegExp(
      `(?<![\\w.,'])${number('number')} ?(?:(?<scale>thousand|million|billion) )?(?:(?<sign>[€£])|${CODE}\\b|(?<word>euro|dollar|pound)s?\\b)`,
      'gi',
    ),
  ],
  [
    (g, text) => [{ kind: 'percentage', text, value: numberOf(g('number')) }],
    new RegExp(`(?<![\\w.,'])${number('number')} ?(?:%|percent\\b|per cent\\b)`, 'gi'),
  ],
  [
    durations,
    new RegExp(
      `(?<![\\w.,-])${number('from')}(?: ?(?:to|or|-|\u2013) ?${number('to')})?[ -]?(?:(?:full|whole|calendar|consecutive|more|further)[ -])?(?<work>business |working |work)?(?<unit>second|minute|min|hour|day|week|month|year)s?\\b`,
      'gi',
    ),
  ],
  [(g, text) => [{ kind: 'day', text, value: Number(g('day')) }], /\bday (?<day>\d{1,4})\b/gi],
];

/** Amounts, dates, durations, percentages and ids of a text. Numbers without a unit are no claims here. */
export const claimsIn = remembering((text): Claim[] => {
  let rest = normalise(text);
  return FINDERS.flatMap(([read, pattern]) => {
    const found: Claim[] = [];
    rest = rest.replace(pattern, (whole: string, ...more: Record<string, string | undefined>[]) => {
      const claims = read((name) => more.at(-1)?.[name] ?? '', whole.trim());
      found.push(...claims);
      return claims.length > 0 ? ' | ' : whole;
    });
    return found;
  });
});

/** `1,234.50`, `1.234,50`, `12,50`, `forty-eight`. */
export function numberOf(text: string): number {
  const words = text.toLowerCase().split(/[- ]/);
  const tens = TENS.indexOf(words[0] ?? '');
  if (tens >= 0) return (tens + 2) * 10 + ONES.indexOf(words[1] ?? '') + 1;
  if (ONES.includes(words[0] ?? '')) return ONES.indexOf(words[0] ?? '') + 1;
  const [, whole = '', fraction = ''] = /^(.*?)(?:[.,](\d{1,2}|\d{4,}))?$/.exec(text) ?? [];
  return Number(`${whole.replace(/\D/g, '')}.${fraction || '0'}`);
}

function idIn(_: Group, text: string): Claim[] {
  const digits = text.replace(/\D/g, '').length;
  const isId = (text.includes('_') && digits > 0) || (/^[A-Z0-9_-]+$/.test(text) && digits > 1);
  return isId ? [{ kind: 'id', text, value: text }] : [];
}

/** A field's name that tells the currency of its number. */
export const CURRENCY_NAME = new RegExp(`_(${CODES})$`, 'i');

/** The code of a currency, however it is written; undefined where it is none. */
export function currencyOf(written: string): string | undefined {
  const code = written.trim().toUpperCase();
  return CURRENCIES[written.trim().toLowerCase()] ?? (/^[A-Z]{3}$/.test(code) ? code : undefined);
}

function amount(g: Group, text: string): Claim[] {
  const currency = g('code').toUpperCase() || CURRENCIES[g('sign') || g('word').toLowerCase()] || '';
  return [{ kind: 'amount', text, currency, value: numberOf(g('number')) * (SCALE[g('scale').toLowerCase()] ?? 1) }];
}

function durations(g: Group, text: string): Claim[] {
  const [base, each] = UNITS[g('unit').toLowerCase()] ?? ['seconds', 1];
  const working = g('work') !== '' && g('unit').toLowerCase() === 'day';
  const unit = working ? 'working days' : base;
  const said = [g('from'), g('to')].filter((n) => n !== '').map(numberOf);
  return said.map((n) => ({ kind: 'duration', text, unit, value: working ? n : n * each, said: n }));
}

/** Named by what is known of it; a whole date has the names of its parts too. Of two numbers either may be the month. */
function dates(g: Group, text: string): Claim[] {
  const [day, month, year] = [g('day'), g('month'), g('year')];
  const either = [{ day, month }, ...(g('either') === '' ? [] : [{ day: month, month: day }])];
  const real = either
    .map((one) => ({ day: one.day, m: Number(one.month) || MONTHS.indexOf(one.month.slice(0, 3)) + 1 }))
    .filter((one) => one.m >= 1 && one.m <= 12 && Number(one.day) <= 31);
  if (real.length === 0) return [];
  const whole = day !== '' && year !== '';
  const days = whole ? unique(real.map((one) => dayNumber(Number(year), one.m, Number(one.day)))) : [];
  const names = real.map((one) => `${year}-${one.m}-${Number(one.day) || ''}`);
  return [{ kind: 'date', text, days, names, partial: !whole }];
}

export function dayNumber(year: number, m: number, day: number): number {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `Day, ${two(day)} ${MONTHS[m - 1]} ${String(year).padStart(4, '0')} 00:00:00 GMT`;
  return (parseHttpDate(date) ?? 0) / 86_400_000;
}
