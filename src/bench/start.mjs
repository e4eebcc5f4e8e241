import { bin, cpuInTurn, cpuOf, median, ofPairs } from './measure.mjs';

/** What it takes to start, against Node that does nothing. */
export async function start({ say, rounds, project: { cwd } }) {
  const commands = {
    'drill --version': ['--version'],
    'one mocked drill with its reports': ['run', 'timeout_primary'],
  };
  const measures = [['-e', '0'], ...Object.values(commands).map((words) => [bin, ...words])];
  // What V8 compiled is kept by the first runs.
  for (const words of [...measures, ...measures]) await cpuOf(words, cwd);
  const [bare, ...all] = await cpuInTurn(3 * rounds, measures, cwd);
  for (const [i, what] of Object.keys(commands).entries())
    say(what, ofPairs(all[i], bare), '× bare node', `${(median(all[i]) * 1000).toFixed(0)} ms of CPU`);
}
