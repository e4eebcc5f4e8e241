import { basename, dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const FRAME = /(?:\(|^\s+at (?:async )?)([^()]+?):\d+:\d+\)?$/;

/** The files on the stack, nearest first; Node's own start with `node:`. */
export function filesOnStack(): string[] {
  const files: string[] = [];
  for (const line of stackText().split('\n')) {
    const place = FRAME.exec(line)?.[1];
    if (place === undefined) continue;
    const file = place.startsWith('file:') ? fileURLToPath(place) : place;
    if (!isOwn(file)) files.push(file);
  }
  return files;
}

/** The stack as V8 words it. A target may have its own words for it, or have frozen `Error`: then it may be empty. */
function stackText(): string {
  const { stackTraceLimit, prepareStackTrace } = Error;
  try {
    Reflect.set(Error, 'prepareStackTrace', undefined);
    Reflect.set(Error, 'stackTraceLimit', 50);
    const { stack } = new Error();
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
    Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  }
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
