import { bin, cpuInTurn, further, ofPairs, peakOf } from './measure.mjs';
import { LOADS, SOME_CALLS } from './project.mjs';

/** What each further one costs once there are many, and the memory: against where there are few. */
async function grow({ say, rounds, project: { cwd } }, what, sizes, wordsFor) {
  const words = sizes.map((size) => [bin, 'run', ...wordsFor(size)]);
  const costs = await cpuInTurn(rounds, words, cwd);
  const each = (i) => further(costs[i - 1], costs[i], sizes.slice(i - 1));
  const [least] = sizes;
  const few = await peakOf(words[0], cwd);
  for (const [i, size] of sizes.entries()) {
    if (i > 1) say(`${what}: each above ${sizes[i - 1]}`, ofPairs(each(i), each(1)), `× each above ${least}`);
    if (i === 0) continue;
    const peak = await peakOf(words[i], cwd);
    say(`${what}: memory of ${size}`, peak / few, `× of ${least}`, `${peak.toFixed(0)} MB`);
  }
}

export async function asks(bench) {
  const { project, quick, long } = bench;
  const sizes = [500, ...(quick ? [1_000, 2_000] : [2_500, 5_000]), ...(long ? [50_000] : [])];
  for (const [arrival, load] of Object.entries(LOADS)) {
    const drill = (size) => [project.drill(`${arrival} ${size}`, size, { load, faults: SOME_CALLS })];
    await grow(bench, `asks ${arrival}`, sizes, drill);
  }
}

const manySizes = ({ quick, long }) => (quick ? [10, 30, 60] : [10, 100, 200, ...(long ? [1_000] : [])]);

export async function drills(bench) {
  const sizes = manySizes(bench);
  const names = Array.from({ length: sizes.at(-1) }, (_, i) => bench.project.drill(`one-${i}`, 100));
  await grow(bench, 'drills of 100 asks', sizes, (size) => names.slice(0, size));
}

export const seeds = (bench) =>
  grow(bench, 'seeds', manySizes(bench), (size) => ['timeout_primary', '--seeds', `1..${size}`]);
