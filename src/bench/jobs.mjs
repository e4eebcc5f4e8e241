import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bin, inTurn, median, ofPairs, root, took, yardstick } from './measure.mjs';

const SDK = join(root, 'fixtures/targets/openai-sdk-agent.ts');
const JOBS = 2;

/** Wall time with two jobs against one, beside twice the yardstick's work at once against one after the other. */
export async function jobs({ say, rounds, quick, project }) {
  if (availableParallelism() < JOBS) return say.skip('-j 2', 'this machine has one core');
  const { cwd } = project;
  const sixOf = (asks) => Array.from({ length: 6 }, (_, i) => project.drill(`six-${i}-of-${asks}`, asks));
  const [few, many] = [500, quick ? 1_000 : 3_000];
  const runs = {
    [`six drills of ${few} asks`]: sixOf(few),
    [`six drills of ${many} asks`]: sixOf(many),
    [`six drills of ${few} asks, SDK agent`]: [...sixOf(few), '--target', SDK],
    'seeds 1..200': ['timeout_primary', '--seeds', quick ? '1..40' : '1..200'],
  };
  const wallOf = (words, job) => async () => (await took([bin, 'run', ...words, '--jobs', `${job}`], cwd)).wall;
  const wall = async () => (await took([yardstick.program], cwd)).wall;
  const copies = (count) => async () => Math.max(...(await Promise.all(Array.from({ length: count }, wall))));
  const commands = Object.values(runs).flatMap((words) => [wallOf(words, 1), wallOf(words, JOBS)]);
  const [one, two, ...all] = await inTurn(rounds, [copies(1), copies(2), ...commands]);
  const bare = ofPairs(two, one) / 2;
  say('two yardsticks at once', bare, '× one after the other', `${median(one).toFixed(1)} s each`);
  for (const [i, what] of Object.keys(runs).entries()) {
    const [alone, together] = [all[2 * i], all[2 * i + 1]];
    const ratio = ofPairs(together, alone);
    const than = `${(ratio / bare).toFixed(2)} × what two yardsticks reach; ${median(alone).toFixed(1)} s with -j 1`;
    say(`-j 2, ${what}`, ratio, '× -j 1', than);
  }
}
