import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { Declaration, NEEDS_MEMORY, type Role, Roles } from '../core/declaration.ts';
import { KnownFailure } from '../core/known-failure.ts';
import { whole } from '../core/numbers.ts';
import { Schedule, ScheduleName } from '../core/schedule.ts';
import { StopConditions } from '../core/stop.ts';
import { CommandParams, HttpParams } from '../core/target-params.ts';
import type { Catalogue } from './catalogue-type.ts';
import { listDrills, namesIn } from './find.ts';
import { inspect } from './issues.ts';
import { loadNotices } from './notices-file.ts';
import { createPatternCheck } from './pattern-check.ts';
import { type Locate, type Named, namedAt, Problems } from './problems.ts';
import { kindOf, readUserFile } from './read-file.ts';
import { isPath, tellWhen } from './schedules.ts';

export const CONFIG_FILE = 'drill.config.yaml';

/** By which of its keys a target says of what kind it is. */
export const TARGET_KINDS = ['builtin', 'module', 'command', 'http'] as const;

/** What each kind is told beside what every target is. */
const KEYS: Readonly<Record<(typeof TARGET_KINDS)[number], readonly string[]>> = {
  builtin: ['builtin'],
  module: ['module', 'as'],
  command: Object.keys(CommandParams.shape),
  http: Object.keys(HttpParams.shape),
};

const TargetEntry = z
  .strictObject({
    builtin: z.string().optional().describe('a target of the package, by name'),
    module: z.string().optional().describe('a file whose default export answers tasks, seen from the configuration'),
    ...CommandParams.shape,
    command: CommandParams.shape.command.optional(),
    ...HttpParams.shape,
    http: HttpParams.shape.http.optional(),
    declares: Declaration.optional().describe('what it says it does; a module may export this instead'),
  })
  .superRefine((entry, context) => {
    const [kind, other] = TARGET_KINDS.filter((one) => entry[one] !== undefined);
    const tell = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path });
    if (kind === undefined || other !== undefined)
      return tell('a target has one of `builtin`, `module`, `command` and `http`');
    const odd = Object.keys(entry).filter((key) => key !== 'declares' && !KEYS[kind].includes(key));
    for (const key of odd) tell(`it says nothing of a target with \`${kind}\``, [key]);
  });

const atMost = (n: number) => [(one: object) => Object.keys(one).length <= n, `there may be at most ${n}`] as const;

/** Modules of the project, seen from the configuration. */
export const Plugins = z
  .array(z.string().min(1).max(1000))
  .max(50)
  .default([])
  .describe(
    'modules whose exported faults, checks, protocols and reporters join those of the package, seen from the configuration',
  );

export const Config = z.strictObject({
  roles: Roles.refine(...atMost(50))
    .optional()
    .describe('models by role; without them, the package’s example'),
  targets: z
    .record(z.string(), TargetEntry)
    .refine(...atMost(100))
    .default({})
    .describe('systems under test by name'),
  notices: z
    .string()
    .min(1)
    .optional()
    .describe('a file like notices.yaml, seen from the configuration; its readings hold for every workflow'),
  plugins: Plugins,
  redact: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe('RE2 patterns of what may not be recorded, beside keys, e-mail addresses, card and phone numbers'),
  reports: z
    .strictObject({ keep: whole(1, 100_000).describe('runs that `drill prune` leaves') })
    .optional()
    .describe('nothing is ever removed but by `drill prune`'),
  known_failures: z
    .array(KnownFailure)
    .max(500)
    .default([])
    .describe('findings that fail nothing until a day, and are shown as ever'),
  stop: StopConditions.max(20)
    .optional()
    .describe('when a run stops by itself, whatever its drills: see `drill explain stop`'),
  default_target: z.string().optional().describe('the target of a run that names none'),
  live: z
    .strictObject({
      daily_usd: z
        .number()
        .positive()
        .max(1_000_000)
        .describe('US dollars a UTC day, of all live runs of this machine'),
      max_output_tokens: whole(1, 1_000_000)
        .optional()
        .describe('for requests that set no limit of their own; without it they are refused'),
      ledger: z
        .string()
        .min(1)
        .optional()
        .describe('the folder of the spend ledger, on a local disk; one for the whole machine without it'),
    })
    .optional()
    .describe('what `drill run --mode live` may cost; nothing is live without it'),
  schedules: z
    .record(ScheduleName, Schedule)
    .refine(...atMost(50))
    .default({})
    .describe('when `drill schedule` runs drills by itself'),
});
export type Config = z.infer<typeof Config>;

/**
 * Reads `drill.config.yaml` of a folder, or the file that is named in its place, every path in it absolute; undefined where
 * none is named and there is none. Throws a DrillError.
 */
export function loadConfig(project: string, catalogue: Catalogue, named?: string): Config | undefined {
  if (named === undefined && !namesIn(project).includes(CONFIG_FILE)) return undefined;
  const file = resolve(project, named ?? CONFIG_FILE);
  const { data, place } = readUserFile(file);
  // Its paths are seen from where it lies.
  const cwd = dirname(file);
  const told = new Problems();
  const config = inspect(told, Config, { value: data, place });
  if (config === undefined) throw told.error();
  const absolute = ({ module, ...entry }: Config['targets'][string]) => ({
    ...entry,
    ...(module !== undefined && { module: resolve(cwd, module) }),
    ...(entry.folder !== undefined && { folder: resolve(cwd, entry.folder) }),
  });
  const targets = Object.fromEntries(Object.entries(config.targets).map(([name, entry]) => [name, absolute(entry)]));
  const notices = config.notices === undefined ? undefined : resolve(cwd, config.notices);
  if (notices !== undefined && kindOf(notices) !== 'file')
    told.tell(place(['notices']), 'there is no such file', 'the path is seen from the folder of the configuration');
  else if (notices !== undefined) told.attempt(() => loadNotices(notices, catalogue));
  tellLinks(told, { ...config, targets }, catalogue, place);
  for (const [name, schedule] of Object.entries(config.schedules))
    tellWhen(told, schedule, (path) => place(['schedules', name, ...path]));
  tellScheduled(told, config, project, catalogue, place);
  const checkPattern = createPatternCheck();
  for (const [i, pattern] of config.redact.entries()) told.all.push(...checkPattern(pattern, place(['redact', i])));
  told.end();
  return { ...config, targets, ...(notices !== undefined && { notices }) };
}

/** What the configuration names and nobody knows. */
function tellLinks(told: Problems, config: Config, catalogue: Catalogue, place: Locate): void {
  const builtins = Object.keys(catalogue.builtinTargets);
  const roles = config.roles && Object.keys(config.roles);
  const known = (named: Named[], names: readonly string[], what: string, where = place) =>
    told.strangers(named, where, names, what, (word) => `"${word}" is not among the ${what}`);
  const protocols = catalogue.protocols.map((one) => one.name);
  known(namedAt(config, 'roles.<name>.protocol'), protocols, 'protocols');
  for (const [name, role] of Object.entries(config.roles ?? {}))
    tellDialect(told, role, catalogue, (path, part) => place(['roles', name, ...path], part));
  for (const [name, target] of Object.entries(config.targets)) {
    const here: Locate = (path) => place(['targets', name, ...path]);
    known(namedAt(target, 'builtin'), builtins, 'targets of the package', here);
    if (target.module !== undefined && kindOf(target.module) !== 'file')
      told.tell(here(['module']), 'there is no such module', 'the path is seen from the folder of the configuration');
    if (roles !== undefined) known(namedAt(target, 'declares.chain[]'), roles, 'roles', here);
    tellForgetful(told, target, here);
  }
  const checks = catalogue.checks.map((one) => one.name);
  known(namedAt(config, 'known_failures[].check'), checks, 'checks');
  known(namedAt(config, 'default_target'), [...Object.keys(config.targets), ...builtins], 'targets');
}

/** A process for each task cannot do what rests on the tasks before; whoever keeps that elsewhere says so. */
function tellForgetful(told: Problems, { command, lives, declares }: Config['targets'][string], place: Locate): void {
  const claimed = declares?.features.filter((feature) => NEEDS_MEMORY.includes(feature)) ?? [];
  if (command === undefined || lives !== undefined || claimed.length === 0) return;
  told.tell(
    place(['declares', 'features']),
    `it claims ${claimed.join(', ')}, and a process for each task remembers nothing`,
    'add `lives: run` and let it answer line by line, or `lives: task` where it keeps what it knows outside of its processes',
  );
}

/** Drills and targets of schedules that nobody knows: it would come out at night. */
function tellScheduled(told: Problems, config: Config, cwd: string, catalogue: Catalogue, place: Locate): void {
  const named = (pattern: string) =>
    namedAt(config, `schedules.<name>.${pattern}`).filter(({ word }) => typeof word === 'string' && !isPath(word));
  const tell = (some: Named[], known: () => readonly string[], what: string) =>
    some.length > 0 && told.strangers(some, place, known(), what, (word) => `"${word}" is not among the ${what}`);
  tell(named('drills[]'), () => listDrills(cwd).map(({ name }) => name), 'drills');
  tell(named('target'), () => [...Object.keys(config.targets), ...Object.keys(catalogue.builtinTargets)], 'targets');
}

/** A dialect is one of its protocol's. */
export function tellDialect(told: Problems, role: Role, { protocols }: Catalogue, place: Locate, whose = ''): void {
  const own = protocols.find(({ name }) => name === role.protocol);
  const dialects = Object.keys(own?.dialects ?? {});
  const what = `dialects of ${role.protocol}`;
  const message = (word: string) => `${whose}"${word}" is not among the ${what}`;
  // What is wrong with the protocol is told by itself.
  if (own === undefined) return;
  const none = dialects.length === 0 ? 'leave `dialect` out: this protocol has none' : undefined;
  told.strangers(namedAt(role, 'dialect'), place, dialects, what, message, none);
}
