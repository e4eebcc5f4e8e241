import { entryOf } from '../core/once.ts';
import { fromUtf8 } from '../protocols/json.ts';
import { createSseSplitter } from '../protocols/sse.ts';
import { isRecord, parseJson } from '../text/json.ts';

/** Which types of JSON stand at each path of a body; the fields of a stream's events stand behind the names of those. */
export type Shape = ReadonlyMap<string, ReadonlySet<string>>;

/** The shape of a body, never its words: JSON, the JSON of a stream's events, or text. */
export function shapeOf(body: Uint8Array): Shape {
  const shape = new Map<string, Set<string>>();
  const note = (path: string, type: string) => entryOf(shape, path, () => new Set()).add(type);
  const walk = (value: unknown, path: string) => {
    note(path, typeOf(value));
    if (Array.isArray(value)) for (const item of value) walk(item, `${path}[]`);
    else if (isRecord(value))
      for (const [key, inner] of Object.entries(value))
        walk(inner, /[ :]$/.test(path) || path === '' ? path + key : `${path}.${key}`);
  };
  const whole = parseJson(fromUtf8(body));
  if (whole !== undefined) {
    walk(whole, '');
    return shape;
  }
  const events = createSseSplitter()
    .push(body)
    .filter(({ data }) => data !== undefined);
  if (events.length === 0) note('', 'text');
  for (const { event, data = '' } of events) {
    const said = parseJson(data);
    const type = isRecord(said) && typeof said['type'] === 'string' ? said['type'] : event;
    const named = type === '' ? 'event' : type;
    if (said === undefined) note(`${named} ${data.slice(0, LONGEST_MARK)}`, 'text');
    else walk(said, `${named}: `);
  }
  return shape;
}

/** What is no JSON in a stream is a mark such as `[DONE]`. */
const LONGEST_MARK = 20;

function typeOf(value: unknown): string {
  if (value === null) return NULL;
  return Array.isArray(value) ? 'array' : typeof value;
}

const NULL = 'null';

export interface FieldChange {
  kind: 'came' | 'went' | 'changed';
  path: string;
  was: string;
  now: string;
}

/**
 * Fields that came, went or changed their type, the outermost of each branch. A null says nothing of what stands there else,
 * and an empty list nothing of its items.
 */
export function fieldChanges(before: Shape, after: Shape): FieldChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path): FieldChange[] => {
    const [was, now] = [wordsAt(before, path), wordsAt(after, path)];
    if (was === undefined) return isTold(before, path) ? [{ kind: 'came', path, was: '', now: now ?? '' }] : [];
    if (now === undefined) return isTold(after, path) ? [{ kind: 'went', path, was, now: '' }] : [];
    return was === now || was === NULL || now === NULL ? [] : [{ kind: 'changed', path, was, now }];
  });
}

/** The types at a path in words; null counts only where there is nothing else. */
function wordsAt(shape: Shape, path: string): string | undefined {
  const types = shape.get(path);
  if (types === undefined) return undefined;
  const real = [...types].filter((type) => type !== NULL).sort();
  return real.length === 0 ? NULL : real.join(' or ');
}

/** Whether a shape would show what stands at a path, were it there: what it would stand in is there, and not empty. */
function isTold(shape: Shape, path: string): boolean {
  const parent = parentOf(path);
  if (parent === undefined) return true;
  const words = wordsAt(shape, parent);
  return words === 'object' || (words !== undefined && words !== NULL && !path.endsWith('[]'));
}

/** Undefined of a whole body, of a whole event, and of a mark. */
function parentOf(path: string): string | undefined {
  const event = path.lastIndexOf(': ') + 1;
  if (path === '' || path.endsWith(': ') || (event === 0 && path.includes(' '))) return undefined;
  if (path.endsWith('[]')) return path.slice(0, -2);
  const dot = path.lastIndexOf('.');
  return dot > event ? path.slice(0, dot) : event > 0 ? path.slice(0, event + 1) : '';
}
