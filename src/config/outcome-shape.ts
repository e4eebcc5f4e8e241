import { Outcome } from '../core/outcome.ts';
import { isRecord } from '../text/json.ts';
import { closest, distance } from './closest.ts';
import { inspect } from './issues.ts';
import { Problems } from './problems.ts';

const KNOWN = Object.keys(Outcome.shape);
/** A shorter key is near to many honest ones, as `stats` is to `state`. */
const SURELY = 6;

/** An outcome, or what is wrong with the shape of what was given, a sentence each. */
export type OutcomeReading = { outcome: Outcome } | { problems: string[] };

/**
 * Reads what a target gave back. It may hold keys of its own, but none that is a slip of a known one: others would be
 * blamed for the notice or the sources that nobody sees.
 */
export function readOutcome(given: unknown): OutcomeReading {
  if (!isRecord(given))
    return { problems: ["it is neither a text nor a mapping: give { kind: 'answered', answer: '…' }"] };
  const told = new Problems();
  const outcome = inspect(told, Outcome, { value: given, place: () => ({ file: 'outcome' }) });
  const empty =
    given['kind'] === 'answered' && ['answer', 'data', 'shown'].every((field) => given[field] === undefined);
  const wrong = [
    ...told.all.map(({ message, fix }) => `${message}: ${fix}`),
    ...(empty ? ['it is answered and has neither answer nor data'] : []),
  ];
  const meantBy = (key: string) => (wrong.length > 0 ? closest(key, KNOWN) : slipOf(key));
  const slips = Object.keys(given).flatMap((key) => {
    const meant = KNOWN.includes(key) ? undefined : meantBy(key);
    return meant === undefined || meant in given ? [] : [`unknown key "${key}": did you mean "${meant}"?`];
  });
  const problems = [...wrong, ...slips];
  return outcome === undefined || problems.length > 0 ? { problems } : { outcome };
}

function slipOf(key: string): string | undefined {
  const bare = (word: string) => word.replaceAll('_', '').toLowerCase();
  return key.length < SURELY ? undefined : KNOWN.find((known) => distance(bare(key), bare(known)) <= 1);
}
