import { Cron } from 'croner';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../core/clock.ts';
import { createRandom } from '../core/random.ts';
import { type NamedSchedule, Schedule } from '../core/schedule.ts';
import { createNextDue } from '../text/cron.ts';
import { isoTime, momentOf } from '../world/index.ts';
import { VirtualClock } from '../world/virtual-clock.ts';
import { Daemon, runId } from './daemon.ts';
import { metricsOf } from './health.ts';
import type { Entry, Outcome } from './journal.ts';
import type { News } from './messenger.ts';
import type { Ended, Runs } from './runs.ts';
import { Tally } from './tally.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Europe and America change their clocks twice after it. */
const BEGIN = '2026-01-15T00:00:00Z';

/** Everything that is waiting has had its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Play {
  ms: number;
  outcome: Outcome;
}

/** A machine with daemons on it that can be killed, in virtual time. */
class Machine {
  readonly clock: VirtualClock;
  readonly lines: string[] = [];
  readonly news: News[] = [];
  readonly removed: string[] = [];
  /** The most runs of a schedule that went on together. */
  readonly together = new Map<string, number>();
  /** How often each run was begun. */
  readonly begun = new Map<string, number>();
  readonly #alive = new Map<string, string>();
  readonly #play: (run: string) => Play;
  daemon: Daemon | undefined;
  /** How the journal is broken, if it is. */
  broken: Error | undefined;
  /** The safety lever is engaged. */
  halted = false;
  #stop = new AbortController();
  #kept: Promise<unknown> = Promise.resolve();
  #kill = () => {};

  constructor(play: (run: string) => Play, begin = BEGIN) {
    this.clock = new VirtualClock(momentOf(begin));
    this.#play = play;
  }

  get entries(): Entry[] {
    return this.lines.map((line) => JSON.parse(line));
  }

  get now(): number {
    return this.clock.epochMs + this.clock.now();
  }

  start(schedules: readonly NamedSchedule[]): void {
    const clock = this.#mortal();
    const tally = new Tally();
    for (const entry of this.entries) tally.add(entry);
    this.#stop = new AbortController();
    const random = createRandom(7);
    this.daemon = new Daemon({
      ...{ schedules, clock, tally, runs: this.#runs(clock), self: { pid: 1 } },
      journal: {
        write: (entry) => {
          if (this.broken !== undefined) throw this.broken;
          this.lines.push(JSON.stringify(entry));
        },
      },
      messenger: { tell: async (_, news) => void this.news.push(news) },
      nextDueOf: ({ cron, time_zone }) => remembered(cron, time_zone),
      chance: (label) => random.fork(label).next(),
      halted: () => this.halted,
    });
    this.#kept = this.daemon.keep(this.#stop.signal);
    this.#kept.catch(() => {});
  }

  /** As SIGKILL does: nothing that belongs to it happens any more. Its runs go on. */
  kill(): void {
    this.#kill();
  }

  /** As SIGTERM does. */
  async stop(): Promise<unknown> {
    this.#stop.abort();
    return this.#kept;
  }

  async until(moment: number): Promise<void> {
    this.clock.schedule(moment - this.now, () => {});
    for (;;) {
      await settled();
      const next = this.clock.peek();
      if (next === undefined || this.clock.epochMs + next > moment) return;
      this.clock.step();
    }
  }

  #mortal(): Clock {
    const life = { over: false };
    this.#kill = () => {
      life.over = true;
    };
    const { clock } = this;
    const ifAlive = <T>(wait: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        wait.then(
          (value) => life.over || resolve(value),
          (error) => life.over || reject(error),
        );
      });
    return {
      ...{ kind: 'virtual', epochMs: clock.epochMs, now: () => clock.now() },
      sleep: (ms, signal) => ifAlive(clock.sleep(ms, signal)),
      never: (signal) => ifAlive(clock.never(signal)),
    };
  }

  #runs(clock: Clock): Runs {
    const folders = this.begun;
    return {
      start: (run, { name }) => {
        folders.set(run, (folders.get(run) ?? 0) + 1);
        this.#alive.set(run, name);
        const count = [...this.#alive.values()].filter((one) => one === name).length;
        this.together.set(name, Math.max(count, this.together.get(name) ?? 0));
        const { ms, outcome } = this.#play(run);
        const cut = new AbortController();
        const ended = clock.sleep(ms, cut.signal).then(
          (): Ended => ({ outcome, report: `reports/${run}` }),
          (): Ended => ({ outcome: 'interrupted' }),
        );
        void ended.then(() => this.#alive.delete(run));
        return { ended, stop: () => cut.abort() };
      },
      recover: async ({ run }) => {
        this.#alive.delete(run);
        return { outcome: 'interrupted' };
      },
      remove: (run) => void this.removed.push(run),
    };
  }
}

/** A year of them takes seconds to find: for the second daemon they are known. */
const NEXT = new Map<string, number | undefined>();
function remembered(cron: string, zone: string) {
  const nextDue = createNextDue(cron, zone);
  return (after: number) => {
    const key = `${cron} ${zone} ${Math.floor(after / 1000)}`;
    if (!NEXT.has(key)) NEXT.set(key, nextDue(after));
    return NEXT.get(key);
  };
}

const named = (name: string, more: object): NamedSchedule => ({ name, ...Schedule.parse(more) });

/** When croner says that a line is due, later than `from` up to `to`. */
function dueBetween({ cron, time_zone: timezone }: Schedule, from: number, to: number): string[] {
  const key = `${cron} ${timezone}`;
  const all = DUE.get(key) ?? new Cron(cron, { timezone, paused: true }).nextRuns(2300, isoTime(from));
  DUE.set(key, all);
  expect(all.at(-1)?.getTime()).toBeGreaterThan(to);
  return all.filter((one) => one.getTime() <= to).map((one) => one.toISOString());
}
const DUE = new Map<string, Date[]>();

const about = <E extends Entry['event']>(entries: Entry[], event: E, schedule: string) =>
  entries.filter(
    (one): one is Extract<Entry, { event: E }> => one.event === event && 'schedule' in one && one.schedule === schedule,
  );

test('while the lever is engaged what is due is missed, and afterwards it starts again', async () => {
  const machine = new Machine(() => ({ ms: 1000, outcome: 'passed' }));
  machine.start([named('hourly', { cron: '0 * * * *' })]);
  const from = machine.now;
  machine.halted = true;
  await machine.until(from + 2.5 * HOUR);
  machine.halted = false;
  await machine.until(from + 3.5 * HOUR);
  expect(about(machine.entries, 'missed', 'hourly').map(({ why }) => why)).toEqual(['lever', 'lever']);
  expect(about(machine.entries, 'started', 'hourly').map(({ due }) => due)).toEqual(['2026-01-15T03:00:00.000Z']);
  await machine.stop();
});

describe('a year with two changes of the clocks', () => {
  const SCHEDULES = [
    named('gap', { cron: '30 2 * * *', time_zone: 'Europe/Berlin' }),
    named('often', { cron: '*/30 1-3 * * *', time_zone: 'Europe/Berlin', concurrency_policy: 'Allow' }),
    named('hourly', { cron: '0 0-3 * * *', time_zone: 'America/New_York', starting_deadline_seconds: 600 }),
    named('replaced', { cron: '0 1-3 * * *', time_zone: 'Australia/Lord_Howe', concurrency_policy: 'Replace' }),
    named('weekly', { cron: '15 4 * * MON', time_zone: 'Europe/Berlin', jitter_seconds: 3600 }),
  ];
  const durations = createRandom(3);
  /** Mostly short, at times longer than until the next one is due. */
  const play = (run: string): Play => {
    const share = durations.fork(run).next();
    return {
      ms: Math.round(share < 0.9 ? share * 10 * 60_000 : share * 3 * HOUR),
      outcome: share < 0.05 ? 'failed' : 'passed',
    };
  };

  /** Each due time stands in the journal once, and there is no other. */
  function expectEachOnce(machine: Machine, schedules: readonly NamedSchedule[], from: number): void {
    for (const schedule of schedules) {
      const told = [
        ...about(machine.entries, 'started', schedule.name),
        ...about(machine.entries, 'missed', schedule.name),
      ];
      const due = told.map((one) => one.due).sort();
      const still = machine.daemon?.nextDue(schedule.name) ?? Number.NaN;
      // What waits for its turn at the end is neither yet.
      expect(due, schedule.name).toEqual(dueBetween(schedule, from, Math.min(machine.now, still - 1)));
      expect(due.length, schedule.name).toBeGreaterThan(40);
    }
    expect([...machine.begun.values()].filter((times) => times > 1)).toEqual([]);
  }

  test('each due run is started once, or told as missed, as croner says; none overlaps under Forbid', async () => {
    const machine = new Machine(play);
    machine.start(SCHEDULES);
    const from = machine.now;
    await machine.until(from + 365 * DAY);
    expectEachOnce(machine, SCHEDULES, from);
    expect(Object.fromEntries(machine.together)).toMatchObject({ gap: 1, hourly: 1, replaced: 1, weekly: 1 });
    expect(machine.together.get('often')).toBeGreaterThan(1);
    // Nothing that could start was left out.
    expect(about(machine.entries, 'missed', 'gap')).toEqual([]);
    expect(about(machine.entries, 'missed', 'often')).toEqual([]);
    const late = about(machine.entries, 'missed', 'hourly');
    expect(late.length).toBeGreaterThan(10);
    expect(new Set(late.map(({ why }) => why))).toEqual(new Set(['still_running']));
    // On both days of the change: at the first moment after the gap, and once in the hour that comes twice.
    const gap = about(machine.entries, 'started', 'gap').map(({ due }) => due);
    expect(gap.filter((due) => due.startsWith('2026-03-29'))).toEqual(['2026-03-29T01:00:00.000Z']);
    expect(gap.filter((due) => due.startsWith('2026-10-25'))).toEqual(['2026-10-25T00:30:00.000Z']);
    await machine.stop();
  });

  test('the same with a daemon that is killed again and again, also in the middle of runs', async () => {
    const machine = new Machine(play);
    const from = machine.now;
    const chance = createRandom(11);
    machine.start(SCHEDULES);
    for (let day = 0; day < 365; day += 5) {
      await machine.until(from + day * DAY + Math.round(chance.next() * 4 * DAY));
      machine.kill();
      await machine.until(machine.now + Math.round(chance.next() ** 4 * DAY));
      machine.start(SCHEDULES);
    }
    await machine.until(from + 365 * DAY);
    expectEachOnce(machine, SCHEDULES, from);
    expect(Object.fromEntries(machine.together)).toMatchObject({ gap: 1, hourly: 1, replaced: 1, weekly: 1 });
    const why = machine.entries.flatMap((one) => (one.event === 'missed' ? one.why : []));
    expect(why.filter((one) => one === 'down').length).toBeGreaterThan(20);
    expect(
      machine.entries.filter((one) => one.event === 'ended' && one.outcome === 'interrupted').length,
    ).toBeGreaterThan(5);
    await machine.stop();
  });
});

describe('one schedule', () => {
  let machine: Machine;
  afterEach(() => machine.kill());
  const HOURLY = { cron: '0 * * * *' };
  const at = (hours: number) => momentOf(BEGIN) + hours * HOUR;
  const events = () => machine.entries.map((one) => one.event);
  const play = (...outcomes: Outcome[]) => {
    let n = 0;
    return (): Play => ({ ms: 60_000, outcome: outcomes[n++] ?? 'passed' });
  };

  test('a run is in the journal before it begins', async () => {
    let seen: Entry | undefined;
    machine = new Machine(() => {
      seen = machine.entries.at(-1);
      return { ms: 1, outcome: 'passed' };
    });
    machine.start([named('a', HOURLY)]);
    await machine.until(at(1));
    expect(seen).toMatchObject({ event: 'started', run: runId('a', at(1)), due: '2026-01-15T01:00:00.000Z' });
  });

  test('where the journal cannot be written nothing is begun, and the daemon ends', async () => {
    machine = new Machine(play());
    machine.start([named('a', HOURLY)]);
    await machine.until(at(1.5));
    machine.broken = new Error('no room');
    await machine.until(at(3));
    expect(machine.begun.size).toBe(1);
    expect(machine.daemon?.awake).toBe(false);
    await expect(machine.stop()).rejects.toThrow('no room');
  });

  test('a run that was killed is interrupted, and is not begun again', async () => {
    machine = new Machine(() => ({ ms: 50 * 60_000, outcome: 'passed' }));
    machine.start([named('a', HOURLY)]);
    await machine.until(at(1.2));
    machine.kill();
    machine.start([named('a', HOURLY)]);
    await machine.until(at(1.9));
    expect(events()).toEqual(['began', 'started', 'began', 'ended']);
    expect(machine.entries[3]).toMatchObject({ run: runId('a', at(1)), outcome: 'interrupted' });
  });

  test('what was missed by a little still starts, the last of it only; the rest is told', async () => {
    machine = new Machine(play());
    machine.start([named('a', { ...HOURLY, starting_deadline_seconds: 1800 })]);
    await machine.until(at(0.5));
    machine.kill();
    await machine.until(at(4.25));
    machine.start([named('a', { ...HOURLY, starting_deadline_seconds: 1800 })]);
    await machine.until(at(4.5));
    expect(about(machine.entries, 'missed', 'a').map(({ due, why }) => `${due.slice(11, 13)} ${why}`)).toEqual([
      '01 down',
      '02 down',
      '03 down',
    ]);
    expect(about(machine.entries, 'started', 'a').map(({ due }) => due.slice(11, 13))).toEqual(['04']);
  });

  test('an absence of many due times is told as a stretch, and ends where a run may still start', async () => {
    machine = new Machine(play());
    const every = named('a', { cron: '*/2 * * * * *', starting_deadline_seconds: 10 });
    machine.start([every]);
    await machine.until(at(0.0001));
    machine.kill();
    await machine.until(at(24));
    machine.start([every]);
    await machine.until(at(24) + 500);
    expect(about(machine.entries, 'missed', 'a').length).toBeGreaterThan(10_000);
    expect(about(machine.entries, 'missed', 'a').length).toBeLessThan(10_010);
    expect(about(machine.entries, 'missed_many', 'a')).toEqual([
      expect.objectContaining({ due: '2026-01-15T23:59:50.000Z' }),
    ]);
    expect(about(machine.entries, 'started', 'a').at(-1)?.due).toBe('2026-01-16T00:00:00.000Z');
  });

  test('another cron line, and a schedule that was away, have missed nothing', async () => {
    machine = new Machine(play());
    machine.start([named('a', HOURLY), named('b', HOURLY)]);
    await machine.until(at(1.5));
    machine.kill();
    await machine.until(at(9.5));
    machine.start([named('a', { cron: '30 * * * *' })]);
    await machine.until(at(9.6));
    machine.kill();
    await machine.until(at(12.6));
    machine.start([named('a', { cron: '30 * * * *' }), named('b', HOURLY)]);
    await machine.until(at(12.7));
    expect(about(machine.entries, 'missed', 'a').map(({ due }) => due.slice(11, 16))).toEqual([
      '10:30',
      '11:30',
      '12:30',
    ]);
    expect(about(machine.entries, 'missed', 'b')).toEqual([]);
  });

  test('one that is stopped begins nothing, hands the signal on, waits, and tells nobody', async () => {
    machine = new Machine(() => ({ ms: 30 * 60_000, outcome: 'passed' }));
    machine.start([named('a', { ...HOURLY, notify: { command: 'x' } })]);
    await machine.until(at(1.1));
    await machine.stop();
    expect(events()).toEqual(['began', 'started', 'stopping', 'ended', 'stopped']);
    expect(machine.entries[3]).toMatchObject({ outcome: 'interrupted' });
    expect(machine.news).toEqual([]);
  });

  test('somebody is told when a run fails, or is worse than the one before that came to its end', async () => {
    machine = new Machine(play('passed', 'inconclusive', 'inconclusive', 'failed', 'failed', 'passed', 'errored'));
    machine.start([named('a', { ...HOURLY, notify: { command: 'x' } })]);
    await machine.until(at(7.5));
    expect(machine.news.map(({ outcome, before }) => `${before} → ${outcome}`)).toEqual([
      'passed → inconclusive',
      'inconclusive → failed',
      'failed → failed',
      'passed → errored',
    ]);
    expect(machine.news[0]).toMatchObject({
      schedule: 'a',
      run: runId('a', at(2)),
      report: `reports/${runId('a', at(2))}`,
    });
  });

  test('the reports beyond the limits go, the oldest first', async () => {
    machine = new Machine(play('failed', 'passed', 'passed', 'failed', 'passed'));
    const limits = { successful_runs_history_limit: 1, failed_runs_history_limit: 2 };
    machine.start([named('a', { ...HOURLY, ...limits })]);
    await machine.until(at(5.5));
    expect(machine.removed).toEqual([runId('a', at(2)), runId('a', at(3))]);
    machine.kill();
    machine.start([named('a', { ...HOURLY, ...limits, successful_runs_history_limit: 0 })]);
    await machine.until(at(6.5));
    expect(machine.removed.slice(2)).toEqual([runId('a', at(5)), runId('a', at(6))]);
  });

  test('a run starts later by chance, always within the jitter', async () => {
    machine = new Machine(play());
    machine.start([named('a', { ...HOURLY, jitter_seconds: 600 })]);
    await machine.until(at(40));
    const late = about(machine.entries, 'started', 'a').map((one) => (momentOf(one.at) - momentOf(one.due)) / 1000);
    expect(late.every((one) => one >= 0 && one <= 600)).toBe(true);
    expect(new Set(late).size).toBeGreaterThan(20);
  });

  test('figures for Prometheus, which go on after a restart', async () => {
    machine = new Machine(play('passed', 'failed'));
    machine.start([named('a', HOURLY)]);
    await machine.until(at(2.5));
    machine.kill();
    await machine.until(at(4.5));
    machine.start([named('a', HOURLY)]);
    await machine.until(at(5) + 30_000);
    if (machine.daemon === undefined) throw new Error('it was started');
    const text = metricsOf(machine.daemon);
    expect(text).toContain('drill_schedule_runs_total{schedule="a",verdict="passed"} 1\n');
    expect(text).toContain('drill_schedule_runs_total{schedule="a",verdict="failed"} 1\n');
    expect(text).toContain('drill_schedule_missed_total{schedule="a"} 2\n');
    expect(text).toContain(`drill_schedule_last_success_timestamp_seconds{schedule="a"} ${at(1) / 1000 + 60}\n`);
    expect(text).toContain(`drill_schedule_next_due_timestamp_seconds{schedule="a"} ${at(6) / 1000}\n`);
    expect(text).toContain('drill_schedule_running{schedule="a"} 1\n');
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP \w+ .+|TYPE \w+ (counter|gauge))|\w+\{schedule="\w+"(,verdict="\w+")?\} \d+)$/);
  });
});
