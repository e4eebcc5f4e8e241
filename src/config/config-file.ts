import { join, resolve } from 'node:path';
import { z } from 'zod';
import { Declaration, Roles } from '../core/declaration.ts';
import { DrillError, type Place, type Problem } from '../core/errors.ts';
import type { Catalogue } from './catalogue-type.ts';
import { namesIn } from './find.ts';
import { inspect, type Named, strangers } from './issues.ts';
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
  roles: Roles.refine(...atMost(50))
    .optional()
    .describe('models by role; without them, the package’s example'),
  targets: z
    .record(z.string(), TargetEntry)
    .refine(...atMost(100))
    .default({})
    .describe('systems under test by name'),
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
  const linked = unknownNames({ ...config, targets }, catalogue, file.place);
  const wrong = [...problems, ...linked, ...badPatterns(config, file.place)];
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
  const known = (words: Named[], names: readonly string[] | undefined, what: string): Problem[] =>
    names === undefined ? [] : strangers(words, names, what, (word) => `"${word}" is not among the ${what}`);
  const at = (word: string | undefined, ...path: Path): Named => ({ word, place: place(path) });
  const roles = config.roles === undefined ? undefined : Object.keys(config.roles);
  const ofRoles = Object.entries(config.roles ?? {}).map(([name, role]) =>
    at(role.protocol, 'roles', name, 'protocol'),
  );
  return [
    ...known(ofRoles, protocols, 'protocols'),
    ...Object.entries(config.targets).flatMap(([name, { builtin, module, declares }]) => [
      ...known([at(builtin, 'targets', name, 'builtin')], builtins, 'targets of the package'),
      ...(module === undefined || kindOf(module) === 'file'
        ? []
        : [
            {
              message: 'there is no such module',
              place: place(['targets', name, 'module']),
              fix: 'the path is seen from the folder of the configuration',
            },
          ]),
      ...known(
        (declares?.chain ?? []).map((role, i) => at(role, 'targets', name, 'declares', 'chain', i)),
        roles,
        'roles',
      ),
    ]),
    ...known([at(config.default_target, 'default_target')], [...Object.keys(config.targets), ...builtins], 'targets'),
  ];
}
