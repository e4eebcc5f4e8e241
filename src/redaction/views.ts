/** Where something stands in a text. */
export type Span = readonly [start: number, end: number];
export type Finder = (text: string) => Iterable<Span>;

/** A text inside a text inside a text: a secret may be escaped this often, and encoded as often. */
const LAYERS = 3;

/** An encoding whose runs stand in texts; what a run says may depend on where it begins. */
export interface Codec {
  run: RegExp;
  decode(run: string): string[];
}

/** Where a finder finds something in the text itself, or in what it says once its escapes and its encodings are undone. */
export function spansIn(text: string, find: Finder, codecs: readonly Codec[] = [BASE64], layers = LAYERS): Span[] {
  const spans: Span[] = [];
  let view: View | undefined = { text, at: undefined };
  for (let layer = 0; layer < layers && view !== undefined; layer++) {
    const { at }: View = view;
    const found = [...find(view.text), ...(layers > 1 ? encodedIn(view.text, find, codecs, layers - 1) : [])];
    for (const [from, to] of found) spans.push(at === undefined ? [from, to] : [at[from] ?? 0, at[to] ?? text.length]);
    view = unescaped(view);
  }
  return spans;
}

interface View {
  text: string;
  /** Where each of its characters begins in the original, and where the last one ends; undefined for the original. */
  at: number[] | undefined;
}

/** Every text that a text is, or says once its escapes and its encodings are undone. */
export function viewsOf(text: string, codecs: readonly Codec[]): string[] {
  const views: string[] = [];
  spansIn(
    text,
    (view) => {
      views.push(view);
      return [];
    },
    codecs,
  );
  return views;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^ux]))|%([2-7][0-9a-fA-F])|((?:%[89a-fA-F][0-9a-fA-F])+)/g;
const CONTROLS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The text without one layer of JSON's and of URLs' escapes; undefined where it has none. */
function unescaped({ text, at }: View): View | undefined {
  if (text.search(ESCAPE) < 0) return undefined;
  const places: number[] = [];
  const place = (index: number) => places.push(at === undefined ? index : (at[index] ?? 0));
  let out = '';
  let done = 0;
  const copy = (to: number) => {
    out += text.slice(done, to);
    for (; done < to; done++) place(done);
  };
  for (const match of text.matchAll(ESCAPE)) {
    const [whole, unicode, hex, plain, percent, bytes] = match;
    copy(match.index);
    const code = unicode ?? hex ?? percent;
    const letters = bytes === undefined ? (CONTROLS[plain ?? ''] ?? plain) : fromHex(bytes.replaceAll('%', ''));
    const said = code === undefined ? (letters ?? '') : String.fromCharCode(Number.parseInt(code, 16));
    for (let i = 0; i < said.length; i++) place(done);
    out += said;
    done += whole.length;
  }
  copy(text.length);
  place(text.length);
  return { text: out, at: places };
}

/** Runs of base64 or base64url; what stands before them may run into them. */
const base64 = (run: RegExp): Codec => ({
  run,
  decode: (found) =>
    /[A-Z]/.test(found) && /[a-z]/.test(found) ? [0, 1, 2, 3].map((skip) => fromBase64(found.slice(skip))) : [],
});
const BASE64 = base64(/[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}/g);

/** Also where a single name is encoded: for short texts, in which nothing is cut out. */
export const SHORT_RUNS: readonly Codec[] = [
  base64(/[A-Za-z0-9+/_-]{4,}={0,2}/g),
  { run: /(?:[0-9a-fA-F]{2}){3,}/g, decode: (run) => [fromHex(run)] },
];

/** Runs of an encoding that hold something secret. */
function encodedIn(text: string, find: Finder, codecs: readonly Codec[], layers: number): Span[] {
  return codecs.flatMap(({ run, decode }) =>
    [...text.matchAll(run)].flatMap(({ 0: found, index }): Span[] => {
      const holds = decode(found).some((said) => spansIn(said, find, codecs, layers).length > 0);
      return holds ? [[index, index + found.length]] : [];
    }),
  );
}

const fromBase64 = (run: string) => Buffer.from(run, 'base64').toString('utf8');
const fromHex = (run: string) => Buffer.from(run, 'hex').toString('utf8');
