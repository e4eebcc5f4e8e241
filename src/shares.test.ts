import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { BodyLine } from './core/bodies.ts';
import { Stop } from './core/stop.ts';
import type { TraceEvent } from './core/trace.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import type { Opened, Shares } from './opened.ts';
import { runInOrder } from './run/in-order.ts';
import type { RunApart, RunWatch } from './run/plan.ts';
import { openShares } from './share/process.ts';

const names = ['citation_quality_drop', 'tool_reply_lost', 'timeout_primary'];
const start = { cwd: root, names, target: 'reference', task: [], fault: [], tag: [], seed: 7 };
const { signal } = new AbortController();
const LEVER = { kind: 'lever', name: 'lever', reason: 'it was pulled', value: null, threshold: null } as const;
const STOPS_AFTER = 20;
let open: Opened;
let seedHere: Parameters<Shares['seed']>[2];
let shares: Shares;

beforeAll(async () => {
  await runDrill({
    ...start,
    async share(opened, runSeed) {
      [open, seedHere] = [opened, runSeed];
      return 0;
    },
  }).catch(() => {});
  shares = openShares(start, process.env, 3, () => {});
});
afterAll(() => shares.end());

type How = Pick<Parameters<typeof runInOrder>[0], 'jobs' | 'apart' | 'watch'> & { stop?: AbortController };

/** All that is told of the drills, and what they come to. */
async function outcome({ stop, ...how }: How) {
  const [events, said]: [TraceEvent[], BodyLine[]] = [[], []];
  const { plans, players } = open;
  const keep = (line: BodyLine) => void said.push(line);
  const wishes = { ...how, plans, players, signal: stop?.signal ?? signal, keep, bail: false };
  const sink = (event: TraceEvent) => {
    events.push(event);
    if (events.length === STOPS_AFTER) stop?.abort(new Stop(LEVER));
  };
  const drills: { tasks: unknown }[] = [];
  for await (const drill of runInOrder(wishes, sink)) drills.push({ ...drill, tasks: [...drill.tasks] });
  return { events, said, drills };
}
const told = async (how: How) => JSON.stringify(await outcome(how));

it('drills come to the same, byte for byte, in this process alone and with two others', async () => {
  const one = await told({ jobs: 1 });
  expect(one).toContain('"kind":"outcome"');
  expect(await told({ jobs: 2 })).toBe(one);
  expect(await told({ jobs: shares.ahead, apart: shares.drill })).toBe(one);
  // What can be kept in no file goes by pipe and memory.
  vi.stubEnv('TMPDIR', join(root, 'no/such/folder'));
  expect(await told({ jobs: shares.ahead, apart: shares.drill })).toBe(one);
  vi.unstubAllEnvs();
});

it('one that has played takes the next drill before it is its turn to be told', async () => {
  const two = openShares(start, process.env, 2, () => {});
  const begun = new Map<string, () => void>();
  const all = names.slice(1).map((name) => new Promise<void>((resolve) => begun.set(name, resolve)));
  const watch: RunWatch = {
    async begin({ drill: { drill } }) {
      begun.get(drill)?.();
      return async () => {};
    },
    see() {},
  };
  // The first, which is played here, ends after all others have begun.
  const apart: RunApart = (plan, around, here) =>
    two.drill(plan, around, async (...block) => {
      await Promise.all(all);
      return here(...block);
    });
  const { drills } = await outcome({ jobs: two.ahead, apart, watch });
  await two.end();
  expect(drills).toHaveLength(names.length);
});

it('a run that is stopped has what was told until then, in order', async () => {
  const two = openShares(start, process.env, 2, () => {});
  // This process has something else to do.
  two.seed(1, signal, () => new Promise(() => {}));
  const stop = new AbortController();
  const whole = await outcome({ jobs: 1 });
  const { events, drills } = await outcome({ jobs: two.ahead, apart: two.drill, stop });
  await two.end();
  expect(drills.length).toBeLessThan(names.length);
  expect(events.length).toBeGreaterThanOrEqual(STOPS_AFTER);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  const played = (of: typeof events, name: string) =>
    of.filter((event) => 'drill' in event && event.drill === name).map(({ kind }) => kind);
  for (const name of names) {
    const some = played(events, name).filter((kind) => kind !== 'stop' && kind !== 'reverted');
    expect(some).toEqual(played(whole.events, name).slice(0, some.length));
  }
});

it('a run that ends early leaves nothing behind of what it had begun', async () => {
  const two = openShares(start, process.env, 2, () => {});
  const { plans, players } = open;
  const wishes = { plans, players, signal, jobs: two.ahead, apart: two.drill, bail: false };
  for await (const drill of runInOrder(wishes, () => {})) {
    expect(drill.verdict).toBe('passed');
    break;
  }
  // What rejects without anybody to hear it fails this file.
  await two.end();
  await new Promise((resolve) => setImmediate(resolve));
});

it('so do seeds, which one process is given one after another', async () => {
  const seeds = [7, 8, 9];
  const there = await Promise.all(seeds.map((seed) => shares.seed(seed, signal, seedHere)));
  for (const [i, seed] of seeds.entries()) expect(there[i]).toEqual(await seedHere(seed));
});

it('one that is lost is told, with what to do', async () => {
  const gone = openShares({ ...start, names: ['no_such_drill'] }, process.env, 2, () => {});
  const busy = new Promise<never>(() => {});
  const here = gone.seed(1, signal, () => busy);
  const there = () => gone.seed(2, signal, () => busy);
  await expect(there()).rejects.toThrow('no_such_drill');
  await gone.end();
  await expect(there()).rejects.toThrow(/took a share of the run was lost: it ended: SIGKILL/);
  await expect(Promise.race([here, Promise.resolve('still there')])).resolves.toBe('still there');
});
