import { CASSETTE_SCHEMA, type Cassette, type Take } from '../core/cassette.ts';
import { canonicalJson } from '../text/canonical.ts';
import { keyOf } from './request.ts';

/** What a new recording changes in a cassette. */
export interface TakeChange {
  kind: 'new' | 'changed' | 'gone';
  task: string;
  take: Take;
}

/** What was recorded: by which drills, and whether they asked all that they ask. */
interface Recorded {
  takes: readonly Take[];
  /** Keys of requests that were asked as well. */
  unanswered?: readonly string[];
  drills: readonly string[];
  whole: boolean;
}

/**
 * A cassette with what was recorded now. What was replied before in the same words stays as it is, with its times; what these
 * drills alone had asked for, and ask no more, goes.
 */
export function mergedCassette(
  { workflow, task }: Pick<Cassette, 'workflow' | 'task'>,
  before: readonly Take[],
  { takes, unanswered = [], drills, whole }: Recorded,
): { cassette: Cassette; changes: TakeChange[] } {
  const changes: TakeChange[] = [];
  const kept = new Map(before.map((take) => [keyOf(take.request), take]));
  const asked = new Set([...takes.map(({ request }) => keyOf(request)), ...unanswered]);
  for (const [key, take] of whole ? [...kept] : []) {
    if (asked.has(key)) continue;
    const others = take.about.drills.filter((drill) => !drills.includes(drill));
    if (others.length > 0) kept.set(key, withDrills(take, others));
    else {
      kept.delete(key);
      changes.push({ kind: 'gone', task, take });
    }
  }
  for (const take of takes) {
    const key = keyOf(take.request);
    const old = kept.get(key);
    const all = withDrills(take, [...(old?.about.drills ?? []), ...take.about.drills]);
    const same = old !== undefined && saidBy(old) === saidBy(take);
    kept.set(key, same ? withDrills(old, all.about.drills) : all);
    if (!same) changes.push({ kind: old === undefined ? 'new' : 'changed', task, take });
  }
  return { cassette: { schema: CASSETTE_SCHEMA, workflow, task, takes: [...kept.values()].sort(inOrder) }, changes };
}

const withDrills = (take: Take, drills: readonly string[]): Take => ({
  ...take,
  about: { ...take.about, drills: [...new Set(drills)].sort() },
});

const saidBy = ({ reply: { status, text, base64 } }: Take): string => canonicalJson({ status, text, base64 });

/** By what is asked, so that the order of a file does not depend on which call came first: by role, then along the conversation. */
function inOrder(a: Take, b: Take): number {
  return (
    compare(a.request.role, b.request.role) ||
    a.request.messages.length - b.request.messages.length ||
    compare(keyOf(a.request), keyOf(b.request))
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
