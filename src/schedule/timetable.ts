import type { Schedule } from '../core/schedule.ts';

/** A schedule as the timetable sees it. All times are milliseconds since the epoch. */
export interface Line {
  name: string;
  policy: Schedule['concurrency_policy'];
  deadlineMs: number;
  /** The first due time after a moment; undefined where there is none. */
  nextDue(after: number): number | undefined;
  /** How long after its due time a run starts. */
  jitterMs(due: number): number;
  /** What is due later than this was neither started nor told as missed yet. */
  since: number;
}

/** Why a due run never started: nobody was awake, the one before it went on, or the next one came due first. */
export type WhyMissed = 'down' | 'still_running' | 'overtaken';

export type Action =
  | { kind: 'start'; schedule: string; due: number }
  | { kind: 'missed'; schedule: string; due: number; why: WhyMissed }
  /** So much was missed that it is told as a stretch of time: later than `after`, up to `to`. */
  | { kind: 'missed-many'; schedule: string; after: number; to: number }
  | { kind: 'end'; schedule: string; due: number };

interface Waiting {
  due: number;
  startsAt: number;
  /** When it was found to be due: much later, where nobody was awake. */
  foundAt: number;
  /** Whether it could not start when it first was to. */
  waited: boolean;
}

interface Row {
  line: Line;
  /** The first due time that was not taken in yet; looking for it is what takes time. */
  next: number | undefined;
  waiting: Waiting | undefined;
  /** Due times of the runs that go on, and whether each was told to end. */
  running: Map<number, boolean>;
}

/** So many missed runs of a schedule are told one by one after an absence. */
export const MOST_MISSED = 10_000;

/**
 * When what starts. It has no clock and does nothing: it is told what time it is and what has ended, and says what is to be
 * done. Each due time of each schedule is given out once, as a start or as missed.
 */
export class Timetable {
  readonly #rows: Map<string, Row>;

  constructor(lines: readonly Line[]) {
    this.#rows = new Map(
      lines.map((line) => [
        line.name,
        { line, next: line.nextDue(line.since), waiting: undefined, running: new Map() },
      ]),
    );
  }

  /** What is to be done now. Time that goes back does nothing twice. */
  wake(now: number): Action[] {
    return [...this.#rows.values()].flatMap((row) => [...collect(row, now), ...begin(row, now)]);
  }

  /** A run is over, whatever became of it. */
  ended(schedule: string, due: number): void {
    this.#rows.get(schedule)?.running.delete(due);
  }

  /** When it is to be woken at the latest; undefined where nothing will ever be due. */
  nextWake(now: number): number | undefined {
    const all = [...this.#rows.values()].flatMap(({ line, next, waiting }) => {
      const started = waiting && (now < waiting.startsAt ? waiting.startsAt : waiting.startsAt + line.deadlineMs + 1);
      return [next ?? [], started ?? []].flat();
    });
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** The next due time of a schedule, if there is one. */
  nextDue(schedule: string): number | undefined {
    const row = this.#rows.get(schedule);
    return row === undefined ? undefined : (row.waiting?.due ?? row.next);
  }
}

/** Takes in what has come due. Of several only the last may still start. */
function* collect(row: Row, now: number): Generator<Action> {
  const { name, nextDue, jitterMs, deadlineMs } = row.line;
  let told = 0;
  for (let due = row.next; due !== undefined && due <= now; due = row.next) {
    if (row.waiting !== undefined) yield missed(row, row.waiting, row.waiting.foundAt === now ? 'down' : 'overtaken');
    row.waiting = { due, startsAt: due + jitterMs(due), foundAt: now, waited: false };
    row.next = nextDue(due);
    told += 1;
    // Only what may still start has to be known one by one.
    if (told === MOST_MISSED && now - deadlineMs > due) {
      yield missed(row, row.waiting, 'down');
      yield { kind: 'missed-many', schedule: name, after: due, to: now - deadlineMs };
      row.waiting = undefined;
      row.next = nextDue(now - deadlineMs);
    }
  }
}

/** Starts what waits, unless it is too late, too early, or not its turn. */
function* begin(row: Row, now: number): Generator<Action> {
  const { line, waiting, running } = row;
  if (waiting === undefined || now < waiting.startsAt) return;
  const { due } = waiting;
  if (now > waiting.startsAt + line.deadlineMs) {
    row.waiting = undefined;
    yield missed(row, waiting, 'down');
  } else if (line.policy === 'Allow' || running.size === 0) {
    row.waiting = undefined;
    running.set(due, false);
    yield { kind: 'start', schedule: line.name, due };
  } else {
    waiting.waited = true;
    if (line.policy === 'Replace') yield* replace(row);
  }
}

function* replace({ line, running }: Row): Generator<Action> {
  for (const [due, told] of running) {
    if (!told) yield { kind: 'end', schedule: line.name, due };
    running.set(due, true);
  }
}

function missed({ line, running }: Row, { due, waited }: Waiting, otherwise: WhyMissed): Action {
  const busy = running.size > 0 && line.policy !== 'Allow';
  return { kind: 'missed', schedule: line.name, due, why: waited || busy ? 'still_running' : otherwise };
}
