/** What a field of a cron line says: all, or these. */
type Field = 'all' | readonly number[];

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const LIMITS = {
  second: { least: 0, most: 59, names: [] },
  minute: { least: 0, most: 59, names: [] },
  hour: { least: 0, most: 23, names: [] },
  day: { least: 1, most: 31, names: [] },
  month: { least: 1, most: 12, names: MONTHS },
  /** 0 is Sunday. */
  weekday: { least: 0, most: 7, names: WEEKDAYS },
};
export type Fields = Record<keyof typeof LIMITS, Field>;

/** Reads figures, names, lists, ranges and steps; undefined where a cron line says more. */
export function fieldsOf(cron: string): Fields | undefined {
  const words = cron.trim().split(/\s+/);
  const all = words.length === 5 ? ['0', ...words] : words;
  const [day, weekday] = [all[3], all[5]];
  if (all.length !== 6) return undefined;
  // Readers of cron disagree on whether a star with a step is a star to the other of the two days.
  if ([day, weekday].some((word) => word?.startsWith('*/')) && day !== '*' && weekday !== '*') return undefined;
  const fields = Object.entries(LIMITS).map(([key, limits], i) => [key, fieldOf(all[i] ?? '', limits)] as const);
  return fields.some(([, field]) => field === undefined) ? undefined : (Object.fromEntries(fields) as Fields);
}

interface Limits {
  least: number;
  most: number;
  names: readonly string[];
}

function fieldOf(text: string, limits: Limits): Field | undefined {
  if (text === '*') return 'all';
  const parts = text.split(',').map((part) => partOf(part, limits));
  const values = parts.flatMap((part) => part ?? []);
  if (parts.includes(undefined)) return undefined;
  // Sunday is 0 and 7.
  const once = new Set(limits.names === WEEKDAYS ? values.map((day) => day % 7) : values);
  return [...once].sort((a, b) => a - b);
}

function partOf(text: string, { least, most, names }: Limits): number[] | undefined {
  const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, all, from = '', to = from, step] = match;
  const figureOf = (word: string) => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + least : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  const [first, last] =
    all === undefined ? [figureOf(from), figureOf(to)] : [least, Math.min(most, names === WEEKDAYS ? 6 : most)];
  const by = Number(step ?? 1);
  if (!(first >= least && last <= most && first <= last && by > 0)) return undefined;
  const values = [];
  for (let value = first; value <= last; value += by) values.push(value);
  return values;
}

/**
 * The same as calendar events of systemd. Where a cron line names both days of the month and of the week, either will do,
 * and these are two.
 */
export function calendarsOf({ second, minute, hour, day, month, weekday }: Fields): string[] {
  const list = (field: Field) => (field === 'all' ? '*' : field.map((n) => String(n).padStart(2, '0')).join(','));
  const time = `${list(hour)}:${list(minute)}:${list(second)}`;
  const names = weekday === 'all' ? '' : `${weekday.map((n) => title(WEEKDAYS[n] ?? '')).join(',')} `;
  if (day === 'all' || weekday === 'all') return [`${names}*-${list(month)}-${list(day)} ${time}`];
  return [`*-${list(month)}-${list(day)} ${time}`, `${names}*-${list(month)}-* ${time}`];
}

const title = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;
