import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { describeTarget } from '../../assemble.ts';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { CONFIG_FILE, type Config, loadConfig } from '../../config/config-file.ts';
import { loadDrill } from '../../config/drill-file.ts';
import { usualDrills } from '../../config/find.ts';
import { nearMisses } from '../../config/near-misses.ts';
import { packageVersion } from '../../config/project.ts';
import { displayPath, kindOf } from '../../config/read-file.ts';
import { DEFAULT_ROLES, openTarget } from '../../config/target.ts';
import type { Roles } from '../../core/declaration.ts';
import { DrillError, EXIT, formatPlace, messageOf } from '../../core/errors.ts';
import type { Terminal } from '../terminal.ts';

/** One thing that was looked at. A `note` stops no run; a `problem` does. */
interface Finding {
  what: string;
  state: 'ok' | 'note' | 'problem';
  says: string;
  fix?: string;
}

const finding = (what: string, state: Finding['state'], says: string, fix?: string): Finding => ({
  ...{ what, state, says, ...(fix !== undefined && { fix }) },
});

const LEAST_NODE = [20, 19];
/** Whoever answers at all has answered by then. */
const REACHED_MS = 3000;

/** Looks at what a run needs, and runs none. Gives 2 where something would stop it. */
export async function doctor(
  { json, target }: { json: boolean; target?: string | undefined },
  catalogue: Catalogue,
  terminal: Terminal,
): Promise<number> {
  const findings: Finding[] = [...versions()];
  const read = attempt(`configuration`, () => loadConfig(terminal.cwd, catalogue));
  findings.push(...configuration(terminal.cwd, read), ...drills(terminal.cwd, catalogue));
  if (read.problems.length === 0) findings.push(...(await targetOf(target, read.value, catalogue, terminal)));
  const failed = findings.some(({ state }) => state === 'problem');
  if (json) terminal.stdout.write(`${JSON.stringify({ ok: !failed, findings }, null, 2)}\n`);
  else terminal.stdout.write(`${findings.map(line).join('\n')}\n`);
  return failed ? EXIT.invalid : EXIT.passed;
}

const MARKS = { ok: '✓', note: '-', problem: '✗' };

const line = ({ what, state, says, fix }: Finding) =>
  `${MARKS[state]} ${what.padEnd(14)}  ${says}${fix === undefined ? '' : `\n  ${' '.repeat(14)}  fix: ${fix}`}`;

/** What a reader gives, or what it has against its files. */
function attempt<T>(what: string, reads: () => T): { value?: T; problems: Finding[] } {
  try {
    return { value: reads(), problems: [] };
  } catch (error) {
    return { problems: problemsIn(what, error) };
  }
}

function problemsIn(what: string, error: unknown): Finding[] {
  if (!(error instanceof DrillError)) throw error;
  return error.problems.map(({ message, place, fix }) => ({
    ...{ what, state: 'problem', fix },
    says: place === undefined ? message : `${formatPlace(place)}: ${message}`,
  }));
}

function versions(): Finding[] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [least = 0, andMinor = 0] = LEAST_NODE;
  const fits = major > least || (major === least && minor >= andMinor);
  const fix = fits ? undefined : `Install Node ${LEAST_NODE.join('.')} or newer.`;
  return [
    finding('drill', 'ok', packageVersion()),
    finding('node', fits ? 'ok' : 'problem', process.versions.node, fix),
  ];
}

function configuration(cwd: string, { value, problems }: ReturnType<typeof attempt<Config | undefined>>): Finding[] {
  const what = 'configuration';
  const near = nearMisses(cwd).map(({ file, fix }) => finding(what, 'note', `${file} is not read`, fix));
  if (problems.length > 0) return [...problems, ...near];
  if (value !== undefined) return [finding(what, 'ok', CONFIG_FILE), ...near];
  const says = `no ${CONFIG_FILE} here: the roles and the reference agent of the package are used`;
  return [finding(what, 'note', says, '`drill init` writes one'), ...near];
}

function drills(cwd: string, catalogue: Catalogue): Finding[] {
  const what = 'drills';
  const all = usualDrills(cwd);
  const problems = all.flatMap(({ path }) => attempt(what, () => loadDrill(path, catalogue, { cwd })).problems);
  if (problems.length > 0) return problems;
  const own = all.some(({ path }) => path.startsWith(join(cwd, 'drills')));
  if (own) return [finding(what, 'ok', `${all.length} in drills/`)];
  return [finding(what, 'note', 'none of its own: those of the package')];
}

async function targetOf(
  named: string | undefined,
  config: Config | undefined,
  catalogue: Catalogue,
  terminal: Terminal,
): Promise<Finding[]> {
  const name = named ?? config?.default_target ?? 'reference';
  try {
    const { kind, declares, roles } = await describeTarget(name, terminal, config, catalogue);
    const says = `${name} (${kind}) loads; it claims ${declares.features.join(', ') || 'nothing'}`;
    return [
      finding('target', 'ok', says),
      ...(await placeOf(name, config, catalogue, terminal, roles)),
      ...keys(roles, terminal),
    ];
  } catch (error) {
    return [...problemsIn('target', error), ...keys(config?.roles ?? DEFAULT_ROLES, terminal)];
  }
}

/** Which keys there are, and nothing of them. */
const keys = (roles: Roles, { env }: Pick<Terminal, 'env'>): Finding[] =>
  Object.entries(roles).flatMap(([role, { key_env }]) => {
    if (key_env === undefined) return [];
    const has = (env[key_env] ?? '') !== '';
    const says = `${key_env} of ${role} is ${has ? 'set' : 'not set'}; only --mode live needs it, a mocked drill hands on a dummy`;
    return [finding('key', has ? 'ok' : 'note', says)];
  });

/** Of a program, whether it is there; of a service that runs already, whether it answers and whether its models' ports are free. */
async function placeOf(
  name: string,
  config: Config | undefined,
  catalogue: Catalogue,
  { cwd, env }: Terminal,
  roles: Roles,
): Promise<Finding[]> {
  const { at, kind, about } = await openTarget(name, cwd, config, catalogue);
  const { command, shell, folder } = config?.targets[name] ?? {};
  if (kind === 'command' && shell !== true) {
    const word = Array.isArray(command) ? command[0] : (command ?? name).split(' ', 1)[0];
    return word === undefined ? [] : [program(word, folder ?? cwd, env)];
  }
  if (at === undefined || kind !== 'http') return [];
  const taken: number[] = [];
  for (let port = at.port; port <= at.port + Object.keys(roles).length; port += 1)
    if (!(await isFree(port))) taken.push(port);
  const last = at.port + Object.keys(roles).length;
  const service = await reached(about);
  if (taken.length === 0)
    return [service, finding('ports', 'ok', `${at.port} to ${last} are free for its models and tools`)];
  const says = `${taken.join(', ')} taken: its models cannot listen there`;
  const fix = 'End what has them, or name others by `stand: { port: … }` of the target.';
  return [service, finding('ports', 'problem', says, fix)];
}

function program(word: string, folder: string, env: Terminal['env']): Finding {
  const places = /[\\/]/.test(word)
    ? [join(folder, word)]
    : (env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, word));
  const found = [word, ...places].find((path) =>
    path !== word || /^[\\/]/.test(word) ? kindOf(path) === 'file' : false,
  );
  if (found !== undefined) return finding('program', 'ok', displayPath(found));
  return finding('program', 'problem', `there is no ${word}`, 'Install it, or write its path into `command`.');
}

async function reached(url: string): Promise<Finding> {
  try {
    // Any answer will do; a task is not sent, as the service may be connected to true providers.
    const { status } = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: AbortSignal.timeout(REACHED_MS),
    });
    return finding('service', 'ok', `${url} answers (${status} to HEAD)`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const says = `${url} does not answer: ${messageOf(cause)}`;
    return finding('service', 'problem', says, 'Start it, or add `start:` with the command that drill starts it by.');
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
