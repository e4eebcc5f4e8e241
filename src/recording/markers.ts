import type { Held } from '../core/trace.ts';
import { names } from '../text/names.ts';
import { flatten, holds, type Told, tellsOf, toldIn } from '../text/told.ts';

export interface Markers {
  sources: readonly { id: string; text: string; image?: { data: string } }[];
  /** Canary per tenant. */
  canaries: Readonly<Record<string, string>>;
  schemaFields: readonly string[];
  /** Model name per role. */
  models: Readonly<Record<string, string>>;
  /** API key per role. */
  keys: Readonly<Record<string, string>>;
  /** What the tools give to the golden tasks. */
  results: readonly { tool: string; returns?: unknown }[];
}

/** `verbatim`: sources count only byte for byte, and results not at all, which is quicker. */
export type MarkerSearch = (text: string, how?: 'verbatim') => Held;

/** Says which markers a text holds. Whitespace and JSON escapes do not matter; a name inside a longer one does not count. */
export function createMarkerSearch(markers: Markers): MarkerSearch {
  const sources = markers.sources.map(sourceMarker);
  const canaries = Object.entries(markers.canaries).map(([tenant, text]) => ({ tenant, text: flatten(text) }));
  const models = Object.entries(markers.models);
  const keys = Object.entries(markers.keys);
  const results = markers.results.flatMap(({ tool, returns }) => {
    const tells = tellsOf(returns);
    return tells === undefined ? [] : [{ tool, tells }];
  });
  const keysIn = (text: string) => {
    const there = keys.filter(([, key]) => names(text, key));
    return there.length === 0 ? {} : { keys: there.map(([role]) => role) };
  };
  return (raw, how) => {
    const text = flatten(raw);
    const told = onlyOnce(() => toldIn(text));
    const found = (s: (typeof sources)[number]) => (how === 'verbatim' ? text.includes(s.whole) : s.found(text, told));
    const inResults = () => results.filter((result) => holds(told(), result.tells)).map(({ tool }) => tool);
    return {
      sources: sources.filter(found).map((s) => s.id),
      source_ids: sources.filter((s) => names(text, s.id)).map((s) => s.id),
      canaries: canaries.filter((c) => text.includes(c.text)).map((c) => c.tenant),
      schema_fields: markers.schemaFields.filter((field) => names(text, field)),
      models: models.filter(([, model]) => names(text, model)).map(([role]) => role),
      ...keysIn(text),
      ...(results.length === 0 || how === 'verbatim' ? {} : { results: [...new Set(inResults())] }),
    };
  };
}

/** Of so many of its words a source may be made anew: line numbers, quotes and tables in another dress do that. */
const MOST = 0.8;
/** A text of fewer words than this is there as it is, or not at all. */
const FEW_WORDS = 6;

/** A picture is its bytes. A text is there byte for byte, or by its facts, which are its words with digits, and most of its words. */
function sourceMarker({ id, text, image }: Markers['sources'][number]) {
  const whole = image?.data ?? flatten(text);
  const words = onlyOnce(() => [...toldIn(whole).all]);
  const facts = onlyOnce(() => words().filter((word) => /\d/.test(word)));
  const byWords = ({ all }: Told) => {
    if (words().length < FEW_WORDS || !facts().every((fact) => all.has(fact))) return false;
    return words().filter((word) => all.has(word)).length >= MOST * words().length;
  };
  const found = (shown: string, told: () => Told) => shown.includes(whole) || (image === undefined && byWords(told()));
  return { id, whole, found };
}

/** Words are costly to find, and mostly not asked for. */
function onlyOnce<V>(make: () => V): () => V {
  let made: { value: V } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
