import { DrillError, type Place, type Problem } from '../core/errors.ts';
import { isRecord } from '../text/json.ts';
import { suggest } from './closest.ts';

/** Nobody mends more at once; finding a place and a word for each of a million takes for ever. */
export const MAX_PROBLEMS = 100;

export type Path = readonly PropertyKey[];

/** Where in a file the value at a path stands, or its key; its nearest parent where it is missing. */
export type Locate = (path: Path, part?: 'key' | 'value') => Place;

/** A part of what a user wrote, and where everything in it stands. */
export interface Placed<T> {
  value: T;
  place: Locate;
}

/** A word that names something, and the path at which it stands. */
export interface Named {
  word: unknown;
  path: Path;
  part?: 'key';
}

/** What is wrong with what is being read, in the order in which it is found. */
export class Problems {
  readonly all: Problem[] = [];

  tell(place: Place, message: string, fix: string): void {
    this.all.push({ message, place, fix });
  }

  /**
   * Tells of names that are not among the known, with what was probably meant; `or` is another way to mend it, and the
   * only one where nothing is known.
   */
  strangers(
    named: readonly Named[],
    place: Locate,
    known: readonly string[],
    what: string,
    message: (word: string) => string,
    or?: string,
  ): void {
    const all = new Set<unknown>(known);
    const strange = named.filter(({ word }) => typeof word === 'string' && !all.has(word));
    for (const { word, path, part } of strange.slice(0, MAX_PROBLEMS)) {
      const meant = suggest(String(word), known, what);
      const fix = or === undefined ? meant : known.length === 0 ? or : `${meant}; or ${or}`;
      this.tell(place(path, part), message(String(word)), fix);
    }
  }

  /** Goes on after a DrillError, so that everything is told at once. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DrillError)) throw error;
      this.all.push(...error.problems);
      return undefined;
    }
  }

  /** From the top of the file to its end. */
  sort(): void {
    this.all.sort(
      (a, b) => (a.place?.line ?? 0) - (b.place?.line ?? 0) || (a.place?.column ?? 0) - (b.place?.column ?? 0),
    );
  }

  /** Whether there is more than will be told. */
  get full(): boolean {
    return this.all.length > MAX_PROBLEMS;
  }

  error(): DrillError {
    return new DrillError(this.all.slice(0, MAX_PROBLEMS));
  }

  /** Throws a DrillError where there is a problem. */
  end(): void {
    if (this.all.length > 0) throw this.error();
  }
}

/**
 * What stands at a path as `drill explain` writes it, `phases[].faults[].role` or `targets.<name>.builtin`; nothing
 * where the file is broken there. Of a long list only the first `most`.
 */
export function namedAt(data: unknown, pattern: string, most = Number.POSITIVE_INFINITY): Named[] {
  const steps = pattern.split(/\.|(?=\[)/);
  return steps.reduce<Named[]>(
    (here, step) =>
      here.flatMap(({ word, path }) =>
        entriesAt(word, step, most).map(([key, inner]) => ({ word: inner, path: [...path, key] })),
      ),
    [{ word: data, path: [] }],
  );
}

/** The keys of the mapping at such a path, as names. */
export function keysAt(data: unknown, pattern: string): Named[] {
  return namedAt(data, `${pattern}.<name>`).map(({ path }) => ({ word: path.at(-1), path, part: 'key' }));
}

function entriesAt(value: unknown, step: string, most: number): [PropertyKey, unknown][] {
  if (step === '[]') return Array.isArray(value) ? [...value.slice(0, most).entries()] : [];
  if (!isRecord(value)) return [];
  if (step === '<name>') return Object.entries(value);
  return Object.hasOwn(value, step) ? [[step, value[step]]] : [];
}
