import fc from 'fast-check';
import { parse } from 'yaml';
import { BROKEN, READ_BY, SOUND, type SoundFile } from './hostile-corpus.fixture.ts';

/** Pieces that mean something to a parser, a file system, a terminal or an engine. */
const PIECES = [
  ...['{', '}', '[', ']', ',', ':', ': ', '- ', '? ', '"', "'", '|', '>', '#', ' #', '&a ', '*a', '*a ', '! ', '%'],
  ...['\n', '\r\n', '\r', '\t', '\n---\n', '\n...\n', '\n\n', '  ', '%YAML 1.1\n---\n', '<<: *a\n', '@', '`', '\\'],
  ...['!!js/function ', '!!binary ', '!!set ', '!!timestamp ', '!!float ', '!!str ', '!!null ', '!<tag:x> '],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '$schema', '$ref', '$id', 'default'],
  ...['null', '~', 'true', 'no', '.nan', '.inf', '-0', '1e999', '0x1F', '0o17', '9007199254740993', '-1', '1.5'],
  ...['2026-01-02', '12:30:45', '../../etc/passwd', '/etc/passwd', '\\\\host\\share', 'file:///etc/passwd', '~root'],
  ...['\0', '\ufeff', '\u0085', '\u2028', '\u202e', '\u001b[2J', '\u009b', '\ud800', '😀', 'é', 'e\u0301', '\u007f'],
  ...[
    '(a+)+$',
    '(?=a)',
    '(?i)',
    'a{1000}',
    '[[:alpha:]]',
    '\\1',
    '\\p{L}',
    '(',
    '[a',
    'x'.repeat(3000),
    'k: 1\n'.repeat(40),
  ],
];

const piece = fc.constantFrom(...PIECES);
const spot = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
type Change = (text: string) => string;

const lines = (change: (all: string[], at: number) => string[]) => (where: number) => (text: string) => {
  const all = text.split('\n');
  return change(all, Math.floor(where * all.length)).join('\n');
};
const twice = lines((all, at) => all.toSpliced(at, 0, all[at] ?? ''));
const gone = lines((all, at) => all.toSpliced(at, 1));
const deeper = lines((all, at) => all.with(at, `  ${all[at]}`));
const last = lines((all, at) => [...all.toSpliced(at, 1), all[at] ?? '']);

const textChange: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(spot, piece).map(
    ([at, what]): Change =>
      (text) =>
        spliced(text, at, 0, what),
  ),
  fc.tuple(spot, fc.nat(12), piece).map(
    ([at, length, what]): Change =>
      (text) =>
        spliced(text, at, length, what),
  ),
  fc.tuple(spot, fc.nat(80)).map(
    ([at, length]): Change =>
      (text) =>
        spliced(text, at, length, ''),
  ),
  fc.tuple(spot, fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 8 })).map(
    ([at, points]): Change =>
      (text) =>
        spliced(text, at, 0, String.fromCodePoint(...points)),
  ),
  spot.map(
    (at): Change =>
      (text) =>
        text.slice(0, Math.floor(at * text.length)),
  ),
  spot.map(twice),
  spot.map(gone),
  spot.map(deeper),
  spot.map(last),
  fc.constant<Change>((text) => text.replaceAll('\n', '\r\n')),
  fc.constant<Change>((text) => `\ufeff${text}`),
  fc.constantFrom(...Object.values(BROKEN).filter((text) => text.length < 2000)).map(
    (more): Change =>
      (text) =>
        text + more,
  ),
);

function spliced(text: string, at: number, length: number, what: string): string {
  const from = Math.floor(at * (text.length + 1));
  return text.slice(0, from) + what + text.slice(from + length);
}

/** Any value a file can hold, with keys and words of ours in it. */
const known = [...new Set(Object.values(SOUND).flatMap((text) => text.match(/[a-z][a-z_-]{2,}/g) ?? []))];
const word = fc.oneof(piece, fc.constantFrom(...known), fc.string({ maxLength: 12 }));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    word,
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1, 1.5, 1e21, 2 ** 53, 1e308, '', [], {}),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(word, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
    fc.tuple(fc.integer({ min: 2, max: 60 }), tie('value')).map(([depth, inside]) => nested(depth, inside)),
  ),
}));

const nested = (depth: number, inside: unknown): unknown =>
  Array.from({ length: depth }).reduce<unknown>((around, _, i) => (i % 2 === 0 ? [around] : { a: around }), inside);

interface NodeChange {
  /** Which node, all of them counted through; and which of its entries. */
  at: number;
  entry: number;
  how: 'replace' | 'remove' | 'rename' | 'add';
  key: string;
  value: unknown;
}

const nodeChange: fc.Arbitrary<NodeChange> = fc.record({
  at: fc.nat(10_000),
  entry: fc.nat(100),
  how: fc.constantFrom('replace', 'replace', 'remove', 'rename', 'add'),
  key: word,
  value,
});

type Steps = readonly string[];

function changed(data: unknown, change: NodeChange): unknown {
  const all = stepsTo(data);
  return withNode(data, all[change.at % all.length] ?? [], (node) => changedNode(node, change));
}

const entriesOf = (node: unknown): [string, unknown][] =>
  typeof node === 'object' && node !== null ? Object.entries(node) : [];

const stepsTo = (node: unknown, steps: Steps = []): Steps[] => [
  steps,
  ...entriesOf(node).flatMap(([key, inner]) => stepsTo(inner, [...steps, key])),
];

const like = (node: unknown, entries: [string, unknown][]): unknown =>
  Array.isArray(node) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);

function withNode(node: unknown, [step, ...more]: Steps, change: (node: unknown) => unknown): unknown {
  if (step === undefined) return change(node);
  const entries = entriesOf(node).map(([key, inner]): [string, unknown] => [
    key,
    key === step ? withNode(inner, more, change) : inner,
  ]);
  return like(node, entries);
}

function changedNode(node: unknown, { how, entry, key, value }: NodeChange): unknown {
  const entries = entriesOf(node);
  if (how === 'replace' || entries.length === 0) return value;
  const at = entry % entries.length;
  if (how === 'remove') return like(node, entries.toSpliced(at, 1));
  if (how === 'rename') return like(node, entries.with(at, [key, entries[at]?.[1]]));
  return like(node, [...entries, [key, value]]);
}

const file = fc.constantFrom(...READ_BY.keys());

/** A file of the project and the bytes that stand in its place: sound ones changed here and there, or none of ours. */
export const hostileFile: fc.Arbitrary<{ file: SoundFile; bytes: Uint8Array }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ file, changes: fc.array(textChange, { minLength: 1, maxLength: 4 }) }).map((it) => ({
      file: it.file,
      bytes: Buffer.from(it.changes.reduce((text, change) => change(text), String(SOUND[it.file]))),
    })),
  },
  {
    weight: 4,
    arbitrary: fc.record({ file, changes: fc.array(nodeChange, { minLength: 1, maxLength: 3 }) }).map((it) => ({
      file: it.file,
      bytes: Buffer.from(JSON.stringify(it.changes.reduce(changed, parse(SOUND[it.file])))),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ file, at: spot, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) })
      .map((it) => ({ file: it.file, bytes: overwritten(Buffer.from(SOUND[it.file]), it.at, it.bytes) })),
  },
  { weight: 1, arbitrary: fc.record({ file, bytes: fc.uint8Array({ maxLength: 200 }) }) },
  {
    weight: 1,
    arbitrary: fc
      .record({ file, pieces: fc.array(fc.oneof(piece, word), { maxLength: 60 }) })
      .map((it) => ({ file: it.file, bytes: Buffer.from(it.pieces.join('')) })),
  },
);

function overwritten(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  bytes.set(by.subarray(0, bytes.length), Math.floor(at * Math.max(0, bytes.length - by.length)));
  return bytes;
}

/** What may be typed after `--fault`. */
export const hostileFlag: fc.Arbitrary<string> = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc
    .array(fc.oneof(word, fc.constantFrom('@', ',', '=', 'hang', 'rate-limited', 'primary')), { maxLength: 12 })
    .map((all) => all.join('')),
  fc
    .array(fc.tuple(word, word), { maxLength: 4 })
    .map((all) => ['server-error@primary', ...all.map((one) => one.join('='))].join(',')),
  fc
    .array(textChange, { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((text, change) => change(text), 'rate-limited@primary,retry_after_ms=1000')),
);
