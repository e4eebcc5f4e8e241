import { Cron } from 'croner';
import { messageOf } from '../core/errors.ts';
import { formatRfc3339 } from './http-date.ts';

const cronOf = (line: string, timeZone: string): Cron =>
  new Cron(line, { timezone: timeZone, mode: '5-or-6-parts', paused: true });

/** What is wrong with a cron line, in the words of its reader; undefined where nothing is. */
export function cronProblem(line: string): string | undefined {
  try {
    return cronOf(line, 'UTC').nextRun('2026-01-01T00:00:00Z') === null ? 'it is never due' : undefined;
  } catch (error) {
    return messageOf(error).replace(/^CronPattern: /, '');
  }
}

/** When the line is due first after a moment; both in milliseconds since the epoch. Undefined where it never is again. */
export function createNextDue(line: string, timeZone: string): (after: number) => number | undefined {
  const cron = cronOf(line, timeZone);
  return (after) => cron.nextRun(formatRfc3339(after))?.getTime();
}

/** Whether there is such a time zone. Offsets are none: other readers of cron lines do not know them. */
export function isTimeZone(name: string): boolean {
  try {
    return /^[a-z]/i.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** Zones that a mistyped name may mean: those of its region, or those of its city's name. */
export function zonesLike(name: string): string[] {
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const [region = '', city] = name.toLowerCase().split('/');
  const within = zones.filter((zone) => zone.toLowerCase().startsWith(`${region}/`));
  if (city !== undefined && within.length > 0) return within;
  const wanted = (city ?? region).replaceAll(' ', '_');
  const named = zones.filter((zone) => zone.toLowerCase().split('/').at(-1) === wanted);
  return named.length > 0 ? named : ['UTC', 'Europe/London', 'Europe/Berlin', 'America/New_York', 'Asia/Tokyo'];
}
