import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve } from 'node:path';
import { type Document, isAlias, isMap, isNode, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { DrillError, type Place, type Problem } from '../core/errors.ts';

const MAX_BYTES = 1_000_000;
/** Enough for anchors a person writes; a bomb needs thousands. */
const MAX_ALIASES = 100;

export type Path = readonly PropertyKey[];

/** A YAML or JSON file as its user wrote it. */
export interface UserFile {
  /** Absolute. */
  path: string;
  data: unknown;
  /** Where the value at a path stands, or its key; its nearest parent where it is missing. */
  place(path: Path, part?: 'key' | 'value'): Place;
}

/** A path as messages show it: relative where the file lies under the working directory. */
export function displayPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown === '' || shown.startsWith('..') || isAbsolute(shown) ? path : shown.replaceAll('\\', '/');
}

/** Reads at most 1 MB of UTF-8. Throws a DrillError. */
export function readText(path: string): string {
  const place = { file: displayPath(path) };
  const invalid = (message: string, fix: string) => new DrillError('unreadable_file', { message, place, fix });
  let bytes: Buffer;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw invalid('this is not a file', 'name a file');
    if (stat.size > MAX_BYTES) throw invalid(`the file has ${stat.size} bytes`, `keep it under ${MAX_BYTES} bytes`);
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof DrillError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    if (code === 'ENOENT') throw invalid('there is no such file', 'check the path');
    throw invalid(`the file cannot be read (${code})`, 'check its permissions');
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Falls through to the one message for everything that is not text.
  }
  throw invalid('the file is not UTF-8 text', 'save it as UTF-8 text');
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
  const invalid = (problems: Problem | Problem[]) => new DrillError('invalid_file', problems);

  try {
    const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
    const problems = [...syntaxProblems(doc, placeAt), ...aliasProblems(doc, placeAt)];
    if (problems.length > 0) throw invalid(problems);
    if (doc.contents === null)
      throw invalid({ message: 'the file is empty', place: placeAt(0), fix: 'write it, or delete it' });
    const data = withoutSchemaKey(doc.toJS({ maxAliasCount: MAX_ALIASES }));
    return { path: absolute, data, place: (at, part) => placeAt(offsetOf(doc, at, part)) };
  } catch (error) {
    if (error instanceof ReferenceError)
      throw invalid({ message: 'too many aliases', place: placeAt(0), fix: `use at most ${MAX_ALIASES} aliases` });
    if (error instanceof RangeError)
      throw invalid({ message: 'nested too deeply', place: placeAt(0), fix: 'write it flatter' });
    throw error;
  }
}

function syntaxProblems(doc: Document.Parsed, placeAt: (offset: number) => Place): Problem[] {
  // One slip often breaks many lines after it; the first of a line tells enough.
  const seen = new Set<number | undefined>();
  return [...doc.errors, ...doc.warnings].flatMap((error) => {
    const place = placeAt(error.pos[0]);
    if (seen.has(place.line)) return [];
    seen.add(place.line);
    return [{ message: `broken YAML: ${firstLine(error.message)}`, place, fix: FIXES[error.code] ?? 'mend this line' }];
  });
}

const FIXES: Record<string, string> = {
  DUPLICATE_KEY: 'keep one of the two keys',
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'check brackets and indentation from here on',
  MULTIPLE_DOCS: 'keep one document a file',
  MISSING_CHAR: 'close the bracket or quote that was opened before',
  TAG_RESOLVE_FAILED: 'remove the tag',
  RESOURCE_EXHAUSTION: 'it is nested too deeply: write it flatter',
};

function aliasProblems(doc: Document.Parsed, placeAt: (offset: number) => Place): Problem[] {
  const problems: Problem[] = [];
  visit(doc, {
    Alias(_, alias) {
      if (alias.resolve(doc) === undefined)
        problems.push({
          message: `"*${alias.source}" points at no anchor`,
          place: placeAt(alias.range?.[0] ?? 0),
          fix: 'quote it if text was meant, or set the anchor before it',
        });
    },
  });
  return problems;
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

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;
