import { parseHttpDate } from '../core/http-date.ts';
import { normalise, remembering } from './patterns.ts';
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
const N = `(${NUMBER}|${WORD})`;
const MONTH =
  '(Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?';
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
const CODE = '(USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK)';
const SCALE: Record<string, number> = { k: 1e3, thousand: 1e3, million: 1e6, m: 1e6, billion: 1e9, bn: 1e9 };
const SCALES = '(?: ?(k|thousand|million|m|billion|bn)\\b)?';
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

type Group = (i: number) => string;
type Finder = [pattern: RegExp, read: (group: Group, text: string) => Claim[]];

/** In this order; what one has read, the next does not see. */
const FINDERS: Finder[] = [
  [
    /(?<![\w-])[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)+/g,
    (_, text) => {
      const digits = text.replace(/\D/g, '').length;
      const isId = (text.includes('_') && digits > 0) || (/^[A-Z0-9_-]+$/.test(text) && digits > 1);
      return isId ? [{ kind: 'id', text, value: text }] : [];
    },
  ],
  [
    new RegExp(`\\b(?:${NAMED})(?: (?:no\\.?|nr\\.?|number|id))?:? ?#?(\\d{3,})\\b|#(\\d{3,})\\b`, 'gi'),
    (g, text) => [{ kind: 'id', text, value: g(1) || g(2) }],
  ],
  [/\b(\d{4})-(\d{2})-(\d{2})(?!\d)/g, (g, text) => dates(text, [[g(3), Number(g(2)), g(1)]])],
  [
    /\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b/g,
    (g, text) =>
      dates(text, [
        [g(1), Number(g(2)), g(3)],
        [g(2), Number(g(1)), g(3)],
      ]),
  ],
  [
    new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH}(?:,? (\\d{4})(?!\\d))?(?![A-Za-z])`, 'g'),
    (g, text) => dates(text, [[g(1), month(g(2)), g(3)]]),
  ],
  [
    new RegExp(`\\b${MONTH} (\\d{1,2})(?:st|nd|rd|th)?(?!\\d)(?:,? (\\d{4})(?!\\d))?`, 'g'),
    (g, text) => dates(text, [[g(2), month(g(1)), g(3)]]),
  ],
  [new RegExp(`\\b${MONTH} (\\d{4})\\b`, 'g'), (g, text) => dates(text, [['', month(g(1)), g(2)]])],
  [new RegExp(`([$€£¥]) ?(${NUMBER})${SCALES}`, 'g'), (g, text) => [amount(text, g(1), g(2), g(3))]],
  [new RegExp(`\\b${CODE} ?(${NUMBER})${SCALES}`, 'g'), (g, text) => [amount(text, g(1), g(2), g(3))]],
  [
    new RegExp(
      `(?<![\\w.,'])${N} ?(?:(thousand|million|billion) )?(?:([€£])|${CODE}\\b|(euro|dollar|pound)s?\\b)`,
      'gi',
    ),
    (g, text) => [amount(text, g(3) || g(4).toUpperCase() || g(5).toLowerCase(), g(1), g(2).toLowerCase())],
  ],
  [
    new RegExp(`(?<![\\w.,'])${N} ?(?:%|percent\\b|per cent\\b)`, 'gi'),
    (g, text) => [{ kind: 'percentage', text, value: numberOf(g(1)) }],
  ],
  [
    new RegExp(
      `(?<![\\w.,-])${N}(?: ?(?:to|or|-|\u2013) ?${N})?[ -]?(?:(?:full|whole|calendar|consecutive|more|further)[ -])?(business |working |work)?(second|minute|min|hour|day|week|month|year)s?\\b`,
      'gi',
    ),
    (g, text) =>
      [g(1), g(2)].filter((n) => n !== '').map((n) => duration(text, numberOf(n), g(4).toLowerCase(), g(3) !== '')),
  ],
  [/\bday (\d{1,4})\b/gi, (g, text) => [{ kind: 'day', text, value: Number(g(1)) }]],
];

/** Amounts, dates, durations, percentages and ids of a text. Numbers without a unit are no claims here. */
export const claimsIn = remembering((text): Claim[] => {
  let rest = normalise(text);
  return FINDERS.flatMap(([pattern, read]) => {
    const found: Claim[] = [];
    rest = rest.replace(pattern, (whole: string, ...groups: unknown[]) => {
      const claims = read((i) => (typeof groups[i - 1] === 'string' ? String(groups[i - 1]) : ''), whole.trim());
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

function amount(text: string, sign: string, number: string, scale: string): Claim {
  return { kind: 'amount', text, currency: CURRENCIES[sign] ?? sign, value: numberOf(number) * (SCALE[scale] ?? 1) };
}

function duration(text: string, said: number, unit: string, isWork: boolean): Claim {
  const [base, each] = UNITS[unit] ?? ['seconds', 1];
  const working = isWork && unit === 'day';
  return { kind: 'duration', text, unit: working ? 'working days' : base, value: working ? said : said * each, said };
}

const month = (name: string) => MONTHS.indexOf(name.slice(0, 3)) + 1;

/** Named by what is known of it; a whole date has the names of its parts too. */
function dates(text: string, readings: [day: string, month: number, year: string][]): Claim[] {
  const real = readings.filter(([day, m]) => m >= 1 && m <= 12 && Number(day) <= 31);
  if (real.length === 0) return [];
  const days = real.flatMap(([day, m, year]) =>
    day === '' || year === '' ? [] : [dayNumber(Number(year), m, Number(day))],
  );
  const names = real.map(([day, m, year]) => `${year}-${m}-${Number(day) || ''}`);
  return [{ kind: 'date', text, days: unique(days), names, partial: days.length === 0 }];
}

export function dayNumber(year: number, m: number, day: number): number {
  const two = (n: number) => String(n).padStart(2, '0');
  const date = `Day, ${two(day)} ${MONTHS[m - 1]} ${String(year).padStart(4, '0')} 00:00:00 GMT`;
  return (parseHttpDate(date) ?? 0) / 86_400_000;
}
