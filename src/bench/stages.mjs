import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { moduleOptions } from '../bundle.mjs';
import { bin, inTurn, median, ofPairs, root, told, yardstick } from './measure.mjs';

/** By what one stage adds to the one before it (`one-stage.mjs`). */
const STAGES = {
  house: 'the stand, for a target that only sends ready bytes',
  agent: 'the agent',
  trace: 'the trace',
  judged: 'judging',
  'run.json': 'run.json',
  reports: 'the other reports',
  bodies: 'what was said (bodies.jsonl)',
};

/** Makes the program of the stages; what comes back plays one and gives seconds of CPU an execution. */
export async function bundled(project) {
  // The package finds its own drills from where its code lies.
  const outfile = join(root, `dist/one-stage-${process.pid}.mjs`);
  process.once('exit', () => rmSync(outfile, { force: true }));
  const entryPoints = [join(import.meta.dirname, 'one-stage.mjs')];
  await build({ ...moduleOptions, entryPoints, outfile, logLevel: 'error' });
  const drills = [project.drill('stage-warm', 510), project.drill('stage', 2010)];
  return (stage) => told([outfile, bin, stage, ...drills], project.cwd);
}

/** What each stage of an execution takes. */
export async function stages({ say, rounds, project }) {
  const play = await bundled(project);
  const names = Object.keys(STAGES);
  const [bare, ...all] = await inTurn(rounds, [yardstick, ...names.map((stage) => () => play(stage))]);
  for (const [i, what] of Object.values(STAGES).entries()) {
    const own = all[i].map((cost, round) => cost - (all[i - 1]?.[round] ?? 0));
    say(what, ofPairs(own, bare), 'yardsticks', `${(median(own) * 1e6).toFixed(0)} µs`);
  }
  say('all of them', ofPairs(all.at(-1), bare), 'yardsticks', `${(median(all.at(-1)) * 1e6).toFixed(0)} µs`);
}
