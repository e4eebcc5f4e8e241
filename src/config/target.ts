import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { z } from 'zod';
import { Declaration, type ResolvedDeclaration, Roles, resolveDeclaration } from '../core/declaration.ts';
import { DrillError, orElse, type Place } from '../core/errors.ts';
import { Notices } from '../core/notices.ts';
import type { LoadedTarget, Target } from '../core/plugin.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import { type Config, tellDialect } from './config-file.ts';
import { inspect } from './issues.ts';
import { type ReadingsFrom, tellTwins } from './notices-file.ts';
import { namedAt, Problems } from './problems.ts';

/** Without configuration the shipped example answers: two providers, two protocols. */
export const DEFAULT_ROLES: Roles = {
  primary: {
    provider: 'openai',
    protocol: 'openai-chat',
    base_url: 'https://api.openai.com/v1',
    model: 'gpt-5-mini',
    region: 'us',
    key_env: 'OPENAI_API_KEY',
  },
  backup: {
    provider: 'anthropic',
    protocol: 'anthropic-messages',
    base_url: 'https://api.anthropic.com',
    model: 'claude-haiku-4-5',
    region: 'global',
    latency: 'low',
    key_env: 'ANTHROPIC_API_KEY',
  },
  // Asked only by workflows with a verification step.
  verifier: {
    provider: 'mistral',
    protocol: 'openai-chat',
    base_url: 'https://api.mistral.ai/v1',
    model: 'mistral-small-latest',
    region: 'eu',
    key_env: 'MISTRAL_API_KEY',
  },
  // In nobody's chain but of those that call it.
  gemini: {
    provider: 'google',
    protocol: 'gemini',
    base_url: 'https://generativelanguage.googleapis.com',
    model: 'gemini-2.5-flash',
    region: 'global',
    key_env: 'GEMINI_API_KEY',
  },
};

/** The target of a run: a name from the configuration or the package, or a file. Throws a DrillError. */
export async function openTarget(
  name: string,
  cwd: string,
  config: Config | undefined,
  catalogue: Catalogue,
): Promise<Target> {
  const entry = ownOf(config?.targets ?? {}, name);
  const builtin = ownOf(catalogue.builtinTargets, entry?.builtin ?? name);
  if (builtin !== undefined && (entry === undefined || entry.builtin !== undefined)) return builtin();
  const { declares: _, ...params } = entry ?? readName(name, cwd) ?? { module: undefined };
  const kind = catalogue.targetKinds.find((k) => k.name in params && params[k.name as 'module'] !== undefined);
  if (kind === undefined) {
    const known = [...Object.keys(config?.targets ?? {}), ...Object.keys(catalogue.builtinTargets)];
    throw new DrillError({
      message: `there is no target "${name}"`,
      place: { file: '--target' },
      fix: `${suggest(name, known, 'targets')}; or name a file, a command or a URL: --target ./my-agent.ts, --target "python3 agent.py"`,
    });
  }
  return { ...kind.open({ ...params, cwd }), name };
}

/** Which program runs a file of this ending, where it is no module. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  '.py': 'python3',
  '.rb': 'ruby',
  '.pl': 'perl',
  '.php': 'php',
  '.sh': 'sh',
  '.jar': 'java -jar',
  '.java': 'java',
};

/** A target that is only named looks like what it is: a URL, a file, or a line that runs something. */
function readName(name: string, cwd: string): Partial<Config['targets'][string]> | undefined {
  if (/^https?:\/\//.test(name)) return { http: name };
  const ending = extname(name);
  const interpreter = ownOf(INTERPRETERS, ending);
  if (interpreter !== undefined && !name.includes(' ')) {
    if (!existsSync(resolve(cwd, name))) throw noFile(name);
    return { command: [...interpreter.split(' '), name] };
  }
  if (/\s/.test(name.trim()) && !existsSync(resolve(cwd, name))) return { command: name, shell: SHELL.test(name) };
  if (/^\.[cm]?[jt]sx?$/.test(ending)) return { module: name };
  if (isExecutable(resolve(cwd, name))) return { command: [resolve(cwd, name)] };
  return /[\\/.]/.test(name) ? { module: name } : undefined;
}

const noFile = (name: string) =>
  new DrillError({
    message: `there is no target ${name}`,
    place: { file: name },
    fix: 'Name a file that is there, as seen from this folder; or a whole line: --target "python3 agent.py"',
  });

/** What only a shell understands: a line with it looks like one for a shell. */
const SHELL = /[|&;<>$`"'*()]/;

const isExecutable = (path: string): boolean =>
  orElse(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  }, false);

/** What the target declares, held against our schema; the configuration's word counts for more than the module's. */
export function settleTarget(
  { name, about }: Pick<Target, 'name' | 'about'>,
  said: Omit<LoadedTarget, 'start'>,
  config: Config | undefined,
  catalogue: Catalogue,
): { declares: ResolvedDeclaration; roles: Roles; notices: ReadingsFrom } {
  const place = { file: about };
  const told = new Problems();
  const roles = exported(Roles, said.roles, 'roles', place) ?? config?.roles ?? DEFAULT_ROLES;
  const names = Object.keys(roles);
  const protocols = catalogue.protocols.map((p) => p.name);
  const speaks = (word: string) =>
    `role ${names.find((role) => roles[role]?.protocol === word)} speaks "${word}", which is no protocol`;
  told.strangers(namedAt(roles, '<name>.protocol'), () => place, protocols, 'protocols', speaks);
  for (const name of names) {
    const role = roles[name];
    if (role !== undefined) tellDialect(told, role, catalogue, () => place, `role ${name}: `);
  }
  told.end();
  const own = ownOf(config?.targets ?? {}, name)?.declares;
  const declares = resolveDeclaration(own ?? exported(Declaration, said.declares, 'declares', place), names);
  const leads = (word: string) => `the target's chain names a role "${word}" that does not exist`;
  told.strangers(namedAt(declares, 'chain[]'), () => place, names, 'roles', leads);
  told.end();
  // The list alone will do: the export's name says what it is.
  const listed = Array.isArray(said.notices) ? { notices: said.notices } : said.notices;
  const readings = exported(Notices, listed, 'notices', place)?.notices ?? [];
  tellTwins(told, { value: { notices: readings }, place: () => place }, catalogue);
  told.end();
  return { declares, roles, notices: { readings, place } };
}

/** `constructor` is a name like any other. */
function ownOf<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** What a module exports by a name, held against its shape. Throws a DrillError. */
function exported<S extends z.ZodType>(schema: S, data: unknown, what: string, place: Place): z.output<S> | undefined {
  if (data === undefined) return undefined;
  const told = new Problems();
  const value = inspect(told, schema, { value: data, place: () => place });
  const more = `(\`drill explain ${what}\` shows its shape)`;
  const problems = told.all.map(({ message, fix }) => ({
    message: `the target's export \`${what}\`: ${message}`,
    place,
    fix: `${fix} ${more}`,
  }));
  if (problems.length > 0) throw new DrillError(problems);
  return value;
}
