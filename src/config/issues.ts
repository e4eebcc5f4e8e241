import type { z } from 'zod';
import { DrillError, type Place, type Problem } from '../core/errors.ts';
import { isRecord } from '../core/json.ts';
import { suggest } from './closest.ts';
import { MAX_PROBLEMS, type Path, type UserFile } from './read-file.ts';
import { jsonSchemaOf, keysAt, type Piece, piecesAt, wordsOf } from './schema-words.ts';

/** Which part of a file is parsed, where it is not the whole. */
export interface Part {
  /** Where the value stands in the file. */
  at: Path;
  value: unknown;
  /** Keys that are allowed beside those of the schema; they are only named in suggestions. */
  otherKeys?: readonly string[];
}

/**
 * Parses a file, or a part of it; every zod issue becomes a problem at its place in the text. Where keys that nobody
 * knows are all that is wrong, there is a value beside the problems: the rest, to be held against other files.
 */
export function inspect<S extends z.ZodType>(
  schema: S,
  file: UserFile,
  part: Part = { at: [], value: file.data },
): { value: z.output<S> | undefined; problems: Problem[] } {
  const parsed = schema.safeParse(part.value);
  if (parsed.success) return { value: parsed.data, problems: [] };
  const words = jsonSchemaOf(schema);
  const issues = parsed.error.issues.slice(0, MAX_PROBLEMS);
  const known = issues.reduce<unknown>(
    (value, issue) => (issue.code === 'unrecognized_keys' ? withoutKeys(value, issue.path, issue.keys) : value),
    part.value,
  );
  const problems = issues.flatMap((issue) => problemsOf(issue, words, file, part));
  return { value: schema.safeParse(known).data, problems };
}

function withoutKeys(value: unknown, [step, ...rest]: Path, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one, i) => (i === step ? withoutKeys(one, rest, keys) : one));
  const entries = Object.entries(Object(value));
  const kept = step === undefined ? entries.filter(([key]) => !keys.includes(key)) : entries;
  return Object.fromEntries(kept.map(([key, one]) => [key, key === step ? withoutKeys(one, rest, keys) : one]));
}

/** Like `inspect`, and throws a DrillError where there are problems. */
export function parseWith<S extends z.ZodType>(schema: S, file: UserFile): z.output<S> {
  const { value, problems } = inspect(schema, file);
  if (value === undefined || problems.length > 0) throw new DrillError('invalid_file', problems);
  return value;
}

/** A name in a file, and where it stands. */
export interface Named {
  word: unknown;
  place: Place;
}

/** Those of some names that are not among the known: each a problem with what was probably meant. */
export function strangers(
  names: readonly Named[],
  known: readonly string[],
  what: string,
  message: (word: string) => string,
): Problem[] {
  const all = new Set(known);
  return names
    .flatMap(({ word, place }) => (typeof word !== 'string' || all.has(word) ? [] : [{ word, place }]))
    .slice(0, MAX_PROBLEMS)
    .map(({ word, place }) => ({ message: message(word), place, fix: suggest(word, known, what) }));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, words: Piece, file: UserFile, part: Part): Problem[] {
  const path = [...part.at, ...issue.path];
  const name = nameOf(path);
  const value = valueAt(part.value, issue.path);
  const must = piecesAt(words, issue.path).map(wordsOf).join(', or ') || 'something else';
  const at = (message: string, fix: string): Problem[] => [{ message, place: file.place(path), fix }];

  if (issue.code === 'unrecognized_keys') {
    const known = [...keysAt(words, issue.path), ...(issue.path.length === 0 ? (part.otherKeys ?? []) : [])];
    return issue.keys.slice(0, MAX_PROBLEMS).map((key) => ({
      message: `unknown key "${key}"`,
      place: file.place([...path, key], 'key'),
      fix: suggest(key, known, 'known keys'),
    }));
  }
  if (issue.code === 'invalid_key') {
    const why = issue.issues.map((inner) => inner.message).join('; ');
    return [{ message: `bad name ${name}: ${why}`, place: file.place(path, 'key'), fix: 'rename it' }];
  }
  if (value === undefined && issue.code !== 'custom')
    return at(`missing key ${name}`, `add "${String(issue.path.at(-1))}": ${must}`);
  if (issue.code === 'invalid_value')
    return at(`${name} may not be ${shown(value)}`, suggest(textOf(value), issue.values.map(String), 'it may be'));
  if (issue.code === 'invalid_union') return unionProblems(issue, value, words, file, part);
  if (issue.code === 'custom' || issue.code === 'invalid_format')
    return at(
      `${name}: ${issue.message}`,
      value === undefined ? 'add what is missing' : `change ${typeof value === 'object' ? 'it' : shown(value)}`,
    );
  const size = Array.isArray(value) && value.length > 0 && issue.code !== 'invalid_type' ? ` of ${value.length}` : '';
  return at(`${name} may not be ${shown(value)}${size}`, `write ${must}`);
}

/** Of several choices the user meant one: the one that fits best speaks, unless none does. */
function unionProblems(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  value: unknown,
  words: Piece,
  file: UserFile,
  part: Part,
): Problem[] {
  const inner = issue.errors.map((issues) =>
    issues.map((one): Issue => ({ ...one, path: [...issue.path, ...one.path] })),
  );
  const path = [...part.at, ...issue.path];
  const known = keysAt(words, issue.path);
  const unknown = isRecord(value) && known.length > 0 ? Object.keys(value).filter((key) => !known.includes(key)) : [];
  if (unknown.length > 0)
    return unknown.slice(0, MAX_PROBLEMS).map((key) => ({
      message: `unknown key "${key}"`,
      place: file.place([...path, key], 'key'),
      fix: suggest(key, known, 'known keys'),
    }));
  const right = inner.filter((issues) => !issues.some((one) => one.path.length === issue.path.length));
  if (right.length === 1) return (right[0] ?? []).flatMap((one) => problemsOf(one, words, file, part));
  const must = piecesAt(words, issue.path).map(wordsOf).join(', or ');
  return [{ message: `${nameOf(path)} may not be ${shown(value)}`, place: file.place(path), fix: `write ${must}` }];
}

function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (Array.isArray(here)) here = here[Number(step)];
    else if (isRecord(here) && Object.hasOwn(here, step)) here = here[String(step)];
    else return undefined;
  }
  return here;
}

/** A path as a person would say it: `phases[0].faults[1].role`. */
function nameOf(path: Path): string {
  if (path.length === 0) return 'the file';
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step).slice(0, 80)}`))
    .join('');
}

/** A mapping may have a key `toString` of its own. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : shown(value));

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (isRecord(value)) return 'a mapping';
  if (value === null) return 'empty';
  const text = JSON.stringify(typeof value === 'string' ? value.slice(0, 100) : value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
