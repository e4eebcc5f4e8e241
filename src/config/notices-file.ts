import { formatPlace, type Place } from '../core/errors.ts';
import { Notices, type Reading } from '../core/notices.ts';
import { canonicalJson } from '../text/canonical.ts';
import type { Catalogue } from './catalogue-type.ts';
import { inspect } from './issues.ts';
import { type Placed, Problems } from './problems.ts';
import { readUserFile } from './read-file.ts';

type Judges = Pick<Catalogue, 'twinReadings'>;

/** Reads a notices file that stands on its own. Throws a DrillError. */
export function loadNotices(path: string, judges: Judges): Reading[] {
  const { data, place } = readUserFile(path);
  const told = new Problems();
  const value = inspect(told, Notices, { value: data, place });
  if (value !== undefined) tellTwins(told, { value, place }, judges);
  told.end();
  return value?.notices ?? [];
}

/** Tells of texts that have two readings: nobody could say which of them holds. */
export function tellTwins(told: Problems, { value, place }: Placed<Notices>, { twinReadings }: Judges): void {
  for (const { earlier, later } of twinReadings(value.notices)) {
    const at = (i: number) => place(['notices', i, 'text']);
    const message = `this text has another reading already, at ${formatPlace(at(earlier))}`;
    told.tell(at(later), message, 'keep one of the two, or make their texts differ');
  }
}

/** Readings of one place, and what messages call it. */
export interface ReadingsFrom {
  readings: readonly Reading[];
  place: Place;
}

/** All readings that a run has, whoever wrote them. The same one may stand in several places, another may not. Throws a DrillError. */
export function mergeReadings(from: readonly ReadingsFrom[], { twinReadings }: Judges): Reading[] {
  const all = from.flatMap(({ readings, place }) => readings.map((reading) => ({ reading, place })));
  const firsts = new Map<string, (typeof all)[number]>();
  for (const one of all) {
    const key = canonicalJson(one.reading);
    if (!firsts.has(key)) firsts.set(key, one);
  }
  const each = [...firsts.values()];
  const told = new Problems();
  const shown = (i: number) => `"${each[i]?.reading.text.slice(0, 60)}"`;
  const placeOf = (i: number): Place => each[i]?.place ?? { file: 'notices' };
  for (const { earlier, later } of twinReadings(each.map(({ reading }) => reading)))
    told.tell(
      placeOf(later),
      `the text ${shown(later)} has another reading in ${formatPlace(placeOf(earlier))}`,
      'keep one of the two, or make their texts differ',
    );
  told.end();
  return each.map(({ reading }) => reading);
}
