// `npm run bench`: every figure beside its yardstick, in one run. Nothing here is a test: it prints, it never fails.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { beside } from './beside.mjs';
import { executions } from './executions.mjs';
import { installed, page } from './files.mjs';
import { openHistory } from './history.mjs';
import { jobs } from './jobs.mjs';
import { root } from './measure.mjs';
import { Project } from './project.mjs';
import { asks, drills, seeds } from './scaling.mjs';
import { sockets } from './sockets.mjs';
import { stages } from './stages.mjs';
import { start } from './start.mjs';

const GROUPS = { start, executions, stages, asks, drills, seeds, jobs, beside, page, sockets, installed };
const USUAL = join(root, 'bench-history.jsonl');

const HELP = `npm run bench -- [options]

  --only <groups>   of ${Object.keys(GROUPS).join(', ')}
  --quick           smaller sizes and fewer rounds: three minutes in place of half an hour
  --long            50,000 asks, 1,000 drills and 1,000 seeds as well: an hour more
  --history <file>  where each run adds a line, and what figures are held against (bench-history.jsonl)

Figures are ratios of CPU time, that of child processes counted, to a millisecond: medians of pairs that were measured in turn.

  npm run bench -- --only start,stages
  npm run bench -- --quick --history mine.jsonl
`;

function optionsOf(words) {
  const options = { only: { type: 'string', multiple: true }, history: { type: 'string', default: USUAL } };
  const flags = { quick: { type: 'boolean', default: false }, long: { type: 'boolean' }, help: { type: 'boolean' } };
  const { values } = parseArgs({ args: words, options: { ...options, ...flags } });
  const only = values.only?.flatMap((names) => names.split(',')) ?? Object.keys(GROUPS);
  const unknown = only.find((name) => !Object.hasOwn(GROUPS, name));
  if (unknown !== undefined)
    throw new Error(`there is no group "${unknown}"; there are ${Object.keys(GROUPS).join(', ')}`);
  return { ...values, only };
}

/** Three digits are what a figure is worth. */
const short = (figure) => Number(figure.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 4 });

async function bench({ only, quick, long, history: file }) {
  const history = openHistory(file, { quick });
  const figures = {};
  const line = (what, figure, more) => console.log(`${what.padEnd(50)} ${figure}${more ? `  (${more})` : ''}`);
  const say = (what, figure, unit, detail = '') => {
    figures[what] = Number(figure.toPrecision(4));
    line(what, `${short(figure)} ${unit}`, [detail, history.against(what, figure)].filter(Boolean).join('; '));
  };
  say.skip = (what, why) => line(what, '-', why);
  console.log(`Node ${process.version}, ${quick ? 'quick' : 'whole'}`);
  for (const name of only) {
    console.log(`\n${name}`);
    const project = new Project();
    try {
      await GROUPS[name]({ say, quick, long, rounds: quick ? 3 : 5, project });
    } catch (error) {
      say.skip(name, `could not be measured: ${error.message}`);
    } finally {
      project.remove();
    }
  }
  history.add(figures);
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await bench(options);
} catch (error) {
  console.error(error instanceof TypeError || !(error instanceof Error) ? error : error.message);
  process.exitCode = 1;
}
// Servers of a group that broke off end with this process.
process.exit();
