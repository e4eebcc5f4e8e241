import { paramsOf, placeOf } from '../core/drill.ts';
import { clean } from '../reporters/words.ts';
import type { By, Entry, Switched } from '../stand/sockets/journal.ts';
import { seconds, tallied, unique } from '../text/words.ts';
import type { Span, Store } from './store.ts';

const HOW: Record<Entry['how'], string> = {
  complete: '',
  refused: 'refused',
  reset: 'reset',
  closed: 'closed',
  left: 'left by its caller',
};

const BY: Record<By, string> = {
  'command line': 'from the start',
  'admin API': 'by the admin API',
  key: 'by key',
  time: 'its time is over',
  lever: 'by the safety lever',
  end: 'at the end',
};

/** The time of a day in UTC, without the day. */
const timeOf = (at: string): string => at.slice('yyyy-mm-ddT'.length, 'yyyy-mm-ddThh:mm:ss'.length);

/** A fault with its parameters and when it fires, as `--fault` takes it, but for where. */
export function faultWords({ use }: Pick<Span, 'use'>): string {
  const { per: _, ...when } = use.when ?? { per: 'task' };
  const more = Object.entries({ ...paramsOf(use), ...when }).map(([key, value]) => `${key}=${shown(value)}`);
  return [use.fault, ...more].join(' ');
}

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** A call that has ended, or a fault that was switched, on a line. */
export function lineOf(one: ({ event: 'call' } & Entry) | Switched): string {
  const parts = one.event === 'call' ? callParts(one) : switchParts(one);
  return `${[timeOf(one.at), ...parts.map(clean)].join('  ')}\n`;
}

function callParts({ role, status, how, failure, refused, faults, ms }: Entry): string[] {
  const acted = unique(faults.map(({ fault }) => fault)).join(', ');
  // Whoever sees what acted on it knows what failed.
  const why = acted === '' ? failure : acted;
  return [
    role,
    `${status ?? ''} ${HOW[how]} after ${seconds(ms)}${why === null ? '' : ` (${why})`}`,
    ...(refused === undefined ? [] : [`refused: ${refused}`]),
  ];
}

const switchParts = ({ event, id, use, ttl_ms, by }: Switched): string[] => [
  placeOf(use),
  `${event} ${faultWords({ use })}`,
  [BY[by], ...(id.startsWith(use.fault) ? [] : [`as ${id}`])].join(', '),
  ...(ttl_ms === undefined ? [] : [`for ${seconds(ttl_ms)}`]),
];

/** What was switched when, and how calls ended meanwhile. */
export function switchedText({ spans, switched }: Pick<Store, 'spans' | 'switched'>): string {
  if (switched === 0) return 'no fault was armed\n';
  const cut = switched - spans.length;
  const lines = spans.map(({ use, from, by, to, toBy, ended }) => {
    const until = to === undefined ? '' : timeOf(to);
    const ways = [by, ...(toBy === undefined ? [] : [toBy])].map((one) => BY[one]).join(', off ');
    return `  ${timeOf(from)}–${until}  ${clean(`${placeOf(use)}  ${faultWords({ use })}`)} (${ways}): ${tallied(ended) || 'no call'}`;
  });
  const head = 'faults that were armed (times in UTC), and how the calls there ended meanwhile:';
  return `${[head, ...(cut > 0 ? [`  … ${cut} before, which are in the journal`] : []), ...lines].join('\n')}\n`;
}
