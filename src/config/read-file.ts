import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { extname, isAbsolute, relative, resolve } from 'node:path';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type Range,
  visit,
} from 'yaml';
import { codeOf, DrillError, orElse, type Place } from '../core/errors.ts';
import { question } from './kept.ts';
import { type Locate, type Path, Problems } from './problems.ts';

export const MAX_BYTES = 1_000_000;
/** Words, brackets and the room between them; some twelve thousand lines. Parsing takes longer than a second beyond it. */
const MAX_TOKENS = 100_000;
const MAX_DEPTH = 50;
/** Enough for anchors a person writes; a bomb needs thousands. */
const MAX_ALIASES = 100;
/** A YAML or JSON file as its user wrote it. */
export interface UserFile {
  /** Absolute. */
  path: string;
  data: unknown;
  place: Locate;
}

/** A path as messages show it: relative where the file lies under the working directory. */
export function displayPath(path: string): string {
  const shown = relative(process.cwd(), path);
  // What comes with the package is nobody's to mend where it lies.
  const [, inPackage] = /[\\/]node_modules[\\/](failover-drill[\\/].*)$/.exec(path) ?? [];
  if (inPackage !== undefined) return inPackage.replaceAll('\\', '/');
  return shown === '' || shown.startsWith('..') || isAbsolute(shown) ? path : shown.replaceAll('\\', '/');
}

/** What stands at a path, links followed; undefined where nothing can be seen. */
export const kindOf = question('kind', (path): 'file' | 'folder' | 'other' | undefined => {
  const stat = orElse(() => statSync(path), undefined);
  return stat && (stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other');
});

/** Reads at most 1 MB of UTF-8. Throws a DrillError. */
export function readText(path: string): string {
  const bytes = readSome(path);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Falls through to the one message for everything that is not text.
  }
  throw unreadable(path, 'the file is not UTF-8 text', 'save it as UTF-8 text');
}

/** Reads at most 1 MB of anything. Throws a DrillError. */
export function readBase64(path: string): string {
  const bytes = readSome(path);
  if (bytes.length === 0) throw unreadable(path, 'the file is empty', 'save the picture again');
  return Buffer.from(bytes).toString('base64');
}

/** Used for every file: a megabyte each would be a collection each. */
const room = new Uint8Array(MAX_BYTES + 1);

/** One byte more than allowed tells that there are too many: not every file says its size, or has an end. */
const readSome = question('bytes', (path): Uint8Array => {
  let fd: number | undefined;
  let length = 0;
  try {
    // Without waiting: opening a named pipe would hold the command until somebody writes to it.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) throw unreadable(path, 'this is not a file', 'name a file');
    for (let n = -1; n !== 0 && length < room.length; length += n)
      n = readSync(fd, room, length, room.length - length, null);
  } catch (error) {
    throw error instanceof DrillError ? error : cannotRead(error, path, 'file');
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  if (length > MAX_BYTES)
    throw unreadable(path, `the file has more than ${MAX_BYTES} bytes`, 'make it smaller, or several files of it');
  return room.slice(0, length);
});

const unreadable = (path: string, message: string, fix: string): DrillError =>
  new DrillError({ message, place: { file: displayPath(path) }, fix });

/** What the system says of a file or folder it does not hand out, as the user's to mend. */
export function cannotRead(error: unknown, path: string, what: 'file' | 'folder'): DrillError {
  const code = codeOf(error) || 'error';
  if (code === 'ENOENT' || code === 'ENOTDIR') return unreadable(path, `there is no such ${what}`, 'check the path');
  return unreadable(path, `the ${what} cannot be read (${code})`, 'check the path and its permissions');
}

/** Reads a YAML or JSON file. Throws a DrillError with every syntax problem of the file. */
export function readUserFile(path: string): UserFile {
  const absolute = resolve(path);
  const text = readText(absolute);
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: displayPath(absolute), line: Math.max(1, line), column: Math.max(1, col) };
  };
  const told = new Problems();
  tellExcess(told, text, displayPath(absolute));
  told.end();

  // Whatever version and tags the file asks for, it holds what JSON can hold.
  const options = { schema: 'core', resolveKnownTags: false, stringKeys: true, uniqueKeys: false } as const;
  const doc = parseDocument(text, { ...options, lineCounter: lines, prettyErrors: false });
  tellSyntax(told, doc, extname(absolute) === '.json' ? 'JSON' : 'YAML', placeAt);
  if (doc.errors.length === 0) tellNodes(told, doc, placeAt);
  told.end();
  if (doc.contents === null) told.tell(placeAt(0), 'the file is empty', 'write it, or delete it');
  told.end();
  try {
    const data = withoutSchemaKey(doc.toJS({ maxAliasCount: MAX_ALIASES }));
    return { path: absolute, data, place: (at, part) => placeAt(offsetOf(doc, at, part)) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    told.tell(placeAt(0), 'the aliases stand for too much', 'write out what they stand for');
    throw told.error();
  }
}

/** Counts before parsing, because the parser takes minutes over some files of a hundred kilobytes. */
function tellExcess(told: Problems, text: string, file: string): void {
  // Each level, alias and token is at least a character: most files have too few of them.
  if (text.length <= MAX_TOKENS && (text.match(/[*[{?-]/g)?.length ?? 0) <= MAX_DEPTH) return;
  let [tokens, aliases, brackets, dashes, offset] = [0, 0, 0, 0, 0];
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (isMark(token)) {
      scalar = token === SCALAR_NEXT;
      continue;
    }
    tokens++;
    if (!scalar) {
      if (token === '[' || token === '{') brackets++;
      else if (token === ']' || token === '}') brackets--;
      else if (token === '-' || token === '?') dashes++;
      else if (/^[\r\n]/.test(token)) dashes = 0;
      else if (token.startsWith('*')) aliases++;
    }
    const excess: readonly [message: string, fix: string] | undefined =
      (tokens > MAX_TOKENS && TOO_LONG) ||
      (aliases > MAX_ALIASES && TOO_MANY) ||
      (brackets + dashes > MAX_DEPTH && TOO_DEEP) ||
      undefined;
    if (excess !== undefined) {
      const before = text.slice(0, offset).split(/\r\n|\r|\n/);
      told.tell({ file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }, ...excess);
      return;
    }
    scalar = false;
    offset += token.length;
  }
}

const TOO_LONG = ['the file holds too much', 'make several files of it'] as const;
const TOO_MANY = ['too many aliases', `use at most ${MAX_ALIASES} aliases`] as const;
const TOO_DEEP = ['nested too deeply', `write it flatter: at most ${MAX_DEPTH} levels`] as const;
/** The lexer puts marks of its own between the pieces of the text. */
const SCALAR_NEXT = '\u001f';
const isMark = (token: string): boolean => token === SCALAR_NEXT || token === '\u0002' || token === '\u0018';

function tellSyntax(told: Problems, doc: Document.Parsed, language: string, placeAt: (offset: number) => Place): void {
  // One slip often breaks many lines after it; the first of a line tells enough.
  const seen = new Set<number | undefined>();
  for (const { pos, code, message } of [...doc.errors, ...doc.warnings]) {
    const place = placeAt(pos[0]);
    if (!seen.has(place.line))
      told.tell(place, `broken ${language}: ${message.split('\n', 1)[0]}`, FIXES[code] ?? 'mend this line');
    seen.add(place.line);
  }
}

const FIXES: Record<string, string> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'check brackets and indentation from here on',
  MULTIPLE_DOCS: 'keep one document a file',
  MISSING_CHAR: 'close the bracket or quote that was opened before',
  TAG_RESOLVE_FAILED: 'remove the tag',
  RESOURCE_EXHAUSTION: 'it is nested too deeply: write it flatter',
};

/** What the grammar allows and we do not. */
function tellNodes(told: Problems, doc: Document.Parsed, placeAt: (offset: number) => Place): void {
  const tell = (node: { range?: Range | null | undefined }, message: string, fix: string) =>
    told.tell(placeAt(node.range?.[0] ?? 0), message, fix);
  visit(doc, {
    Collection(_, node, path) {
      // The path holds the pairs of mappings too.
      if (path.filter(isCollection).length >= MAX_DEPTH) {
        tell(node, ...TOO_DEEP);
        return visit.BREAK;
      }
      const seen = new Set<string>();
      for (const key of isMap(node) ? node.items.map((pair) => pair.key).filter(isScalar) : []) {
        if (seen.has(String(key.value))) tell(key, `the key "${key.value}" is there twice`, 'keep one of the two keys');
        seen.add(String(key.value));
      }
      return undefined;
    },
    Scalar(_, { value, source, range }) {
      if (typeof value === 'number' && !Number.isFinite(value))
        tell({ range }, `${source ?? value} is no number that can be stored`, 'write another number, or quote it');
    },
    Alias(_, alias) {
      const fix = 'quote it if text was meant, or set the anchor before it';
      if (alias.resolve(doc) === undefined) tell(alias, `"*${alias.source}" points at no anchor`, fix);
    },
  });
}

/** Where a path's value or key begins in the text. */
function offsetOf(doc: Document.Parsed, path: Path, part: 'key' | 'value' = 'value'): number {
  let node: Node | null = doc.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(doc) ?? null;
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && String(item.key) === String(step));
      if (pair === undefined || !isNode(pair.key)) return offset;
      next = pair.value;
      offset = pair.key.range?.[0] ?? offset;
      if (part === 'key' && depth === path.length - 1) return offset;
    } else if (isSeq(node)) next = node.items[Number(step)];
    if (!isNode(next)) return offset;
    node = next;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}

/** JSON has no comments: editors find a file's schema by this key. */
function withoutSchemaKey(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('$schema' in data)) return data;
  const { $schema: _, ...rest } = data;
  return rest;
}
