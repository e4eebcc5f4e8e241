import type { z } from 'zod';
import { isRecord } from '../text/json.ts';
import { suggest } from './closest.ts';
import { type Locate, MAX_PROBLEMS, type Path, Problems } from './problems.ts';
import type { UserFile } from './read-file.ts';
import { jsonSchemaOf, keysOf, type Piece, piecesAt, wordsOf } from './schema-words.ts';

/** What is held against a schema. */
interface Part {
  value: unknown;
  place: Locate;
  /** Where the value stands in its file, unless it is the whole. */
  at?: Path;
  /** Keys that are allowed beside those of the schema; they are only named in suggestions. */
  otherKeys?: readonly string[];
}

/**
 * Parses a file, or a part of it; every zod issue is told as a problem at its place in the text. Where keys that nobody
 * knows are all that is wrong, there is a value all the same: the rest, to be held against other files.
 */
export function inspect<S extends z.ZodType>(told: Problems, schema: S, part: Part): z.output<S> | undefined {
  const parsed = schema.safeParse(part.value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, MAX_PROBLEMS);
  for (const issue of issues) tellIssue(told, issue, jsonSchemaOf(schema), part);
  const known = issues.reduce<unknown>(
    (value, issue) => (issue.code === 'unrecognized_keys' ? withoutKeys(value, issue.path, issue.keys) : value),
    part.value,
  );
  return schema.safeParse(known).data;
}

function withoutKeys(value: unknown, [step, ...rest]: Path, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one, i) => (i === step ? withoutKeys(one, rest, keys) : one));
  const entries = Object.entries(Object(value));
  const kept = step === undefined ? entries.filter(([key]) => !keys.includes(key)) : entries;
  return Object.fromEntries(kept.map(([key, one]) => [key, key === step ? withoutKeys(one, rest, keys) : one]));
}

/** Like `inspect`, and throws a DrillError where there are problems. */
export function parseWith<S extends z.ZodType>(schema: S, { data, place }: Pick<UserFile, 'data' | 'place'>) {
  const told = new Problems();
  const value = inspect(told, schema, { value: data, place });
  if (value === undefined || told.all.length > 0) throw told.error();
  return value;
}

type Issue = z.core.$ZodIssue;

function tellIssue(told: Problems, issue: Issue, words: Piece, part: Part): void {
  const { place, at = [], otherKeys = [] } = part;
  const path = [...at, ...issue.path];
  const name = nameOf(path);
  const value = valueAt(part.value, issue.path);
  const known = keysOf(words, issue.path);
  const must = piecesAt(words, issue.path).map(wordsOf).join(', or ') || 'something else';
  const tell = (message: string, fix: string) => told.tell(place(path), message, fix);
  const tellKeys = (keys: readonly string[], may: readonly string[]) => {
    for (const key of keys.slice(0, MAX_PROBLEMS))
      told.tell(place([...path, key], 'key'), `unknown key "${key}"`, suggest(key, may, 'known keys'));
  };

  if (issue.code === 'unrecognized_keys')
    tellKeys(issue.keys, issue.path.length === 0 ? [...known, ...otherKeys] : known);
  else if (issue.code === 'invalid_key') {
    const why = issue.issues.map((inner) => inner.message).join('; ');
    told.tell(place(path, 'key'), `bad name ${name}: ${why}`, 'rename it');
  } else if (value === undefined && issue.code !== 'custom')
    tell(`missing key ${name}`, `add "${String(issue.path.at(-1))}": ${must}`);
  else if (issue.code === 'invalid_value')
    tell(`${name} may not be ${shown(value)}`, suggest(textOf(value), issue.values.map(String), 'it may be'));
  else if (issue.code === 'invalid_union') {
    // Of several choices the user meant one: the one that fits best speaks, unless none does.
    const open = piecesAt(words, issue.path).some(
      ({ additionalProperties: more }) => more !== undefined && more !== false,
    );
    const unknown =
      isRecord(value) && known.length > 0 && !open ? Object.keys(value).filter((key) => !known.includes(key)) : [];
    // What a choice cannot be without, and is not there, was not meant.
    const lacks = (one: Issue) =>
      one.code !== 'custom' && one.path.length === 1 && valueAt(value, one.path) === undefined;
    const shaped = issue.errors.filter((issues) => !issues.some((one) => one.path.length === 0));
    const whole = shaped.filter((issues) => !issues.some(lacks));
    const [meant, another] = whole.length > 0 ? whole : shaped;
    if (unknown.length > 0) tellKeys(unknown, known);
    else if (meant === undefined || another !== undefined) tell(`${name} may not be ${shown(value)}`, `write ${must}`);
    else for (const one of meant) tellIssue(told, { ...one, path: [...issue.path, ...one.path] }, words, part);
  } else if (issue.code === 'custom' || issue.code === 'invalid_format') {
    const change = `change ${typeof value === 'object' ? 'it' : shown(value)}`;
    tell(`${name}: ${issue.message}`, value === undefined ? 'add what is missing' : change);
  } else {
    const size = Array.isArray(value) && value.length > 0 && issue.code !== 'invalid_type' ? ` of ${value.length}` : '';
    tell(`${name} may not be ${shown(value)}${size}`, `write ${must}`);
  }
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
