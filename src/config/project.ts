import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './find.ts';
import { readText } from './read-file.ts';

/** The version of this package. */
export function packageVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return manifest.version;
}

/** The commit a project stands at, where it is a git checkout; read from its files, no git is run. */
export function gitHead(cwd: string): string | null {
  try {
    const head = gitFile(cwd, 'HEAD');
    const commit = head.startsWith('ref: refs/') ? gitFile(cwd, head.slice(5)) : head;
    return /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
  } catch {
    return null;
  }
}

/** The branch that a clone begins with; undefined where the checkout does not know, or where it has an odd name. */
export function defaultBranch(cwd: string): string | undefined {
  try {
    return /^ref: refs\/remotes\/origin\/([\w./-]+)$/.exec(gitFile(cwd, 'refs/remotes/origin/HEAD'))?.[1];
  } catch {
    return undefined;
  }
}

const gitFile = (cwd: string, file: string): string => readText(join(cwd, '.git', file)).trim();
