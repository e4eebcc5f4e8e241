import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { orElse } from '../core/errors.ts';
import { packageRoot } from './find.ts';
import { readText } from './read-file.ts';

/** The version of this package. */
export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return manifest.version;
}

/** The commit a project stands at, where it is a git checkout; read from its files, no git is run. */
export function gitHead(cwd: string): string | null {
  const head = gitFile(cwd, 'HEAD');
  const commit = head.startsWith('ref: refs/') ? gitFile(cwd, head.slice(5)) : head;
  return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
}

/** The branch that a clone begins with; undefined where the checkout does not know, or where it has an odd name. */
export const defaultBranch = (cwd: string): string | undefined =>
  /^ref: refs\/remotes\/origin\/([\w./-]+)$/.exec(gitFile(cwd, 'refs/remotes/origin/HEAD'))?.[1];

/** Empty where it cannot be read. */
const gitFile = (cwd: string, file: string): string => orElse(() => readText(join(cwd, '.git', file)).trim(), '');
