import { join, relative, resolve } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { CONFIG_FILE, type Config, loadConfig } from '../../config/config-file.ts';
import { packageRoot } from '../../config/find.ts';
import { Problems } from '../../config/problems.ts';
import { tellWhen } from '../../config/schedules.ts';
import { DEFAULT_ROLES } from '../../config/target.ts';
import { DrillError, EXIT } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import { isLive, type NamedSchedule, Schedule } from '../../core/schedule.ts';
import { Daemon } from '../../schedule/daemon.ts';
import { openHealth } from '../../schedule/health.ts';
import { type Entry, openJournal, readJournal } from '../../schedule/journal.ts';
import { createMessenger } from '../../schedule/messenger.ts';
import { createRuns } from '../../schedule/runs.ts';
import { Tally } from '../../schedule/tally.ts';
import { readLever } from '../../stopping/lever.ts';
import { createNextDue } from '../../text/cron.ts';
import { createDateClock, isoTime, unguessable } from '../../world/index.ts';
import { goesOn, known } from '../../world/processes.ts';
import type { Terminal } from '../terminal.ts';
import { readInstalled, targetOf } from './ci-project.ts';
import { write } from './init.ts';
import { PRINTED, type Print, type Printed } from './schedule-files.ts';

export interface ScheduleFlags {
  print?: string | undefined;
  to?: string | undefined;
  image?: string | undefined;
  cron?: string | undefined;
  timeZone?: string | undefined;
  drill: string[];
  target?: string | undefined;
  port?: number | undefined;
  out: string;
}

/** What a schedule is called that stands on the command line only. */
const NAMELESS = 'drills';

/** Prints the schedules for another scheduler, or keeps them until it is interrupted. Returns the exit code. Throws a DrillError. */
export async function schedule(flags: ScheduleFlags, catalogue: Catalogue, terminal: Terminal): Promise<number> {
  const printFor = flags.print === undefined ? undefined : hostOf(flags.print);
  if (printFor === undefined && (flags.to ?? flags.image) !== undefined)
    throw new DrillError({ message: '--to and --image say something of what is printed', fix: 'add --print HOST' });
  const config = loadConfig(terminal.cwd, catalogue);
  const entries = entriesOf(flags, config, terminal.cwd);
  if (printFor !== undefined) return print(printFor, entries, { ...flags, keys: keysOf(config) }, terminal);
  return keep(entries, flags, terminal);
}

/** Runs what is due until it is interrupted, which is how it is meant to end. */
async function keep(
  schedules: readonly NamedSchedule[],
  { port, out }: ScheduleFlags,
  { cwd, stdout, signal, env, patient }: Terminal,
): Promise<number> {
  const home = resolve(cwd, out);
  const file = join(home, 'schedule.jsonl');
  const tally = new Tally();
  for (const entry of readJournal(file)) tally.add(entry);
  mustBeAlone(tally, file);
  patient?.();
  const clock = createDateClock();
  const random = createRandom(Number.parseInt(unguessable().slice(0, 8), 16));
  const daemon = new Daemon({
    ...{ schedules, clock, tally, journal: openJournal(file), self: known(process.pid) },
    runs: createRuns(join(home, 'scheduled'), command(), cwd, clock),
    messenger: createMessenger(cwd, env),
    nextDueOf: ({ cron, time_zone }) => createNextDue(cron, time_zone),
    chance: (label) => random.fork(label).next(),
    halted: () => readLever(cwd) !== undefined,
    onEntry: (entry) => stdout.write(lineOf(entry)),
  });
  const health = port === undefined ? undefined : await openHealth(daemon, port);
  for (const { name } of schedules) stdout.write(`${name} is due ${timeOf(daemon.nextDue(name))}\n`);
  try {
    await daemon.keep(signal);
  } finally {
    health?.close();
    health?.closeAllConnections();
  }
  return EXIT.passed;
}

const timeOf = (due: number | undefined): string => (due === undefined ? 'never again' : isoTime(due));

/** As a log shows it: the time, what happened, and to what. */
function lineOf({ at, event, ...more }: Entry): string {
  const { pid: _, identity: __, schedules: ___, ...facts }: Record<string, unknown> = more;
  const words = Object.entries(facts).map(([key, value]) => `${key}=${String(value)}`);
  return `${[at, event, ...words].join(' ')}\n`;
}

/** Two on one journal would start everything twice, or half each. */
function mustBeAlone({ keeper }: Tally, file: string): void {
  if (keeper === undefined || !goesOn(keeper)) return;
  throw new DrillError({
    message: `another drill schedule (process ${keeper.pid}) keeps this journal`,
    place: { file },
    fix: 'stop that one first, or name another folder with --out DIR',
  });
}

/** Node and this command, as they are started by whoever has no PATH. */
const command = (): string[] => [process.execPath, join(packageRoot(), 'bin/drill.js')];

function hostOf(name: string) {
  const host = Object.hasOwn(PRINTED, name) ? PRINTED[name] : undefined;
  if (host !== undefined) return host;
  throw unknown(`nothing can be printed for "${name}"`, '--print', name, Object.keys(PRINTED), 'hosts');
}

/** The schedules of the configuration, or the one of the command line. A target that a run would not take by itself is named. */
function entriesOf(flags: ScheduleFlags, config: Config | undefined, cwd: string): NamedSchedule[] {
  const schedules = Object.entries(flags.cron === undefined ? (config?.schedules ?? {}) : fromFlags(flags.cron, flags));
  if (flags.cron === undefined && (flags.timeZone ?? flags.target ?? flags.drill[0]) !== undefined)
    throw new DrillError({
      message: '--time-zone, --drill and --target say something of --cron',
      fix: "add --cron '0 3 * * *', or write it under `schedules` of the configuration",
    });
  if (schedules.length === 0)
    throw new DrillError({
      message: 'there are no schedules',
      place: { file: CONFIG_FILE },
      fix: "write `schedules: { nightly: { cron: '0 3 * * *' } }`, or add --cron '0 3 * * *'",
    });
  return schedules.map(([name, schedule]) => ({
    ...schedule,
    name,
    target: schedule.target ?? targetOf(cwd, config, `"${name}"`).target,
  }));
}

function fromFlags(cron: string, { timeZone, drill, target }: ScheduleFlags): Record<string, Schedule> {
  const schedule = Schedule.safeParse({ cron, time_zone: timeZone, drills: drill, target });
  const told = new Problems();
  const place = ([key]: readonly PropertyKey[]) => ({
    file: `--${String(key).replace('_', '-').replace('drills', 'drill')}`,
  });
  if (!schedule.success)
    for (const { path, message } of schedule.error.issues) told.tell(place(path), message, 'write it otherwise');
  else tellWhen(told, schedule.data, place);
  told.end();
  return schedule.success ? { [NAMELESS]: schedule.data } : {};
}

function print(
  printFor: Print,
  entries: readonly NamedSchedule[],
  { to, image, keys }: ScheduleFlags & { keys: string[] },
  { cwd, stdout, stderr }: Terminal,
): number {
  const { files, hints } = printFor(entries, { cwd, project: readInstalled(cwd), command: command(), image, keys });
  const say = (line: string) => stderr.write(`${line}\n`);
  if (to === undefined) {
    stdout.write(textOf(files));
    for (const { path } of files) say(`for ${path}`);
  } else
    for (const { path, text } of files) {
      const file = join(relative(cwd, resolve(cwd, to)), path);
      write(cwd, file, text, false);
      stdout.write(`wrote ${file}\n`);
    }
  hints.forEach(say);
  if (entries.some(isLive) && keys.length > 0) say(`where it runs live, keys are looked for in ${keys.join(', ')}`);
  return EXIT.passed;
}

/** Variables in which the project's roles have their keys. */
const keysOf = (config: Config | undefined): string[] => [
  ...new Set(Object.values(config?.roles ?? DEFAULT_ROLES).flatMap(({ key_env }) => key_env ?? [])),
];

/** Of several files each is headed by its name. */
const textOf = (files: Printed['files']): string =>
  files.length === 1 ? (files[0]?.text ?? '') : files.map(({ path, text }) => `# ${path}\n${text}`).join('\n');
