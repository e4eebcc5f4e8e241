import { entryOf } from '../core/once.ts';
import type { Known } from '../world/processes.ts';
import { type Entry, OUTCOMES, type Outcome } from './journal.ts';

/** A run of which no end is known. */
export interface OpenRun {
  schedule: string;
  run: string;
  due: string;
  process?: Known;
}

/** What is known of one schedule. */
export interface Account {
  cron?: string;
  timeZone?: string;
  /** Since when it is as it is now. */
  since?: string;
  /** The latest due time that was started or missed. */
  lastDue?: string;
  runs: Record<Outcome, number>;
  missed: number;
  /** What the last run came to that came to its end. */
  lastOutcome?: Outcome;
  lastSuccessAt?: string;
  /** Ended runs whose reports are kept, oldest first. */
  kept: { run: string; outcome: Outcome }[];
}

/** Everything the journal says, line by line. */
export class Tally {
  readonly accounts = new Map<string, Account>();
  readonly open = new Map<string, OpenRun>();
  /** Whoever keeps the journal; undefined once it has said that it stopped. */
  keeper: Known | undefined;

  account(schedule: string): Account {
    return entryOf(this.accounts, schedule, () => ({ runs: noRuns(), missed: 0, kept: [] }));
  }

  add(entry: Entry): void {
    if (entry.event === 'began') this.#began(entry);
    else if (entry.event === 'stopped') this.keeper = undefined;
    else if (entry.event !== 'stopping') this.#happened(entry);
  }

  #happened(entry: Exclude<Entry, { event: 'began' | 'stopping' | 'stopped' }>): void {
    const account = this.account(entry.schedule);
    if (entry.event === 'started') {
      account.lastDue = entry.due;
      this.open.set(entry.run, { schedule: entry.schedule, run: entry.run, due: entry.due });
    } else if (entry.event === 'missed' || entry.event === 'missed_many') {
      account.lastDue = entry.due;
      account.missed += 1;
    } else if (entry.event === 'spawned') {
      const open = this.open.get(entry.run);
      if (open !== undefined) open.process = { pid: entry.pid, identity: entry.identity };
    } else if (entry.event === 'ended') this.#ended(entry, account);
    else if (entry.event === 'removed') account.kept = account.kept.filter(({ run }) => run !== entry.run);
  }

  #began({ at, pid, identity, schedules }: Extract<Entry, { event: 'began' }>): void {
    this.keeper = { pid, identity };
    // What was taken out and comes back later begins anew.
    for (const [name, account] of this.accounts) if (schedules[name] === undefined) delete account.cron;
    for (const [name, { cron, time_zone }] of Object.entries(schedules)) {
      const account = this.account(name);
      if (account.cron === cron && account.timeZone === time_zone) continue;
      Object.assign(account, { cron, timeZone: time_zone, since: at });
      // What the old line had to say of its due times is no beginning for the new one.
      delete account.lastDue;
    }
  }

  #ended({ run, outcome, at }: Extract<Entry, { event: 'ended' }>, account: Account): void {
    this.open.delete(run);
    account.runs[outcome] += 1;
    // Of what was cut short nobody knows what it would have come to.
    if (outcome !== 'interrupted') account.lastOutcome = outcome;
    if (outcome === 'passed') account.lastSuccessAt = at;
    account.kept.push({ run, outcome });
  }
}

const noRuns = (): Record<Outcome, number> => ({
  passed: 0,
  inconclusive: 0,
  stopped: 0,
  failed: 0,
  errored: 0,
  interrupted: 0,
});

/** Whether somebody is to be told: it failed, or it is worse than the run before. */
export function isWorthTelling(outcome: Outcome, before: Outcome | undefined): boolean {
  const badness = (one: Outcome) => OUTCOMES.indexOf(one);
  return badness(outcome) >= badness('failed') || (before !== undefined && badness(outcome) > badness(before));
}
