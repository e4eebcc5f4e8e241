import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './find.ts';

/** The version of this package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?';
}

/** The commit a project stands at, where it is a git checkout; read from its files, no git is run. */
export function gitHead(cwd: string): string | null {
  const read = (file: string) => {
    const path = join(cwd, '.git', file);
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
  };
  try {
    const head = read('HEAD');
    return head?.startsWith('ref: ') ? (read(head.slice(5)) ?? null) : (head ?? null);
  } catch {
    return null;
  }
}
