import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Declaration, Roles } from '../core/declaration.ts';
import { DrillError, type Place, type Problem } from '../core/errors.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import { namesIn } from './find.ts';
import { inspect } from './issues.ts';
import { createPatternCheck } from './pattern.ts';
import { kindOf, MAX_PROBLEMS, type Path, readUserFile } from './read-file.ts';

export const CONFIG_FILE = 'drill.config.yaml';

const TargetEntry = z
  .strictObject({
    builtin: z.string().optional().describe('a target of the package, by name'),
    module: z.string().optional().describe('a file whose default export answers tasks, seen from the configuration'),
    declares: Declaration.optional().describe('what it says it does; a module may export this instead'),
  })
  .refine(
    (entry) => (entry.builtin === undefined) !== (entry.module === undefined),
    'a target has either `builtin` or `module`',
  );

const atMost = (n: number) => [(one: object) => Object.keys(one).length <= n, `there may be at most ${n}`] as const;

export const Config = z.strictObject({
  roles: Roles.refine(...atMost(50)).optional(),
  targets: z
    .record(z.string(), TargetEntry)
    .refine(...atMost(100))
    .default({}),
  redact: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe('RE2 patterns of what may not be recorded, beside keys, e-mail addresses, card and phone numbers'),
  reports: z
    .strictObject({ keep: z.number().int().min(1).max(100_000).describe('runs that `drill prune` leaves') })
    .optional()
    .describe('nothing is ever removed but by `drill prune`'),
  default_target: z.string().optional().describe('the target of a run that names none'),
});
export type Config = z.infer<typeof Config>;

/** The project's configuration; every `module` in it is an absolute path. */
export interface LoadedConfig extends Config {
  /** Absolute path. */
  file: string;
  place(path: Path): Place;
}

/** Reads `drill.config.yaml` of a folder; undefined where there is none. Throws a DrillError. */
export function loadConfig(cwd: string, catalogue: Catalogue): LoadedConfig | undefined {
  const path = join(cwd, CONFIG_FILE);
  if (!namesIn(cwd).includes(CONFIG_FILE)) return undefined;
  const file = readUserFile(path);
  const { value: config, problems } = inspect(Config, file);
  if (config === undefined) throw new DrillError('invalid_config', problems);
  const targets = Object.fromEntries(
    Object.entries(config.targets).map(([name, entry]) => [
      name,
      entry.module === undefined ? entry : { ...entry, module: resolve(cwd, entry.module) },
    ]),
  );
  const wrong = [...unknownNames({ ...config, targets }, catalogue, file.place), ...badPatterns(config, file.place)];
  if (wrong.length > 0) throw new DrillError('invalid_config', wrong.slice(0, MAX_PROBLEMS));
  return { ...config, targets, file: file.path, place: file.place };
}

function badPatterns({ redact }: Config, place: (path: Path) => Place): Problem[] {
  const check = createPatternCheck();
  return redact.flatMap((pattern, i) => check(pattern, place(['redact', i])));
}

function unknownNames(config: Config, catalogue: Catalogue, place: (path: Path) => Place): Problem[] {
  const protocols = catalogue.protocols.map((one) => one.name);
  const builtins = Object.keys(catalogue.builtinTargets);
  const roles = config.roles === undefined ? undefined : Object.keys(config.roles);
  const known = (
    word: string | undefined,
    names: readonly string[] | undefined,
    path: Path,
    what: string,
  ): Problem[] =>
    word === undefined || names === undefined || names.includes(word)
      ? []
      : [{ message: `"${word}" is not among the ${what}`, place: place(path), fix: suggest(word, names, what) }];
  return [
    ...Object.entries(config.roles ?? {}).flatMap(([name, role]) =>
      known(role.protocol, protocols, ['roles', name, 'protocol'], 'protocols'),
    ),
    ...Object.entries(config.targets).flatMap(([name, entry]) => [
      ...known(entry.builtin, builtins, ['targets', name, 'builtin'], 'targets of the package'),
      ...(entry.module === undefined || kindOf(entry.module) === 'file'
        ? []
        : [
            {
              message: 'there is no such module',
              place: place(['targets', name, 'module']),
              fix: 'the path is seen from the folder of the configuration',
            },
          ]),
      ...(entry.declares?.chain ?? [])
        .slice(0, MAX_PROBLEMS)
        .flatMap((role, i) => known(role, roles, ['targets', name, 'declares', 'chain', i], 'roles')),
    ]),
    ...known(config.default_target, [...Object.keys(config.targets), ...builtins], ['default_target'], 'targets'),
  ];
}
