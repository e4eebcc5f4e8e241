import { Command, CommanderError } from 'commander';
import type { RunRequest } from '../assemble.ts';
import { packageVersion } from '../config/project.ts';
import { EXIT } from '../core/errors.ts';
import type { JudgeFlags } from './commands/judge.ts';
import type { PruneFlags } from './commands/prune.ts';
import { options } from './options.ts';
import { heldError, printError } from './print-error.ts';
import { processTerminal, type Terminal } from './terminal.ts';

type RunFlags = Omit<RunRequest, 'names' | 'watch' | keyof Terminal> & { stuckAfterMs: number };

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

  command(program, 'run', 'break the model path under golden tasks and judge what happened', [
    'drill run timeout_primary',
    'drill run timeout_primary --target ./my-agent.ts --tasks ./my-tasks',
    'drill run timeout_primary --fault server-error@primary,status=503 --seed 7 --json',
  ])
    .argument('[names...]', 'drills by name or path; all of them without a name')
    .addOption(options.target())
    .addOption(options.tasks())
    .addOption(options.task())
    .addOption(options.fault())
    .addOption(options.tag())
    .addOption(options.seed())
    .addOption(options.jobs())
    .addOption(options.checkDeterminism())
    .addOption(options.bail())
    .addOption(options.minScore())
    .addOption(options.stuckAfterMs())
    .addOption(options.out())
    .addOption(options.json())
    .action(async (names: string[], { stuckAfterMs, ...flags }: RunFlags) => {
      const { runDrills } = await import('../assemble.ts');
      const watch = async () => {
        const { watchThread } = await import('../world/watchdog.ts');
        return watchThread(stuckAfterMs, (held) => printError(heldError(held), terminal));
      };
      done(await runDrills({ ...terminal, ...flags, names, watch }));
    });

  command(program, 'report', 'show a stored run again, without running anything', [
    'drill report reports/2026-01-31T12-00-00-timeout_primary',
    'drill report reports/2026-01-31T12-00-00-timeout_primary --as markdown',
  ])
    .argument('<run>', 'the folder of a run')
    .addOption(options.as())
    .action(async (run: string, flags: { as: string }) => {
      const [{ report }, { catalogue }] = await Promise.all([
        import('./commands/report.ts'),
        import('../catalogue.ts'),
      ]);
      report(run, flags.as, catalogue.reporters, terminal);
    });

  command(program, 'judge', 'judge a stored run again, after a check or a claim changed', [
    'drill judge reports/2026-01-31T12-00-00-timeout_primary',
    'drill judge reports/2026-01-31T12-00-00-timeout_primary --drill drills/timeout_primary.yaml --min-score 95',
  ])
    .argument('<run>', 'the folder of a run')
    .addOption(options.claims())
    .addOption(options.minScore())
    .addOption(options.as())
    .action(async (run: string, flags: JudgeFlags) => {
      const [{ judge }, { catalogue }] = await Promise.all([import('./commands/judge.ts'), import('../catalogue.ts')]);
      done(judge(run, flags, catalogue, terminal));
    });

  command(program, 'prune', 'remove the oldest runs; nothing else ever removes one', [
    'drill prune --keep 20 --dry-run',
    'drill prune --keep 20',
  ])
    .addOption(options.keep())
    .addOption(options.dryRun())
    .addOption(options.out())
    .action(async (flags: PruneFlags) => {
      const { prune } = await import('./commands/prune.ts');
      prune(flags, terminal);
    });

  command(program, 'list', 'what there is: drills, workflows, faults, checks, protocols, targets, reporters', [
    'drill list',
    'drill list faults --json',
  ])
    .argument('[what]', 'one of them')
    .addOption(options.json())
    .action(async (what: string | undefined, flags: { json: boolean }) => {
      const [{ list }, { catalogue }] = await Promise.all([import('./commands/list.ts'), import('../catalogue.ts')]);
      list(what, flags, catalogue, terminal);
    });

  command(program, 'explain', 'a drill, a workflow, a plugin or a file format: what it does and every parameter', [
    'drill explain hang',
    'drill explain fails-over',
    'drill explain order-agent',
    'drill explain golden-task',
  ])
    .argument('<name>', 'a name from `drill list`, or a file format')
    .action(async (name: string) => {
      const [{ explain }, { catalogue }] = await Promise.all([
        import('./commands/explain.ts'),
        import('../catalogue.ts'),
      ]);
      await explain(name, catalogue, terminal);
    });

  command(program, 'validate', 'check drill files, golden tasks and the configuration without running them', [
    'drill validate',
    'drill validate drills/timeout_primary.yaml fixtures/golden/support-answer',
  ])
    .argument('[files...]', 'files or folders of golden tasks; the project’s own without any')
    .action(async (files: string[]) => {
      const [{ validate }, { catalogue }] = await Promise.all([
        import('./commands/validate.ts'),
        import('../catalogue.ts'),
      ]);
      validate(files, catalogue, terminal);
    });

  command(program, 'schema', 'the JSON Schema of a file format, for editors and other programs', [
    'drill schema',
    'drill schema drill',
    'drill schema golden-task',
  ])
    .argument('[name]', 'one of them; a list without any')
    .action(async (name: string | undefined) => {
      const { schema } = await import('./commands/schema.ts');
      schema(name, terminal);
    });
  return program;
}

function command(program: Command, name: string, summary: string, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  ${example}`);
  return program
    .command(name)
    .description(summary)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

const ROOT_HELP = `
Examples:
  drill run timeout_primary
  drill list faults
  drill explain hang

Exit codes: 0 passed, 1 failed, 2 invalid input, 3 inconclusive, 70 a bug of drill, 130 interrupted.
Nothing is sent anywhere: models are mocked, and drill has no telemetry.`;
