import { join } from 'node:path';
import { bin, cpuOf, further, inTurn, median, ofPairs, root, yardstick } from './measure.mjs';
import { bundled } from './stages.mjs';

const SDK = join(root, 'fixtures/targets/openai-sdk-agent.ts');

/** Executions a second of CPU against the yardstick's: of a whole run, and without its start, as the difference of two. */
export async function executions({ say, rounds, quick, project }) {
  const { cwd } = project;
  const targets = { reference: [510, quick ? 2010 : 6010], [SDK]: [110, quick ? 510 : 2010] };
  const play = (target, asks) => () =>
    cpuOf([bin, 'run', project.drill(`asks-${asks}`, asks), '--target', target], cwd);
  const runs = Object.entries(targets).flatMap(([target, sizes]) => sizes.map((asks) => play(target, asks)));
  const house = await bundled(project);
  const [bare, few, many, sdkFew, sdkMany, agent] = await inTurn(rounds, [yardstick, ...runs, () => house('agent')]);
  const tell = (what, costs) =>
    say(what, ofPairs(bare, costs), '× the yardstick', `${(1 / median(costs)).toFixed(0)} a second of CPU`);
  const per = (asks) => (cpu) => cpu / asks;
  say('the yardstick', 1 / median(bare), 'executions a second of CPU');
  tell(`reference, a run of ${targets.reference[1]} asks`, many.map(per(targets.reference[1])));
  tell('reference, each further ask', further(few, many, targets.reference));
  tell('reference, without checks and reports', agent);
  tell(`SDK agent, a run of ${targets[SDK][1]} asks`, sdkMany.map(per(targets[SDK][1])));
  tell('SDK agent, each further ask', further(sdkFew, sdkMany, targets[SDK]));
}
