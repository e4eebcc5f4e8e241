import { InvalidArgumentError, Option } from 'commander';

// Each option is declared once, here; commands name the ones they take.

const MAX_SEED = 2 ** 32 - 1;

function wholeSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MAX_SEED)
    throw new InvalidArgumentError(`A seed is a whole number from 0 to ${MAX_SEED}.`);
  return seed;
}

const each = (value: string, before: string[]): string[] => [...before, value];

export const options = {
  target: () => new Option('--target <name|path>', 'what is tested: a name from `drill list targets`, or a file'),
  tasks: () => new Option('--tasks <dir>', 'a folder of golden tasks in place of the workflow’s own'),
  task: () => new Option('--task <name>', 'only this golden task (repeatable)').argParser(each).default([], 'all'),
  fault: () =>
    new Option('--fault <fault@role[,param=value…]>', 'in place of the drill’s own faults (repeatable)')
      .argParser(each)
      .default([], 'as the drill says'),
  seed: () => new Option('--seed <n>', 'the same seed gives the same run').argParser(wholeSeed).default(1),
  out: () => new Option('--out <dir>', 'where the run’s folder is made').default('reports'),
  json: () => new Option('--json', 'print one JSON document on stdout and nothing else').default(false),
};
