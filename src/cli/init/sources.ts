import { readdirSync } from 'node:fs';
import { dirname, extname, join, posix, relative, sep } from 'node:path';
import { kindOf, readText } from '../../config/read-file.ts';
import { orElse } from '../../core/errors.ts';

/** A file of the project's own code. */
export interface SourceFile {
  /** From the project's folder, with slashes. */
  path: string;
  language: 'js' | 'python';
  /** Without its comments. */
  code: string;
}

const JS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];
const MOST_FILES = 2_000;
const MOST_CHARACTERS = 200_000;
/** What nobody wrote, and what tests the rest. */
const NOT_OURS =
  /^(\..*|node_modules|dist|build|out|coverage|vendor|venv|env|__pycache__|site-packages|drills?|reports|tests?|__tests__|e2e|examples?|docs|scripts)$/i;
const NO_CODE = /(\.(test|spec|stories|config|d)\.[cm]?[jt]sx?|(^|\/)(test_\w+|conftest|setup)\.py)$/;

/** The project's code, the top folders first. What cannot be read is left out: it is only looked at to be helpful. */
export function sourcesIn(cwd: string): SourceFile[] {
  const files: SourceFile[] = [];
  const folders = [cwd];
  for (let folder = folders.shift(); folder !== undefined && files.length < MOST_FILES; folder = folders.shift()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !NOT_OURS.test(entry.name)) folders.push(path);
      else if (entry.isFile()) files.push(...fileAt(path, relative(cwd, path).split(sep).join('/')));
    }
  }
  return files;
}

const entriesOf = (folder: string) =>
  orElse(() => readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)), []);

function fileAt(file: string, path: string): SourceFile[] {
  const ending = extname(path);
  const language = JS.includes(ending) ? 'js' : ending === '.py' ? 'python' : undefined;
  if (language === undefined || NO_CODE.test(path)) return [];
  const text = orElse(() => readText(file), undefined);
  if (text === undefined || text.length > MOST_CHARACTERS) return [];
  return [{ path, language, code: withoutComments(text, language) }];
}

/** Texts stay, as they hold names of models; what looks like a comment in one of them is an address. */
function withoutComments(text: string, language: SourceFile['language']): string {
  if (language === 'python') return text.replace(/^\s*#.*$/gm, '');
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;,{}()])\/\/.*$/gm, '$1');
}

/** What a file imports, as it is written there. */
export function importsOf({ language, code }: SourceFile): string[] {
  const form =
    language === 'js'
      ? /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\(\s*)['"]([^'"\n]+)['"]/g
      : /^\s*(?:from\s+([.\w]+)\s+import|import\s+([\w.]+))/gm;
  return [...code.matchAll(form)].map(([, one, other]) => one ?? other ?? '');
}

/** A file and what of the project it is made of, nearest first. */
export function madeOf(file: SourceFile, all: readonly SourceFile[]): SourceFile[] {
  const found = [file];
  for (const one of found) {
    const next = importsOf(one).flatMap((name) => all.find((other) => isMeant(name, one, other)) ?? []);
    found.push(...next.filter((other) => !found.includes(other)));
  }
  return found;
}

function isMeant(name: string, from: SourceFile, other: SourceFile): boolean {
  const bare = (path: string) => path.replace(/\.[cm]?[jt]sx?$|\.py$/, '').replace(/\/(index|__init__)$/, '');
  if (from.language !== other.language) return false;
  const target = bare(other.path);
  if (from.language === 'js') {
    if (name.startsWith('.')) return bare(posix.join(dirname(from.path), name)) === target;
    // The usual short names of a project's own folders.
    return /^[@~]\//.test(name) && [target, target.replace(/^src\//, '')].includes(bare(name.slice(2)));
  }
  const dots = /^\.*/.exec(name)?.[0].length ?? 0;
  const rest = name.slice(dots).replaceAll('.', '/');
  if (dots > 0) return posix.join(dirname(from.path), '../'.repeat(dots - 1), rest) === target;
  return [target, target.replace(/^src\//, '')].includes(rest);
}

/** Whether a project has a file or folder. */
export const has = (cwd: string, ...names: string[]): boolean =>
  names.some((name) => kindOf(join(cwd, name)) !== undefined);
