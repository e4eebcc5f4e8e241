import { InvalidArgumentError, Option } from 'commander';
import { DEFAULTS, MAX_JOBS, MAX_SEED } from '../run-defaults.ts';
import { UIS } from './ui.ts';

/** Reads a number that is written as `form` says and lies between two others. */
const number = (form: RegExp, least: number, most: number, otherwise: string) => (text: string) => {
  if (!form.test(text) || Number(text) < least || Number(text) > most) throw new InvalidArgumentError(otherwise);
  return Number(text);
};

const WHOLE = /^\d+$/;
const seed = number(WHOLE, 0, MAX_SEED, `A seed is a whole number from 0 to ${MAX_SEED}.`);
/** `1..200`. */
const seeds = (text: string) => {
  const [from = '', to, ...more] = text.split('..');
  const range = to !== undefined && more.length === 0 && { from: seed(from), to: seed(to) };
  if (range === false || range.from > range.to) throw new InvalidArgumentError('Seeds are written as 1..200.');
  return range;
};
const times = number(WHOLE, 2, 10_000, 'Repeat a whole number of times, from 2 to 10000.');
const share = number(/^[01](\.\d+)?$/, 0, 1, 'A share is a number from 0 to 1.');
const jobs = number(WHOLE, 1, MAX_JOBS, `Jobs are a whole number from 1 to ${MAX_JOBS}.`);
const ms = number(/^\d{3,7}$/, 0, 9_999_999, 'Milliseconds are a whole number from 100 to 9999999.');
const findings = number(/^\d{1,6}$/, 0, 999_999, 'A tolerance is a whole number of findings.');
const keep = number(/^\d{1,6}$/, 1, 999_999, 'Keep a whole number of runs, at least 1.');
const score = number(/^\d+(\.\d+)?$/, 0, 100, 'A score is a number from 0 to 100.');

const port = number(/^\d{1,5}$/, 1, 65_500, 'A port is a whole number from 1 to 65500.');
const calls = number(/^\d{1,6}$/, 1, 999_999, 'The journal keeps a whole number of calls, at least 1.');

/** An option that may be given several times; `unless` says what holds without it. */
const many = (flags: string, says: string, unless: string) =>
  new Option(flags, `${says} (repeatable)`)
    .argParser((value: string, before: string[]) => [...before, value])
    .default([], unless);

const json = new Option('--json', 'print one JSON document on stdout and nothing else').default(DEFAULTS.json);
const out = new Option('--out <dir>', 'where the run’s folder is made').default(DEFAULTS.out);
const minScore = new Option('--min-score <score>', 'fail below this score (0 to 100)').argParser(score);
const unread = new Option('--unread <verdict>', 'what a run that passed comes to where some of its texts are unread')
  .choices(['passed', 'inconclusive'])
  .default(DEFAULTS.unread);
const allowInconclusive = new Option(
  '--allow-inconclusive',
  'exit 0 where nothing failed and something was open',
).default(DEFAULTS.allowInconclusive);
const baseline = new Option(
  '--baseline <run|file>',
  'fail only on what is worse than in this run, its run.json, or a file of drill baseline write',
);
const tolerance = new Option(
  '--tolerance <n>',
  'so many findings more of a check in a drill are still no worse',
).argParser(findings);
/** What a run is taken for that did not simply pass. */
const demands = [minScore, unread, allowInconclusive, baseline, tolerance];
/** Where the words of a run go. */
const log = [
  new Option('--ci', 'plain output, with the annotations and the summary of the CI server; by itself where CI is set'),
  new Option('--no-ci', 'as on a terminal, also where CI is set'),
];
const runs = number(/^\d{1,4}$/, 1, 9999, 'List a whole number of runs, from 1 to 9999.');
const as = new Option('--as <reporter>', 'a reporter from `drill list reporters`').default('terminal');

/** How what goes on is shown. */
const ui = (screen: string, plain: string) => {
  const auto = 'a screen on a terminal that is no CI server’s';
  const says = `ink: ${screen}; plain: ${plain}; json: as --json; auto: ${auto}`;
  return new Option('--ui <how>', says).choices(UIS).default('auto');
};

/** Where mocked providers stand, and what is broken in them. */
const standing = [
  many(
    '--role <name=protocol>',
    'a role and how it is spoken to: a name from `drill list protocols`, or protocol/dialect',
    'those of drill.config.yaml, or the package’s example',
  ),
  many(
    '--fault <fault@role[,param=value…]>',
    'a fault that is armed from the start; when it fires is written beside: probability=0.05, calls=1+3, to_ms=60000',
    'none',
  ),
  new Option('--workflow <name>', 'answer calls that hold the words of one of its golden tasks as that says').conflicts(
    'tasks',
  ),
  new Option('--tasks <dir>', 'the same with a folder of golden tasks'),
  new Option('--seed <n>', 'the same seed draws the same chances').argParser(seed).default(1),
  new Option('--port <n>', 'the port of the first role; the others, the tools and the admin API follow')
    .argParser(port)
    .default(0, 'free ones'),
  new Option('--listen <address>', 'where others than this machine may reach it, it needs a --token').default(
    '127.0.0.1',
  ),
  new Option('--advertise <host>', 'the name under which others find it'),
  new Option('--token <token>', 'what the admin API asks for; one that nobody can guess without it'),
  new Option('--journal <n>', 'calls that the journal of the admin API keeps').argParser(calls).default(1000),
  new Option('--upstream', 'the providers themselves reply, for real money (docs/live.md)').default(false),
  new Option('--until-stdin-ends', 'end when standard input does, so with the program that started it').default(false),
];

/** What each command takes; each option is declared once. */
export const OPTIONS: Record<string, readonly Option[]> = {
  run: [
    new Option('--target <name|path>', 'what is tested: a name from `drill list targets`, or a file'),
    new Option('--tasks <dir>', 'a folder of golden tasks in place of the workflow’s own'),
    new Option(
      '--config <file>',
      'a configuration in place of drill.config.yaml; its paths are seen from where it lies',
    ),
    many('--task <name>', 'only this golden task, or those that fit a pattern: refund_*', 'all'),
    many(
      '--fault <fault@role[,param=value…]>',
      'in place of the drill’s own faults; for a fault of tools, fault@tool',
      'as the drill says',
    ),
    many('--tag <tag>', 'only drills with this tag', 'all'),
    new Option('--replies <source>', 'what models reply: what golden tasks say, or what was recorded of providers')
      .choices(['scripted', 'recorded'])
      .default(DEFAULTS.replies),
    new Option('--record', 'in live mode: keep what providers reply as recordings of the project').default(false),
    new Option('--yes', 'keep them without asking').default(false),
    new Option('--seed <n>', 'the same seed gives the same run').argParser(seed).default(DEFAULTS.seed),
    new Option(
      '--seeds <a..b>',
      'run with each of these seeds; tells of those that do not pass, and keeps no reports',
    ).argParser(seeds),
    new Option(
      '--repeat <n>',
      'run so many times, with all reports, and tell how often each drill passed: what is timed by sockets varies',
    ).argParser(times),
    new Option(
      '--pass-rate <share>',
      'with --repeat: the share of runs (0 to 1) in which a drill has to pass',
    ).argParser(share),
    new Option(
      '-j, --jobs <n>',
      'drills or seeds at once; the bytes do not depend on it (default: cores, as far as each has 2,000 asks to do)',
    ).argParser(jobs),
    new Option(
      '--check-determinism',
      'run twice, the second time with garbage collections forced, and compare',
    ).default(DEFAULTS.checkDeterminism),
    new Option('--mode <mode>', 'who replies: scripts, or the providers themselves, for real money (docs/live.md)')
      .choices(['mock', 'live'])
      .default(DEFAULTS.mode),
    new Option('--plan', 'with --mode live: print what would be called, and at most cost, and call nobody').default(
      false,
    ),
    new Option('--shard <i/n>', 'only the drills of this one of n machines; auto reads it from the CI server'),
    new Option('--last-failed', 'those first that did not pass in the newest run').default(false),
    new Option('--watch', 'run again after each change of a file of the project, until Ctrl-C').default(false),
    new Option('--bail', 'stop after the first drill that failed').default(DEFAULTS.bail),
    ...demands,
    new Option('--stuck-after-ms <ms>', 'real time for which the target may block its event loop')
      .argParser(ms)
      .default(DEFAULTS.stuckAfterMs),
    out,
    ui('a screen while it runs', 'what is over, and lines of progress on stderr'),
    json,
    new Option('--no-bodies', 'do not keep what was said to models and by them (bodies.jsonl)'),
    many(
      '--reporter <name>',
      'write the file of this reporter as well: sarif, html, csv, otlp or pull-request',
      'those that always write',
    ),
    ...log,
  ],
  doctor: [new Option('--target <name|path>', 'what is tested; the usual target without it'), json],
  report: [as],
  open: [
    new Option('--against <run>', 'an earlier run, beside which this one is shown: the page of drill diff'),
    new Option('--no-browser', 'only make the page, and tell where it is'),
    new Option('--out <dir>', 'where `latest` and `previous` are looked for').default(DEFAULTS.out),
  ],
  judge: [
    many('--drill <name|path>', 'take the `expect` block of this drill file instead of the stored one', 'as stored'),
    minScore,
    unread,
    as,
  ],
  baseline: [new Option('--to <file>', 'the file that is written').default('drill.baseline.json')],
  diff: [
    json,
    new Option('--as <form>', 'for people, for a comment of a pull request, or as a page for a browser')
      .choices(['terminal', 'markdown', 'html'])
      .default('terminal'),
    new Option('--out <dir>', 'where `latest` and `previous` are looked for').default(DEFAULTS.out),
  ],
  history: [
    new Option('--drill <name>', 'only runs of this drill, and of them this drill alone'),
    new Option('--last <n>', 'so many runs').argParser(runs).default(10),
    new Option('--out <dir>', 'the folder of the runs').default(DEFAULTS.out),
    json,
  ],
  merge: [...demands, out, json, ...log],
  notices: [json],
  init: [
    // Its choices are not commander's to tell: it would not say which one was meant.
    new Option('--ci <host>', 'what runs the drills on every pull request: github or gitlab'),
    new Option(
      '--target <what>',
      'what is drilled: FILE#EXPORT of the project, a command, the URL of a service, or example',
    ),
    new Option('--start <command>', 'with a URL: what starts the service; without it, it runs already'),
    new Option('--workflow <name>', 'the name of the folder of golden tasks; the target’s without it'),
    new Option('--yes', 'ask nothing and take what is found').default(false),
    new Option('--force', 'with --ci: write the file anew where it is there already').default(false),
    new Option('--dry-run', 'show what would be written, and write nothing').default(false),
  ],
  prune: [
    new Option('--keep <n>', 'runs that stay; `reports: { keep: … }` of drill.config.yaml without it').argParser(keep),
    new Option('--dry-run', 'only show what would go').default(false),
    out,
  ],
  list: [json],
  proxy: [
    ...standing,
    new Option('--json', 'print the ready line and the summary as one JSON document a line').default(false),
  ],
  gameday: [
    ...standing,
    new Option('--out <dir>', 'where the journal of the day is kept').default('reports'),
    ui('a screen with keys', 'a line for all that happens'),
    new Option('--json', 'print all that happens as one JSON document a line').default(false),
  ],
  drift: [
    many('--role <name>', 'only recordings of this role', 'all'),
    many(
      '--ignore <what>',
      'what does not count: status, field, finish-reason, header or latency',
      'everything counts',
    ),
    json,
  ],
  lever: [new Option('--reason <text>', 'with engage: why, for whoever finds it engaged'), json],
  selftest: [json],
  schedule: [
    // Its choices are not commander's to tell: it would not say which one was meant.
    new Option('--print <host>', 'print what github, gitlab, systemd, kubernetes or crontab reads, and run nothing'),
    new Option('--to <dir>', 'with --print: write the files there, each by its name'),
    new Option('--image <name>', 'with --print kubernetes: the container image that holds the project'),
    new Option('--cron <line>', 'when, in place of the `schedules` of drill.config.yaml'),
    new Option('--time-zone <zone>', 'the zone of --cron; UTC without it'),
    many('--drill <name>', 'with --cron: what is run then', 'all that do not ask to be named'),
    new Option('--target <name|path>', 'with --cron: what is tested then'),
    new Option('--port <n>', 'health (/healthz) and figures (/metrics) on this port of 127.0.0.1').argParser(port),
    new Option('--out <dir>', 'where the journal and the runs are kept').default(DEFAULTS.out),
  ],
};
