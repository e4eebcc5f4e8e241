import { basename, dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const FRAME = /(?:\(|^\s+at (?:async )?)([^()]+?):\d+:\d+\)?$/;

/** The files on the stack, nearest first; Node's own start with `node:`. */
export function filesOnStack(): string[] {
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = depth;
  const files: string[] = [];
  for (const line of stack.split('\n')) {
    const place = FRAME.exec(line)?.[1];
    if (place === undefined) continue;
    const file = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!isOwn(file)) files.push(file);
  }
  return files;
}

/** The package or file that is to blame: the first on the stack that is not Node's own. No machine paths. */
export function whoCalled(files: readonly string[] = filesOnStack()): string {
  const file = files.find((f) => !f.startsWith('node:'));
  return file === undefined ? 'unknown' : nameOf(file);
}

function nameOf(file: string): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf('node_modules');
  const [first, second] = parts.slice(at + 1);
  if (at >= 0 && first !== undefined) return first.startsWith('@') ? `${first}/${second}` : first;
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? basename(file) : path.split(sep).join('/');
}

/** This folder; once bundled, the whole package. */
function isOwn(file: string): boolean {
  return file.startsWith(HERE + sep) && !file.endsWith('.test.ts');
}
