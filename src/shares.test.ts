import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BodyLine } from './core/bodies.ts';
import type { TraceEvent } from './core/trace.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import type { Opened, Shares } from './opened.ts';
import { runInOrder } from './run/in-order.ts';
import { openShares } from './share/process.ts';

const names = ['citation_quality_drop', 'tool_reply_lost', 'timeout_primary'];
const start = { cwd: root, names, target: 'reference', task: [], fault: [], tag: [], seed: 7 };
const { signal } = new AbortController();
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

/** All that is told of the drills, and what they come to. */
async function told(how: { jobs: number; apart?: Shares['drill'] }) {
  const [events, said]: [TraceEvent[], BodyLine[]] = [[], []];
  const { plans, players } = open;
  const keep = (line: BodyLine) => void said.push(line);
  const drills: unknown[] = [];
  for await (const drill of runInOrder({ ...how, plans, players, signal, keep, bail: false }, (e) => events.push(e)))
    drills.push({ ...drill, tasks: [...drill.tasks] });
  return JSON.stringify({ events, said, drills });
}

it('drills come to the same, byte for byte, in this process alone and with two others', async () => {
  const one = await told({ jobs: 1 });
  expect(one).toContain('"kind":"outcome"');
  expect(await told({ jobs: 2 })).toBe(one);
  expect(await told({ jobs: shares.ahead, apart: shares.drill })).toBe(one);
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
  await expect(there()).rejects.toThrow(/took a share of the run ended: SIGKILL/);
  await expect(Promise.race([here, Promise.resolve('still there')])).resolves.toBe('still there');
});
