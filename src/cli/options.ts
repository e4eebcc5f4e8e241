import { InvalidArgumentError, Option } from 'commander';

// Each option is declared once, here; commands name the ones they take.

const MAX_SEED = 2 ** 32 - 1;

function wholeSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > MAX_SEED)
    throw new InvalidArgumentError(`A seed is a whole number from 0 to ${MAX_SEED}.`);
  return seed;
}

function wholeJobs(text: string): number {
  const jobs = Number(text);
  if (!/^\d+$/.test(text) || jobs < 1 || jobs > 64)
    throw new InvalidArgumentError('Jobs are a whole number from 1 to 64.');
  return jobs;
}

function wholeMs(text: string): number {
  if (!/^\d{3,7}$/.test(text)) throw new InvalidArgumentError('Milliseconds are a whole number from 100 to 9999999.');
  return Number(text);
}

function wholeKeep(text: string): number {
  if (!/^\d{1,6}$/.test(text) || Number(text) < 1)
    throw new InvalidArgumentError('Keep a whole number of runs, at least 1.');
  return Number(text);
}

function aScore(text: string): number {
  const score = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || score > 100) throw new InvalidArgumentError('A score is a number from 0 to 100.');
  return score;
}

const each = (value: string, before: string[]): string[] => [...before, value];

export const options = {
  target: () => new Option('--target <name|path>', 'what is tested: a name from `drill list targets`, or a file'),
  tasks: () => new Option('--tasks <dir>', 'a folder of golden tasks in place of the workflow’s own'),
  task: () => new Option('--task <name>', 'only this golden task (repeatable)').argParser(each).default([], 'all'),
  fault: () =>
    new Option(
      '--fault <fault@role[,param=value…]>',
      'in place of the drill’s own faults; for a fault of tools, fault@tool (repeatable)',
    )
      .argParser(each)
      .default([], 'as the drill says'),
  seed: () => new Option('--seed <n>', 'the same seed gives the same run').argParser(wholeSeed).default(1),
  out: () => new Option('--out <dir>', 'where the run’s folder is made').default('reports'),
  tag: () => new Option('--tag <tag>', 'only drills with this tag (repeatable)').argParser(each).default([], 'all'),
  bail: () => new Option('--bail', 'stop after the first drill that failed').default(false),
  minScore: () => new Option('--min-score <score>', 'fail below this score (0 to 100)').argParser(aScore),
  jobs: () =>
    new Option('-j, --jobs <n>', 'drills at once; the bytes do not depend on it').argParser(wholeJobs).default(1),
  checkDeterminism: () =>
    new Option(
      '--check-determinism',
      'run twice, the second time with garbage collections forced, and compare',
    ).default(false),
  stuckAfterMs: () =>
    new Option('--stuck-after-ms <ms>', 'real time that code may let nothing else run, then the run ends')
      .argParser(wholeMs)
      .default(60_000),
  as: () => new Option('--as <reporter>', 'a reporter from `drill list reporters`').default('terminal'),
  claims: () =>
    new Option(
      '--drill <name|path>',
      'take the `expect` block of this drill file instead of the stored one (repeatable)',
    )
      .argParser(each)
      .default([], 'as stored'),
  keep: () =>
    new Option('--keep <n>', 'runs that stay; `reports: { keep: … }` of drill.config.yaml without it').argParser(
      wholeKeep,
    ),
  dryRun: () => new Option('--dry-run', 'only show what would go').default(false),
  json: () => new Option('--json', 'print one JSON document on stdout and nothing else').default(false),
};
