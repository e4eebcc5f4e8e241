import type { Held } from '../core/trace.ts';

export interface Markers {
  sources: readonly { id: string; text: string; image?: { data: string } }[];
  /** Canary per tenant. */
  canaries: Readonly<Record<string, string>>;
  schemaFields: readonly string[];
  /** Model name per role. */
  models: Readonly<Record<string, string>>;
  /** Every value of what a tool gives to a golden task. */
  results: readonly { tool: string; values: readonly string[] }[];
  /** What was said before in the golden tasks that have such. */
  history: readonly { task: string; texts: readonly string[] }[];
}

/** Says which markers a text holds. Whitespace and JSON escapes do not matter; a name inside a longer one does not count. */
export function createMarkerSearch(markers: Markers): (text: string) => Held {
  const sources = markers.sources.map(({ id, text, image }) => ({ id, text: image?.data ?? flatten(text) }));
  const canaries = Object.entries(markers.canaries).map(([tenant, text]) => ({ tenant, text: flatten(text) }));
  const models = Object.entries(markers.models);
  // A result as short as `true` is found everywhere and marks nothing.
  const results = markers.results.filter(({ values }) => values.join('').length >= 8);
  const history = markers.history.map(({ task, texts }) => ({ task, texts: texts.map(flatten) }));
  return (raw) => {
    const text = flatten(raw);
    return {
      sources: sources.filter((s) => text.includes(s.text)).map((s) => s.id),
      source_ids: sources.filter((s) => names(text, s.id)).map((s) => s.id),
      canaries: canaries.filter((c) => text.includes(c.text)).map((c) => c.tenant),
      schema_fields: markers.schemaFields.filter((field) => names(text, field)),
      models: models.filter(([, model]) => names(text, model)).map(([role]) => role),
      ...(results.length === 0 ? {} : { results: toolsIn(text, results) }),
      ...(history.length === 0
        ? {}
        : { history: history.filter((h) => h.texts.every((said) => text.includes(said))).map((h) => h.task) }),
    };
  };
}

function toolsIn(text: string, results: Markers['results']): string[] {
  const found = results.filter(({ values }) => values.every((value) => text.includes(flatten(value))));
  return [...new Set(found.map(({ tool }) => tool))];
}

/** `gpt-5-mini` does not name the model `gpt-5`, nor `gpt-4.1` the model `gpt-4`, and `order_1042` is not `order_104`. */
function names(text: string, name: string): boolean {
  if (name === '') return false;
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/[\w-]/.test(text[at - 1] ?? '') && !/^(?:[\w-]|\.\d)/.test(after)) return true;
  }
  return false;
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|([bfnrt])|(["\\/]))/g;
/** All runs of whitespace but the single space, which is most of them and stays as it is. */
const BLANKS = /\s{2,}|[^\S ]/g;
/** A text may be JSON inside JSON, hardly more. */
const LAYERS = 4;

/** Undoes JSON's escapes, on both sides of a comparison, and what whitespace there is. */
function flatten(text: string): string {
  let plain = text;
  for (let layer = 0; layer < LAYERS && plain.includes('\\'); layer++) plain = plain.replace(ESCAPE, unescapeOne);
  return plain.replace(BLANKS, ' ').trim();
}

function unescapeOne(
  _: string,
  code: string | undefined,
  control: string | undefined,
  mark: string | undefined,
): string {
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  return control === undefined ? (mark ?? '') : ' ';
}
