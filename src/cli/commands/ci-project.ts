import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { CONFIG_FILE, type Config, loadConfig } from '../../config/config-file.ts';
import { defaultBranch } from '../../config/project.ts';
import { cannotRead, displayPath, kindOf, readUserFile } from '../../config/read-file.ts';
import { DrillError } from '../../core/errors.ts';
import { isRecord } from '../../text/json.ts';

export type Manager = 'npm' | 'pnpm' | 'yarn-classic' | 'yarn' | 'bun';

/** How a project is installed. */
export interface Installed {
  manager: Manager;
  /** Without a lockfile nothing can be installed as it was. */
  locked: boolean;
  /** Whether package.json names the version of the package manager. */
  pinned: boolean;
  /** Whether package.json asks for this package. */
  depends: boolean;
  /** Undefined where the checkout does not know it. */
  branch: string | undefined;
}

/** What a project says of itself that a CI file has to know. */
export interface CiProject extends Installed {
  /** The one target of the configuration that a run would not take by itself. */
  target: string | undefined;
  /** Whether a run drills a target of the project's own. */
  own: boolean;
}

/** By its name alone a yarn may be either. */
type Named = Exclude<Manager, 'yarn-classic'>;
const NAMED: readonly Named[] = ['npm', 'pnpm', 'yarn', 'bun'];

const LOCKFILES: readonly { file: string; of: Named }[] = [
  { file: 'pnpm-lock.yaml', of: 'pnpm' },
  { file: 'yarn.lock', of: 'yarn' },
  { file: 'bun.lock', of: 'bun' },
  { file: 'bun.lockb', of: 'bun' },
  { file: 'package-lock.json', of: 'npm' },
  { file: 'npm-shrinkwrap.json', of: 'npm' },
];

/** Reads the project in a folder. Throws a DrillError. */
export function readCiProject(cwd: string, catalogue: Catalogue): CiProject {
  return { ...readInstalled(cwd), ...targetOf(cwd, loadConfig(cwd, catalogue), 'CI') };
}

/** Reads how the project in a folder is installed. Throws a DrillError. */
export function readInstalled(cwd: string): Installed {
  const manifest = manifestOf(cwd);
  const wanted = String(manifest['packageManager']);
  const named = NAMED.find((name) => wanted.startsWith(`${name}@`));
  // Where several lie about, package.json says which one is kept up.
  const lock = LOCKFILES.find(
    ({ file, of }) => (named === undefined || of === named) && kindOf(join(cwd, file)) === 'file',
  );
  const manager = named ?? lock?.of ?? 'npm';
  const classic =
    manager === 'yarn' && (wanted.startsWith('yarn@1.') || (lock !== undefined && isClassic(join(cwd, lock.file))));
  return {
    manager: classic ? 'yarn-classic' : manager,
    locked: lock !== undefined,
    pinned: named !== undefined,
    depends: ['dependencies', 'devDependencies'].some((kind) => isIn(manifest[kind], 'failover-drill')),
    branch: defaultBranch(cwd),
  };
}

const isIn = (value: unknown, key: string): boolean => isRecord(value) && Object.hasOwn(value, key);

function manifestOf(cwd: string): Record<string, unknown> {
  const path = join(cwd, 'package.json');
  const data = kindOf(path) === 'file' ? readUserFile(path).data : {};
  return isRecord(data) ? data : {};
}

/** The first yarn takes other words than those after it. Its lockfile says so at the top, and may be larger than what users write. */
function isClassic(lockfile: string): boolean {
  try {
    return /^# yarn lockfile v1$/m.test(readFileSync(lockfile, 'utf8').slice(0, 500));
  } catch (error) {
    throw cannotRead(error, lockfile, 'file');
  }
}

/** CI reads its files at the top of a repository: anywhere below, a file would be written that nobody reads. Throws a DrillError. */
export function mustBeTop(cwd: string): void {
  const top = repositoryOf(resolve(cwd));
  if (top === undefined || top === resolve(cwd)) return;
  throw new DrillError({
    message: 'this folder lies inside a repository, and CI reads its files at the top only',
    place: { file: displayPath(cwd) },
    fix: `run it in ${top}; or put there what --dry-run prints here, with this folder in it (docs/ci.md)`,
  });
}

function repositoryOf(folder: string): string | undefined {
  if (kindOf(join(folder, '.git')) !== undefined) return folder;
  return dirname(folder) === folder ? undefined : repositoryOf(dirname(folder));
}

/**
 * A default is left to the configuration, which may change it; a target that only CI would name is named. `who` would not
 * know which one is meant. Throws a DrillError.
 */
export function targetOf(cwd: string, config: Config | undefined, who: string): Pick<CiProject, 'target' | 'own'> {
  const targets = Object.keys(config?.targets ?? {});
  const usual = config?.default_target;
  if (usual !== undefined) return { target: undefined, own: targets.includes(usual) };
  if (targets.length > 1)
    throw new DrillError({
      message: `there are ${targets.length} targets and no \`default_target\`: ${who} would drill none of them`,
      place: { file: displayPath(join(cwd, CONFIG_FILE)) },
      fix: `write \`default_target:\` with one of ${targets.slice(0, 10).join(', ')}`,
    });
  return { target: targets[0], own: targets.length === 1 };
}
