/** Words that a reporter compares with its own. */
const FIXED = [
  'verdict',
  'severity',
  'status',
  'kind',
  'time',
  'mode',
  'recommendation',
  'schema',
  'effect',
  'how',
  'state',
];

/** The same, with this behind every text. */
export function laced<T>(value: T, text: string, key?: string): T;
export function laced(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string') return FIXED.includes(key) ? value : `${value}${text}`;
  if (Array.isArray(value)) return value.map((one) => laced(one, text, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, laced(one, text, name)]));
}
