import { RE2JS } from 're2js';
import { cutAtPlaceholders, type Meaning, type Placeholder, type Reading } from '../core/notices.ts';
import { remembering } from '../core/once.ts';
import { normalise } from './patterns.ts';

/** A value that stands in a text in place of a placeholder. */
export interface Value {
  kind: Placeholder;
  text: string;
}

/** A text that somebody has read. */
export interface Read {
  means: Meaning;
  values: Value[];
  /** The text without the values that are only typed, such as times. */
  plain: string;
}

const N = String.raw`\d(?:[\d.,']*\d)?`;
const SIGNS = '[$€£¥]';
const MONEY = '(?i:USD|EUR|GBP|JPY|CHF|CAD|AUD|SEK|NOK|DKK|euros?|dollars?|pounds?)';
const DAY = String.raw`\d{1,2}(?:st|nd|rd|th|\.)?`;
const UNITS =
  'ms|s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?|Sekunden?|Minuten?|Stunden?|Tagen?|Tage?|Wochen?|secondes?|heures?|jours?|semaines?|segundos?|minutos?|horas?|d[ií]as?|semanas?|secondi|minuti|ore|giorni|minuter|timmar|minutter|timer|minuut|minuten|uur|uren|dagen';

/** What fits where; a value is one thing, and no sentence. */
const SHAPES: Record<Exclude<Placeholder, 'tool'>, string> = {
  number: N,
  amount: `(?:${SIGNS} ?${N}|${MONEY} ?${N}|${N} ?(?:${SIGNS}|${MONEY}))`,
  date: String.raw`(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}|${DAY}(?: (?:of|de))? \p{L}{3,}\.?(?:,?(?: de)? \d{4})?|\p{L}{3,}\.? ${DAY}(?:,? \d{4})?)`,
  time: String.raw`(?i:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?|\d{1,2}[:.h]\d{2}(?::\d{2})?(?: ?(?:am|pm|a\.m\.|p\.m\.|Uhr|UTC|GMT|CET|CEST|h))?|\d{1,2} ?(?:am|pm|Uhr)|\d+(?:[.,]\d+)? ?(?:${UNITS}))`,
  id: String.raw`[\p{L}_#/:.-]*\p{N}(?:[\p{L}\p{N}_/:.#-]*[\p{L}\p{N}])?`,
};
/** These have a type and no truth of their own. */
const ONLY_TYPED: readonly Placeholder[] = ['time', 'number'];

const AND = '(?:, (?:and |und |et |y |e )?| and | und | et | y | e | og | och | en | & )';
const SNAKE = '[a-z][a-z0-9]*(?:_[a-z0-9]+)+';

/** One tool or several, as `issue_refund` or spelled with blanks: then it must be a tool of the workflow. */
function toolShape(tools: readonly string[]): string {
  const spelled = tools.toSorted((a, b) => b.length - a.length).map((name) => name.split('_').map(quote).join('[_ ]'));
  const one = `(?:${[...spelled.map((name) => `(?i:${name})`), SNAKE].join('|')})`;
  return `${one}(?:${AND}${one})*`;
}

const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** The names in the value of a `{tool}`. */
export const toolsIn = (value: string): string[] =>
  value
    .split(new RegExp(AND))
    .map((name) => asTool(name))
    .filter((name) => name !== '');

/** `Issue refund` is `issue_refund`. */
export const asTool = (name: string): string => name.trim().toLowerCase().replaceAll(' ', '_');

type Match = (text: string) => Value[] | undefined;

/** How a template is found to be a text; takes time linear in the text. */
function matcherOf(template: string, tools: readonly string[]): Match {
  const { literals, holes } = cutAtPlaceholders(normalise(template));
  const [first = ''] = literals;
  const last = literals.at(-1) ?? '';
  if (holes.length === 0) return (text) => (text === first ? [] : undefined);
  const shapeOf = (kind: Placeholder) => (kind === 'tool' ? toolShape(tools) : SHAPES[kind]);
  const pattern = holes.reduce(
    (all, kind, i) => `${all}(${shapeOf(kind)})${quote(literals[i + 1] ?? '')}`,
    quote(first),
  );
  let compiled: RE2JS | undefined;
  return (text) => {
    // Most templates say something else: then nothing has to be compiled.
    if (!text.startsWith(first) || !text.endsWith(last) || !literals.every((one) => text.includes(one)))
      return undefined;
    compiled ??= RE2JS.compile(pattern);
    const matcher = compiled.matcher(text);
    return matcher.matches() ? holes.map((kind, i) => ({ kind, text: matcher.group(i + 1) ?? '' })) : undefined;
  };
}

/** What a text says, as somebody has read it; undefined where nobody has, or only guessed. */
export type Reader = (text: string) => Read | undefined;

/** `tools` are the names of the workflow's tools. */
export function readerOf(readings: readonly Reading[], tools: readonly string[]): Reader {
  const known = readings
    .filter((reading) => reading.guess !== true)
    .map(({ text, means }) => ({ means, match: matcherOf(text, tools) }));
  const find = (text: string): Read | undefined => {
    for (const { means, match } of known) {
      const values = match(text);
      if (values !== undefined) return { means, values, plain: withoutTyped(text, values) };
    }
    return undefined;
  };
  const remembered = remembering((text) => ({ read: find(text) }));
  return (text) => remembered(normalise(text)).read;
}

function withoutTyped(text: string, values: readonly Value[]): string {
  return values
    .filter(({ kind }) => ONLY_TYPED.includes(kind))
    .reduce((rest, value) => rest.replace(value.text, '…'), text);
}

/** Some values of each placeholder, by which two templates for one text are found. */
const SAMPLES: Record<Placeholder, string[]> = {
  tool: ['some_tool'],
  amount: ['$12.50', '12 EUR'],
  time: ['10:30', '5 minutes'],
  date: ['2026-01-31', '31 January 2026'],
  number: ['12'],
  id: ['A-12', '12'],
};

/** Readings of one text: the later of each two, by their places in the list, with the earlier. */
export function twinReadings(readings: readonly Reading[]): { earlier: number; later: number }[] {
  const all = readings.map(({ text }) => ({ match: matcherOf(text, []), samples: samplesOf(text) }));
  return all.flatMap((one, later) => {
    const earlier = all
      .slice(0, later)
      .findIndex((other) => fits(one.samples, other.match) || fits(other.samples, one.match));
    return earlier < 0 ? [] : [{ earlier, later }];
  });
}

const fits = (samples: readonly string[], match: Match) => samples.some((text) => match(text) !== undefined);

function samplesOf(template: string): string[] {
  const { literals, holes } = cutAtPlaceholders(normalise(template));
  const filled = (n: number) =>
    holes.reduce((text, kind, i) => {
      const some = SAMPLES[kind];
      return `${text}${some[Math.min(n, some.length - 1)] ?? ''}${literals[i + 1] ?? ''}`;
    }, literals[0] ?? '');
  return holes.length === 0 ? [filled(0)] : [filled(0), filled(1)];
}
