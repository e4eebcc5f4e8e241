import { Argument, Command, CommanderError } from 'commander';
import { packageVersion } from '../config/project.ts';
import { EXIT } from '../core/errors.ts';
import type { RunRequest } from '../opened.ts';
import type { DiffFlags } from './commands/diff.ts';
import type { DriftFlags } from './commands/drift.ts';
import type { GamedayFlags } from './commands/gameday.ts';
import type { HistoryFlags } from './commands/history.ts';
import type { InitFlags } from './commands/init.ts';
import type { JudgeFlags } from './commands/judge.ts';
import type { LeverFlags } from './commands/lever.ts';
import type { MergeFlags } from './commands/merge.ts';
import type { OpenFlags } from './commands/open.ts';
import type { ProxyFlags } from './commands/proxy.ts';
import type { PruneFlags } from './commands/prune.ts';
import type { ScheduleFlags } from './commands/schedule.ts';
import type { FirstFlags } from './init/project.ts';
import { OPTIONS } from './options.ts';
import { printError } from './print-error.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { type Ui, uiOf } from './ui.ts';

type RunFlags = Omit<RunRequest, 'names' | 'ui' | keyof Terminal> & { ui: Ui; watch: boolean };

/** The whole command. Knows names, flags and summaries; what a command does is loaded when it is called. */
export async function main(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  let exitCode: number = EXIT.passed;
  const done = (code: number) => {
    exitCode = code;
  };
  try {
    await programOf(terminal, done).parseAsync(argv);
    return exitCode;
  } catch (error) {
    // Commander has said already what was wrong, or has shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.passed : EXIT.invalid;
    return printError(error, terminal);
  }
}

function programOf(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('drill')
    .description('Breaks the model path of an AI product on purpose and proves what its users would see.')
    .version(packageVersion(), '-v, --version')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .showHelpAfterError('(drill --help shows what there is)')
    .addHelpText('after', ROOT_HELP);

  const command = (name: string, summary: string, ...examples: string[]) => {
    const lines = examples.map((example) => `  drill ${name} ${example}`.trimEnd());
    const one = program
      .command(name)
      .description(summary)
      .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
    for (const option of OPTIONS[name] ?? []) one.addOption(option);
    return one;
  };
  const loadCatalogue = async () => (await import('../catalogue.ts')).catalogueIn(terminal.cwd);
  const loadWholeCatalogue = async () => (await import('../catalogue.ts')).catalogueIn(terminal.cwd, { whole: true });

  command(
    'run',
    'break the model path under golden tasks and judge what happened',
    'timeout_primary',
    'timeout_primary --target ./my-agent.ts --tasks ./my-tasks',
    'timeout_primary --fault server-error@primary,status=503 --seed 7 --json',
    'every_fault/hang --target ./my-agent.ts',
    'timeout_primary --target ./my-agent.ts --mode live --plan',
    'timeout_primary --replies recorded',
  )
    .argument(
      '[names...]',
      'drills by name or path, `drill/alternative` for one of a matrix; all that do not ask to be named without any',
    )
    .action(async (names: string[], flags: RunFlags) => {
      // Before any schema is made.
      await import('../core/plain-schemas.ts');
      const { runDrills } = await import('../assemble.ts');
      const { stuckAfterMs, ci = isCi(terminal.env), watch, ...rest } = flags;
      const apart = terminal.inside === true ? {} : { stuckAfterMs };
      const run = () => runDrills({ ...terminal, ...rest, ...uiOf({ ...flags, ci }, terminal), ...apart, ci, names });
      if (!watch) return done(await run());
      const [{ watching }, { createWallClock }] = await Promise.all([
        import('./watch.ts'),
        import('../world/index.ts'),
      ]);
      done(await watching(run, createWallClock(), rest.out, terminal));
    });

  command(
    'init',
    'write a first drill of the project in this folder; with --ci, the file with which CI runs it',
    '',
    '--yes --target src/agent.ts',
    '--target http://127.0.0.1:8080/ask',
    '--ci github',
    '--ci gitlab --dry-run',
  ).action(async ({ ci, ...flags }: Omit<InitFlags, 'ci'> & FirstFlags & { ci?: string }) => {
    if (ci !== undefined) (await import('./commands/init.ts')).init({ ci, ...flags }, await loadCatalogue(), terminal);
    else await (await import('./init/init.ts')).initFirst(flags, terminal);
  });

  command(
    'doctor',
    'look at what a run needs: versions, files, keys, ports and the target; nothing is run',
    '',
    '--json',
  ).action(async (flags: { json: boolean; target?: string }) => {
    const { doctor } = await import('./commands/doctor.ts');
    done(await doctor(flags, await loadCatalogue(), terminal));
  });

  const earlier = 'reports/2026-01-30T12-00-00-timeout_primary';
  const stored = 'reports/2026-01-31T12-00-00-timeout_primary';
  command(
    'report',
    'show a stored run again, without running anything',
    stored,
    `${stored} --as markdown`,
    'latest --as csv',
  )
    .argument('<run>', 'the folder of a run, or latest or previous')
    .action(async (run: string, flags: { as: string }) => {
      const { report } = await import('./commands/report.ts');
      done(report(run, flags.as, await loadWholeCatalogue(), terminal));
    });

  command(
    'open',
    'show a stored run as a page in the browser, the latest one without a name',
    '',
    stored,
    '--against previous',
  )
    .argument('[run]', 'the folder of a run')
    .action(async (run: string | undefined, flags: OpenFlags) => {
      const { open } = await import('./commands/open.ts');
      await open(run, flags, await loadWholeCatalogue(), terminal);
    });

  command(
    'judge',
    'judge a stored run again, after a check or a claim changed',
    stored,
    `${stored} --drill drills/timeout_primary.yaml --min-score 95`,
  )
    .argument('<run>', 'the folder of a run, or latest or previous')
    .action(async (run: string, flags: JudgeFlags) => {
      const { judge } = await import('./commands/judge.ts');
      done(judge(run, flags, await loadWholeCatalogue(), terminal));
    });

  command('baseline', 'keep the findings of a run, to hold later ones against', `write ${stored}`, 'write latest')
    .addArgument(new Argument('<action>', 'what to do').choices(['write']))
    .argument('<run>', 'the folder of a run, its run.json, or latest or previous')
    .action(async (_: string, run: string, flags: { to: string }) => {
      const { writeBaseline } = await import('./commands/baseline.ts');
      writeBaseline(run, flags, terminal);
    });

  command(
    'diff',
    'what broke, healed, got slower or dearer from one run to another; exit code 1 where something is worse',
    `${earlier} ${stored}`,
    `${earlier} ${stored} --as markdown`,
    `${earlier} ${stored} --as html`,
    'previous latest --out nightly --json',
  )
    .argument('[before]', 'the folder of a run, its run.json, latest or previous', 'previous')
    .argument('[now]', 'the same, of a later run', 'latest')
    .action(async (before: string, now: string, flags: DiffFlags) => {
      const { diff } = await import('./commands/diff.ts');
      done(await diff(before, now, flags, terminal));
    });

  command(
    'history',
    'the last runs, the newest first, with what broke from one to the next',
    '',
    '--drill timeout_primary --last 5',
    '--json',
  ).action(async (flags: HistoryFlags) => (await import('./commands/history.ts')).history(flags, terminal));

  command('merge', 'make one run of those of all shards', 'shards/1 shards/2 shards/3')
    .argument('<runs...>', 'the folders of runs that were made with --shard')
    .action(async (runs: string[], { ci = isCi(terminal.env), ...flags }: MergeFlags) => {
      const { merge } = await import('./commands/merge.ts');
      done(await merge(runs, { ...flags, ci }, terminal));
    });

  command('notices', 'list the unread texts of a stored run, as entries of notices.yaml', stored, `${stored} --json`)
    .argument('<run>', 'the folder of a run, or latest or previous')
    .action(async (run: string, flags: { json: boolean }) => {
      const { notices } = await import('./commands/notices.ts');
      notices(run, flags, await loadCatalogue(), terminal);
    });

  command('prune', 'remove the oldest runs; nothing else ever removes one', '--keep 20 --dry-run', '--keep 20').action(
    async (flags: PruneFlags) => (await import('./commands/prune.ts')).prune(flags, await loadCatalogue(), terminal),
  );

  const kinds = 'what there is: drills, workflows, faults, checks, protocols, targets, reporters';
  command('list', kinds, '', 'faults --json')
    .argument('[what]', 'one of them')
    .action(async (what: string | undefined, flags: { json: boolean }) => {
      const { list } = await import('./commands/list.ts');
      list(what, flags, await loadWholeCatalogue(), terminal);
    });

  command(
    'explain',
    'a drill, a workflow, a plugin or a file format: what it does and every parameter',
    'hang',
    'fails-over',
    'order-agent',
    'golden-task',
  )
    .argument('<name>', 'a name from `drill list`, or a file format')
    .action(async (name: string) => {
      const { explain } = await import('./commands/explain.ts');
      await explain(name, await loadWholeCatalogue(), terminal);
    });

  command(
    'validate',
    'check drill files, golden tasks and the configuration without running them',
    '',
    'drills/timeout_primary.yaml fixtures/golden/support-answer',
  )
    .argument('[files...]', 'files or folders of golden tasks; the project’s own without any')
    .action(async (files: string[]) => {
      const { validate } = await import('./commands/validate.ts');
      validate(files, await loadCatalogue(), terminal);
    });

  command(
    'proxy',
    'mocked providers on ports of their own, with faults, for a game day or another test suite; ends on Ctrl-C',
    '--role primary=openai-chat --role backup=anthropic-messages --fault rate-limited@primary,retry_after_ms=2000',
    '--workflow order-agent --fault server-error@primary,probability=0.05 --journal 100',
  ).action(async (flags: ProxyFlags) => {
    const { proxy } = await import('./commands/proxy.ts');
    done(await proxy(flags, await loadCatalogue(), terminal));
  });

  command(
    'gameday',
    'drill proxy with a screen: what each role is asked, keys that switch faults, and a journal of the day',
    '--role primary=openai-chat --role backup=anthropic-messages',
    '--fault rate-limited@primary,retry_after_ms=2000 --workflow order-agent --out gamedays',
    '--ui plain --until-stdin-ends',
  ).action(async (flags: Omit<GamedayFlags, 'ui'> & { ui: Ui }) => {
    const { gameday } = await import('./commands/gameday.ts');
    const shown = uiOf({ ...flags, ci: isCi(terminal.env) }, terminal);
    done(await gameday({ ...flags, ...shown }, await loadCatalogue(), terminal));
  });

  command(
    'lever',
    'the safety lever of this project: while it is engaged no run starts, and those that go on stop',
    'engage --reason incident-7',
    'status',
    'disengage',
  )
    .addArgument(new Argument('<action>', 'what to do').choices(['engage', 'disengage', 'status']))
    .action(async (action: 'engage' | 'disengage' | 'status', flags: LeverFlags) => {
      const { lever } = await import('./commands/lever.ts');
      done(lever(action, flags, terminal));
    });

  command(
    'schedule',
    'run drills when they are due, until it is interrupted; or print what another scheduler reads',
    '',
    '--print github',
    '--print systemd --to units',
  ).action(async (flags: ScheduleFlags) => {
    const { schedule } = await import('./commands/schedule.ts');
    done(await schedule(flags, await loadCatalogue(), terminal));
  });

  command(
    'drift',
    'ask recorded requests again, and tell where the replies are of another shape than the recorded ones',
    '',
    '--role backup --json',
  ).action(async (flags: DriftFlags) => {
    const { drift } = await import('./commands/drift.ts');
    done(await drift(flags, await loadCatalogue(), terminal));
  });

  command(
    'selftest',
    'fire every fault over a socket, and show that a client observes what it does',
    'rate-limited stall',
    'connection-reset --json',
  )
    .argument('[faults...]', 'names from `drill list faults`; all of them without any')
    .action(async (names: string[], flags: { json: boolean }) => {
      const { fireFaults } = await import('./commands/selftest.ts');
      done(await fireFaults(names, flags, await loadCatalogue(), terminal));
    });

  command('completion', 'what bash, zsh or fish read so that they complete drill’s words', 'bash', 'zsh', 'fish')
    .argument('<shell>', 'bash, zsh or fish')
    .argument('[command]', 'with `words` as the shell: whose words')
    .action(async (...words: string[]) => {
      const { completion } = await import('./commands/completion.ts');
      const named = words.slice(0, 2).filter((word) => typeof word === 'string');
      completion(named, program, (await import('../catalogue.ts')).catalogue, terminal);
    });

  command('schema', 'the JSON Schema of a file format, for editors and other programs', '', 'drill', 'golden-task')
    .argument('[name]', 'one of them; a list without any')
    .action(async (name: string | undefined) => (await import('./commands/schema.ts')).schema(name, terminal));
  return program;
}

/** Every CI server sets it. */
const isCi = ({ CI = '' }: Terminal['env']): boolean => !['', '0', 'false'].includes(CI);

const ROOT_HELP = `
Examples:
  drill run timeout_primary
  drill list faults
  drill explain hang

Exit codes: 0 passed, 1 failed, 2 invalid input, 3 inconclusive, 4 stopped by a stop
condition or the safety lever, 70 a bug of drill, 129 the terminal has gone, 130 interrupted.
Nothing is sent anywhere but with --mode live and drill drift: else models are mocked, and drill has
no telemetry.`;
