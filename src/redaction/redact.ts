import { hash } from 'node:crypto';
import { remembering } from '../core/once.ts';
import { isRecord } from '../text/json.ts';
import { genuineLength, SECRET_SHAPES } from './secret-shapes.ts';
import { type Finder, type Span, spansIn } from './views.ts';

/** What is secret beside the shapes that all secrets of a kind have. */
export interface Private {
  /** Texts that may stand nowhere, such as the values of environment variables. */
  literals?: readonly string[];
  /** Linear-time patterns of the user's own. */
  finders?: readonly Finder[] | undefined;
}

export interface Redaction {
  /** Each secret in a text, escaped or encoded as it may be, gives way to a mark. Doing it again changes nothing. */
  text(text: string): string;
  /** The same value with all its texts redacted, and whatever a key such as `password` holds. */
  value<T>(value: T): T;
}

/** No secret is shorter, unless the user's own. */
const SHORTEST = 6;
/** A text without any of these holds no secret, and the long expression is not run at all. */
const HINT = String.raw`[@\\%]|\d[\d ().+/-]{5}|[\w.+/-]{14}|[=:]\s{0,4}["']?[^\s"']|[eE][aA][rR][eE][rR]|[bB][aA][sS][iI][cC]|KEY-`;

export function createRedaction({ literals = [], finders = [] }: Private = {}): Redaction {
  const escaped = literals.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  const secret = new RegExp([...escaped, SECRET_SHAPES].join('|'), 'g');
  const hint = new RegExp([...escaped, HINT].join('|'));

  const search = (text: string): Span[] => {
    const shaped = hint.test(text) ? spansIn(text, (view) => shapedIn(view, secret)) : [];
    return [...shaped, ...finders.flatMap((finder) => spansIn(text, finder))];
  };
  const clean = remembering((given) => replaced(given, search));
  const text = (given: string) => (given.length < SHORTEST && finders.length === 0 ? given : clean(given));
  return { text, value: (value) => redactValue(value, text) };
}

/** Values of environment variables that are named like secrets, taken before a run puts its dummies there; and others. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>, also: readonly string[] = []): string[] {
  const secret = Object.entries(env).flatMap(([name, value]) =>
    /(?:KEY|TOKEN|SECRET)$|PASSWORD/i.test(name) && value !== undefined && value.trim().length >= 12
      ? [value.trim()]
      : [],
  );
  // The longer one first: a value may begin with another.
  return [...new Set([...secret, ...also])].filter((value) => !DUMMY.test(value)).sort((a, b) => b.length - a.length);
}

/** A key of ours, which opens nothing: people are shown it so that they can paste it. */
const DUMMY = /^drill-mock-\w+$/;

function shapedIn(text: string, secret: RegExp): Span[] {
  const spans: Span[] = [];
  secret.lastIndex = 0;
  for (let match = secret.exec(text); match !== null; match = secret.exec(text)) {
    const length = DUMMY.test(match[0]) ? 0 : genuineLength(match);
    if (length > 0) spans.push([match.index, match.index + length]);
    // Where a shape was none after all, another may begin inside it.
    secret.lastIndex = match.index + Math.max(1, length);
  }
  return spans;
}

// --- marks ------------------------------------------------------------------

const HIDDEN = '[redacted]';
/** Splits a text at its marks, which stand at odd places of what comes out. */
export const MARK = /(\[redacted(?: [0-9a-f]{2})?\])/;
/** Taking something out can bring a word boundary about, and with it another secret. */
const ROUNDS = 4;

function replaced(text: string, search: Finder, rounds = ROUNDS): string {
  const pieces = text.includes('[redacted') ? text.split(MARK) : [text];
  return pieces.map((piece, i) => (i % 2 === 1 ? piece : replacedIn(piece, search, rounds))).join('');
}

function replacedIn(text: string, search: Finder, rounds: number): string {
  const spans = [...search(text)].filter(([from, to]) => from < to).sort(([a], [b]) => a - b);
  if (spans.length === 0) return text;
  let out = '';
  let done = 0;
  for (let i = 0; i < spans.length; ) {
    const [from = 0] = spans[i] ?? [];
    let end = 0;
    // Spans that overlap are one secret.
    for (; i < spans.length && (end === 0 || (spans[i]?.[0] ?? 0) < end); i++) end = Math.max(end, spans[i]?.[1] ?? 0);
    out += text.slice(done, from) + markOf(text.slice(from, end));
    done = end;
  }
  out += text.slice(done);
  return rounds > 1 ? replaced(out, search, rounds - 1) : out;
}

/** One of 256: enough for a check to see that two texts differ, too little to find out what stood there. */
function markOf(secret: string): string {
  if (secret.length < 8) return HIDDEN;
  return `[redacted ${hash('sha256', secret).slice(0, 2)}]`;
}

// --- values -----------------------------------------------------------------

/** Keys under which nothing may be kept, written in any of the usual ways. */
const SECRET_KEY =
  /^(?:(?:x[-_]?)?api[-_]?key|(?:proxy-)?authorization|(?:(?:access|auth|bearer|id|refresh)[-_]?)?token|(?:client[-_]?)?secret|(?:secret|private)[-_]?(?:access[-_]?)?key|password|passwd|passphrase|pwd|(?:set-)?cookie)$/i;
/** A JSON Schema may have a property called `password`: what is written there is hidden, not what it consists of. */
const isHidden = (key: string, value: unknown) =>
  (typeof value === 'number' || (typeof value === 'string' && value !== '')) && SECRET_KEY.test(key);

/** Most values come back as they are: a copy is made only of what holds something secret. */
function redactValue<T>(value: T, text: (given: string) => string): T;
function redactValue(value: unknown, text: (given: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number')
    return Math.abs(value) < 1e12 || text(String(value)) === String(value) ? value : HIDDEN;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return redactItems(value, text);
  // What an object would be written as is what must be looked at: a URL holds its credentials nowhere else.
  if ('toJSON' in value && typeof value.toJSON === 'function') return redactValue(value.toJSON(), text);
  return isRecord(value) ? redactRecord(value, text) : value;
}

function redactItems(items: unknown[], text: (given: string) => string): unknown[] {
  let copy: unknown[] | undefined;
  for (const [i, item] of items.entries()) {
    const clean = redactValue(item, text);
    if (clean !== item) copy ??= items.slice(0, i);
    copy?.push(clean);
  }
  return copy ?? items;
}

function redactRecord(value: Record<string, unknown>, text: (given: string) => string): Record<string, unknown> {
  let copy: [string, unknown][] | undefined;
  const keys = Object.keys(value);
  for (const key of keys) {
    const item = value[key];
    const name = text(key);
    const clean = isHidden(key, item) ? HIDDEN : redactValue(item, text);
    if (name !== key || clean !== item) copy ??= Object.entries(value).slice(0, keys.indexOf(key));
    copy?.push([name, clean]);
  }
  return copy === undefined ? value : Object.fromEntries(copy);
}
