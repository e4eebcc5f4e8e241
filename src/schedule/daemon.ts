import type { Clock } from '../core/clock.ts';
import type { NamedSchedule } from '../core/schedule.ts';
import { isoTime, momentOf } from '../world/index.ts';
import type { Known } from '../world/processes.ts';
import type { Entry, Journal } from './journal.ts';
import type { Messenger, News } from './messenger.ts';
import type { Ended, Runs, StartedRun } from './runs.ts';
import { type Account, isWorthTelling, type Tally } from './tally.ts';
import { type Action, type Line, Timetable } from './timetable.ts';

/** The machine may sleep and its date may be set: nobody sleeps through more than this. */
const LOOK_EVERY_MS = 30_000;

export interface Wants {
  schedules: readonly NamedSchedule[];
  clock: Clock;
  /** What the journal says so far. */
  tally: Tally;
  journal: Journal;
  runs: Runs;
  messenger: Messenger;
  /** This process. */
  self: Known;
  /** When a line is due first after a moment; both in milliseconds since the epoch. */
  nextDueOf(schedule: NamedSchedule): (after: number) => number | undefined;
  /** A share from 0 up to 1, by the schedule and its due time. */
  chance(label: string): number;
  /** Whether the safety lever is engaged: nothing is started then. */
  halted?(): boolean;
  onEntry?(entry: Entry): void;
}

/** The id of a run: the same whoever finds it due. */
export const runId = (schedule: string, due: number): string =>
  `${schedule}-${isoTime(due).slice(0, 19).replaceAll(':', '-')}Z`;

interface Going {
  schedule: string;
  due: number;
  started: StartedRun;
  /** Whether it was us who asked it to end. */
  asked: boolean;
}

/** Starts what is due and writes down what becomes of it, until it is told to stop. */
export class Daemon {
  readonly tally: Tally;
  readonly #wants: Wants;
  readonly #timetable: Timetable;
  readonly #schedules: Map<string, NamedSchedule>;
  readonly #going = new Map<string, Going>();
  readonly #telling = new Set<Promise<void>>();
  #ring = () => {};
  #broken: unknown;
  #stopping = false;

  /** Throws a DrillError where the journal cannot be written. */
  constructor(wants: Wants) {
    this.#wants = wants;
    this.tally = wants.tally;
    this.#schedules = new Map(wants.schedules.map((one) => [one.name, one]));
    const schedules = Object.fromEntries(
      wants.schedules.map(({ name, cron, time_zone }) => [name, { cron, time_zone }]),
    );
    this.#write({ event: 'began', at: this.#at(), ...wants.self, schedules });
    this.#timetable = new Timetable(wants.schedules.map((one) => this.#lineOf(one)));
  }

  /** Whether it still starts runs. */
  get awake(): boolean {
    return !this.#stopping && this.#broken === undefined;
  }

  /** Ids of the runs that go on. */
  get going(): ReadonlyMap<string, { schedule: string }> {
    return this.#going;
  }

  /** Milliseconds since the epoch. */
  nextDue(schedule: string): number | undefined {
    return this.#timetable.nextDue(schedule);
  }

  /** Returns when the signal has aborted and all runs are over. Throws a DrillError when the journal cannot be written any more. */
  async keep(signal: AbortSignal): Promise<void> {
    await this.#recover();
    const ring = () => this.#ring();
    signal.addEventListener('abort', ring);
    while (!signal.aborted && this.#broken === undefined) {
      this.#guarded(() => {
        for (const action of this.#timetable.wake(this.#now())) this.#do(action);
      });
      if (this.#broken === undefined) await this.#nap(signal);
    }
    signal.removeEventListener('abort', ring);
    await this.#stop();
    if (this.#broken !== undefined) throw this.#broken;
  }

  #now(): number {
    const { clock } = this.#wants;
    return clock.epochMs + clock.now();
  }

  #at(): string {
    return isoTime(this.#now());
  }

  #write(entry: Entry): void {
    this.#wants.journal.write(entry);
    this.tally.add(entry);
    this.#wants.onEntry?.(entry);
  }

  /** Where the journal cannot be written, nothing more is started. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#broken ??= error;
      this.#ring();
    }
  }

  #lineOf(schedule: NamedSchedule): Line {
    const { name, concurrency_policy: policy, starting_deadline_seconds: deadline, jitter_seconds: jitter } = schedule;
    const { lastDue, since } = this.tally.account(name);
    return {
      name,
      policy,
      deadlineMs: deadline * 1000,
      nextDue: this.#wants.nextDueOf(schedule),
      jitterMs: (due) => Math.floor(this.#wants.chance(`${name} ${due}`) * jitter * 1000),
      since: momentOf(lastDue ?? since ?? this.#at()),
    };
  }

  /** Runs of a keeper before us that was killed: they are what they have come to, and are not begun again. */
  async #recover(): Promise<void> {
    for (const open of [...this.tally.open.values()]) {
      const ended = await this.#wants.runs.recover(open);
      this.#guarded(() => this.#ended(open.schedule, open.run, momentOf(open.due), ended));
    }
  }

  async #nap(signal: AbortSignal): Promise<void> {
    const { clock } = this.#wants;
    const nap = new AbortController();
    this.#ring = () => nap.abort();
    if (signal.aborted) return;
    const next = this.#timetable.nextWake(this.#now());
    const most = clock.kind === 'wall' ? LOOK_EVERY_MS : Number.POSITIVE_INFINITY;
    const ms = Math.min(most, next === undefined ? most : Math.max(0, next - this.#now()));
    const sleep = ms === Number.POSITIVE_INFINITY ? clock.never(nap.signal) : clock.sleep(ms, nap.signal);
    await sleep.catch(() => {});
    this.#ring = () => {};
  }

  #do(action: Action): void {
    const { schedule } = action;
    const at = this.#at();
    if (action.kind === 'missed')
      this.#write({ event: 'missed', at, schedule, due: isoTime(action.due), why: action.why });
    else if (action.kind === 'missed-many')
      this.#write({ event: 'missed_many', at, schedule, after: isoTime(action.after), due: isoTime(action.to) });
    else if (action.kind === 'end') end(this.#going.get(runId(schedule, action.due)));
    else this.#start(schedule, action.due);
  }

  #start(name: string, due: number): void {
    const schedule = this.#schedules.get(name);
    if (schedule === undefined) return;
    const run = runId(name, due);
    if (this.#wants.halted?.() === true) {
      this.#timetable.ended(name, due);
      this.#write({ event: 'missed', at: this.#at(), schedule: name, due: isoTime(due), why: 'lever' });
      return;
    }
    this.#write({ event: 'started', at: this.#at(), schedule: name, run, due: isoTime(due) });
    const started = this.#wants.runs.start(run, schedule);
    if (started === undefined) {
      // It has begun before, and nobody wrote down how it ended.
      this.#ended(name, run, due, { outcome: 'interrupted' });
      return;
    }
    this.#going.set(run, { schedule: name, due, started, asked: false });
    void started.ended.then((ended) => this.#guarded(() => this.#ended(name, run, due, ended)));
    if (started.process !== undefined)
      this.#write({ event: 'spawned', at: this.#at(), schedule: name, run, ...started.process });
  }

  #ended(schedule: string, run: string, due: number, { outcome, report }: Ended): void {
    const before = this.tally.account(schedule).lastOutcome;
    const ours = outcome === 'interrupted' && this.#going.get(run)?.asked === true;
    this.#going.delete(run);
    this.#timetable.ended(schedule, due);
    this.#ring();
    this.#write({
      ...{ event: 'ended', at: this.#at(), schedule, run, outcome },
      ...(report !== undefined && { report }),
    });
    this.#forget(schedule);
    if (!ours && isWorthTelling(outcome, before))
      this.#tell({ schedule, run, due: isoTime(due), outcome, ...(before && { before }), ...(report && { report }) });
  }

  /** Removes the oldest reports beyond the limits of a schedule. */
  #forget(name: string): void {
    const schedule = this.#schedules.get(name);
    if (schedule === undefined) return;
    const { successful_runs_history_limit: good, failed_runs_history_limit: bad } = schedule;
    const { kept } = this.tally.account(name);
    for (const { run } of [...beyond(kept, true, good), ...beyond(kept, false, bad)]) {
      this.#wants.runs.remove(run);
      this.#write({ event: 'removed', at: this.#at(), schedule: name, run });
    }
  }

  #tell(news: News): void {
    const notify = this.#schedules.get(news.schedule)?.notify;
    if (notify === undefined) return;
    const telling = this.#wants.messenger.tell(notify, news, (how, failed) =>
      this.#guarded(() => {
        const { schedule, run } = news;
        this.#write({ event: 'told', at: this.#at(), schedule, run, how, ...(failed !== undefined && { failed }) });
      }),
    );
    this.#telling.add(telling);
    void telling.then(() => this.#telling.delete(telling));
  }

  /** Starts nothing more, hands the signal on, and waits. */
  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#guarded(() => this.#write({ event: 'stopping', at: this.#at() }));
    const going = [...this.#going.values()];
    going.forEach(end);
    await Promise.all(going.map(({ started }) => started.ended));
    await Promise.all(this.#telling);
    this.#guarded(() => this.#write({ event: 'stopped', at: this.#at() }));
  }
}

function end(going: Going | undefined): void {
  if (going === undefined) return;
  going.asked = true;
  going.started.stop();
}

function beyond(kept: Account['kept'], passed: boolean, limit: number | undefined): Account['kept'] {
  if (limit === undefined) return [];
  const some = kept.filter(({ outcome }) => (outcome === 'passed') === passed);
  return some.slice(0, Math.max(0, some.length - limit));
}
