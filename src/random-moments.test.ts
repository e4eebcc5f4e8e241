import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agent, bin, drill, ended, freshOut, home, readable, STORM, sizeOf, until } from './bad-endings.fixture.ts';
import { createRandom } from './core/random.ts';
import type { TraceEvent } from './core/trace.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';

// The command and its players, hit at moments that nobody has thought of. Each comes from the seed and its own number:
// how much of its trace a run has written by then or how many processes it has, and turns of an event loop after that.

/** How many: MOMENTS=200 npx vitest run src/random-moments.test.ts takes minutes. */
const MOMENTS = Number(process.env['MOMENTS'] ?? 6);
const SEED = 7;

const HITS = ['SIGINT', 'SIGINT to all', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGKILL of a player'] as const;
type Hit = (typeof HITS)[number];

const moments = Array.from({ length: MOMENTS }, (_, i) => {
  const random = createRandom(SEED).fork(`moment ${i}`);
  const below = (n: number) => Math.floor(random.next() * n);
  const hit: Hit = HITS[i % HITS.length] ?? 'SIGINT';
  const run = below(2) === 0 ? ('storm' as const) : ('good' as const);
  const jobs = 1 + below(2);
  const early = below(3) === 0;
  const [processes, percent] = early ? [below(5), 0] : [0, 1 + below(110)];
  return { i, hit, run, jobs, processes, percent, turns: below(2) * below(2000), which: random.next() };
});

const titleOf = ({ i, hit, run, jobs, processes, percent, turns }: (typeof moments)[number]) =>
  `${i}: ${hit}; ${run}, jobs ${jobs}; after ${processes} processes, ${percent} percent and ${turns} turns`;

/** The two that are run: with what they are asked for, and what becomes of them when nobody touches them. */
const runs = { storm: { words: [] as string[] }, good: { words: [] as string[] } };
const unhurt = new Map<string, { code: number | null; trace: string; verdicts: string[] }>();

const asking = (name: string) =>
  `{ drill: ${name}, title: T, hypothesis: H, workflow: any, phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }], expect: { fails-over: { role: backup } } }`;

function traceIn(out: string): string {
  const [folder] = existsSync(out) ? readdirSync(out) : [];
  const file = join(out, folder ?? '', 'trace.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * The whole lines of a trace by the drill they are of, without their numbers: where several run at once, the events of each
 * begin where those of the one before it stop.
 */
function byDrill(trace: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of trace.split('\n').slice(0, -1)) {
    const [, drill = '', event = line] = /^\{"seq":\d+,"at":[^,]+,"drill":"([^"]+)",(.*)$/.exec(line) ?? [];
    lines.set(drill, `${lines.get(drill) ?? ''}${event}\n`);
  }
  return lines;
}

/** The asks that began and did not end. */
function openIn(events: readonly TraceEvent[]): number[] {
  const over = new Set(events.flatMap((e) => (e.kind === 'outcome' || e.kind === 'hung' ? [e.ask] : [])));
  return events.flatMap((e) => (e.kind === 'ask' && !over.has(e.ask) ? [e.ask] : []));
}

/** Nothing stands there that an untouched run had not written, and nothing is missing but at the end of a drill. */
function expectBeginningOf(whole: string, trace: string): void {
  const all = byDrill(whole);
  for (const [drill, lines] of byDrill(trace)) expect(all.get(drill)?.startsWith(lines), drill).toBe(true);
}

const read = (file: string) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** What the kernel tells of a process that runs; one that has ended and is not yet buried runs no more. */
function running(pid: number) {
  const [state, parent, ...rest] = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  // Numbers of processes are used again, and not in the same moment.
  return state === '' || state === 'Z' || state === 'X' ? undefined : { parent: Number(parent), since: rest[17] };
}

const childrenOf = (pid: number) =>
  (read(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? []).map(Number).filter((one) => one > 1);

/** All processes of a run that were seen so far, whoever started them. */
class Family {
  readonly #seen = new Map<number, string | undefined>();
  readonly #command: number;

  constructor(command: number) {
    this.#command = command;
    this.#seen.set(command, running(command)?.since);
  }

  /** How many there were beside the command. */
  look(): number {
    for (const parent of this.#seen.keys())
      if (this.#lives(parent))
        for (const pid of childrenOf(parent)) if (!this.#seen.has(pid)) this.#seen.set(pid, running(pid)?.since);
    return this.#seen.size - 1;
  }

  #lives = (pid: number) => {
    const now = running(pid);
    return now !== undefined && now.since === this.#seen.get(pid);
  };

  players(): number[] {
    return childrenOf(this.#command).filter((pid) => running(pid)?.parent === this.#command);
  }

  left(): number[] {
    this.look();
    return [...this.#seen.keys()].filter(this.#lives);
  }
}

/** Hits a process that this test has started; false where there is none any more. */
function kill(pid: number | undefined, signal: NodeJS.Signals, toAll = false): boolean {
  if (pid === undefined || !(pid > 1)) return false;
  try {
    return process.kill(toAll ? -pid : pid, signal);
  } catch {
    return false;
  }
}

async function strike(child: ChildProcess, family: Family, hit: Hit, which: number): Promise<boolean> {
  if (hit === 'SIGINT to all') return kill(child.pid, 'SIGINT', true);
  if (hit !== 'SIGKILL of a player') return child.kill(hit);
  await until(() => family.look() > 0 && family.players().length > 0, child);
  const players = family.players();
  return kill(players[Math.floor(which * players.length)], 'SIGKILL');
}

const tally = new Map<string, number>();

const supported = existsSync(`/proc/${process.pid}/task/${process.pid}/children`);

describe.skipIf(!supported)('at a random moment', () => {
  beforeAll(() => {
    for (const name of ['one', 'two']) writeFileSync(join(home, `${name}.yaml`), asking(name));
    runs.storm.words = ['./one.yaml', './two.yaml', '--tasks', 'tasks', '--target', agent(STORM)];
    runs.good.words = ['timeout_primary', 'invalid_schema_backup', '--target', 'fixtures/targets/good-orders.ts'];
    for (const [name, { words }] of Object.entries(runs)) {
      const out = freshOut();
      const { status } = drill([bin, 'run', ...words, '--out', out]);
      const verdicts = readable(out, true)?.report?.drills.map((one) => one.verdict) ?? [];
      unhurt.set(name, { code: status, trace: traceIn(out), verdicts });
    }
    expect([...unhurt.values()].map(({ code }) => code)).toEqual([1, 0]);
  });
  afterAll(() =>
    console.log(
      [...tally]
        .map(([what, n]) => `${what}: ${n}`)
        .sort()
        .join('\n'),
    ),
  );

  it.each(moments.map((one) => [titleOf(one), one] as const))('%s', async (_, moment) => {
    const { hit, run, jobs, processes, percent, turns, which } = moment;
    const whole = unhurt.get(run);
    if (whole === undefined) throw new Error('it was not run');
    // To the command itself.
    const sent = hit === 'SIGKILL of a player' ? undefined : hit.split(' ')[0];
    const out = freshOut();
    // A group of its own, as a shell makes one: Ctrl-C goes to all of it.
    const child = spawn(process.execPath, [bin, 'run', ...runs[run].words, '--jobs', String(jobs), '--out', out], {
      ...{ cwd: home, stdio: ['ignore', 'ignore', 'pipe'], detached: true },
      ...{ timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' },
    });
    const over = ended(child);
    const family = new Family(child.pid ?? -1);
    await until(
      () => family.look() >= processes && (percent === 0 || sizeOf(out) * 100 >= whole.trace.length * percent),
      child,
    );
    for (let i = 0; i < turns; i++) {
      family.look();
      await new Promise(setImmediate);
    }
    const struck = await strike(child, family, hit, which);
    // Whom it starts from now on belongs to it as well.
    await until(() => {
      family.look();
      return false;
    }, child);
    const { code, signal, stderr } = await over;
    await until(() => family.left().length === 0);

    const left = readable(out, hit !== 'SIGKILL');
    const trace = traceIn(out);
    const count = (what: string) => tally.set(`${hit}, ${what}`, (tally.get(`${hit}, ${what}`) ?? 0) + 1);
    if (left?.report?.status === 'completed' && trace === whole.trace) {
      count(struck ? 'when all was played' : 'too late');
      // Node is killed where it has ended listening and not yet itself.
      expect(signal ?? code, stderr).toBe(signal === null || sent === undefined ? whole.code : sent);
      expect(left.report.drills.map((one) => one.verdict)).toEqual(whole.verdicts);
      return;
    }
    expect(struck).toBe(true);
    if (left !== undefined) expect(family.look()).toBeGreaterThan(0);
    if (hit === 'SIGKILL of a player') {
      if (left === undefined) {
        count('while its target was loaded');
        expect(stderr).toMatch(/^error: the target could not be loaded: the target ended its process \(SIGKILL\)/);
        expect(code).toBe(2);
        return;
      }
      count('with something left to play');
      const drills = left.report?.drills ?? [];
      const [hurt, ...more] = drills.filter((one) => one.verdict === 'inconclusive').map((one) => one.name);
      expect(more).toEqual([]);
      expect(drills.map((one) => (one.name === hurt ? '' : one.verdict))).toEqual(
        drills.map((one, n) => (one.name === hurt ? '' : whole.verdicts[n])),
      );
      // A finding in another drill stands; nothing makes it a pass.
      expect([code, left.report?.status], stderr).toEqual([whole.code === 1 && drills.length > 1 ? 1 : 3, 'completed']);
      // One of each ask that was under way, or one of none.
      const open = openIn(left.events.filter((e) => e.kind !== 'run-header' && e.drill === hurt));
      const said = { drill: hurt, what: 'the target ended its process (SIGKILL)', fatal: true, ended: true };
      expect(left.events.filter((e) => e.kind === 'real-io')).toMatchObject(
        open.length === 0 ? [said] : open.map((ask) => ({ ...said, ask })),
      );
      for (const [drill, lines] of byDrill(trace)) {
        const played = drill === hurt ? lines.slice(0, lines.search(/^.*"kind":"real-io"/m)) : lines;
        const all = byDrill(whole.trace).get(drill);
        expect(drill === hurt ? all?.slice(0, played.length) : all, drill).toBe(played);
      }
      return;
    }
    expectBeginningOf(whole.trace, trace);
    if (hit === 'SIGKILL') {
      count(left === undefined ? 'before anything was written' : 'in the midst');
      expect([code, signal, left?.report]).toEqual([null, 'SIGKILL', undefined]);
      return;
    }
    const asked = hit === 'SIGHUP' ? 129 : 130;
    if (left === undefined) {
      count('before anything was written');
      // Node itself is killed where the signal comes before our first line: a shell says the same of that.
      expect(signal === null ? code : signal, stderr).toBe(signal === null ? asked : sent);
      expect(stderr).toMatch(/^(interrupted\n)?$/);
      return;
    }
    count('in the midst');
    expect([code, signal], stderr).toEqual([asked, null]);
    expect(stderr).toMatch(/^interrupted; the trace so far is in .*\n$/);
    if (left.report !== undefined)
      expect(left.report).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
  });
});
