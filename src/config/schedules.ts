import type { Schedule } from '../core/schedule.ts';
import { cronProblem, isTimeZone, zonesLike } from '../text/cron.ts';
import { suggest } from './closest.ts';
import type { Locate, Problems } from './problems.ts';

/** What is wrong with when a schedule is due. */
export function tellWhen(
  told: Problems,
  { cron, time_zone }: Pick<Schedule, 'cron' | 'time_zone'>,
  place: Locate,
): void {
  const bad = cronProblem(cron);
  if (bad !== undefined)
    told.tell(
      place(['cron']),
      `bad cron line: ${bad}`,
      "write five fields, such as '0 3 * * *' for three in the morning",
    );
  if (!isTimeZone(time_zone))
    told.tell(
      place(['time_zone']),
      `there is no time zone "${time_zone}"`,
      suggest(time_zone, zonesLike(time_zone), 'time zones'),
    );
}

/** Drills and targets may be named by their paths, too. */
export const isPath = (name: string): boolean => /[\\/.]/.test(name);
