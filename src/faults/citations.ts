import type { Random } from '../core/random.ts';
import { isRecord } from '../text/json.ts';
import { fieldsOf } from './answer.ts';

/**
 * Says something else wherever an answer cites one of the known sources: as an item of a list (the id, or an object with it)
 * and as `[id]` in any text. Where `instead` gives nothing, the citation goes.
 */
export function recite(text: string, known: readonly string[], instead: (id: string) => string | undefined): string {
  const items = (item: unknown): unknown[] => {
    const id = isRecord(item) ? item['id'] : item;
    if (typeof id !== 'string' || !known.includes(id)) return [anywhere(item)];
    const other = instead(id);
    return other === undefined ? [] : [isRecord(item) ? { ...item, id: other } : other];
  };
  const inText = (said: string) =>
    said.replace(/\s?\[([^[\]]+)\]/g, (whole, inner: string) => {
      const ids = inner.split(/\s*[,;]\s*/);
      if (!ids.every((id) => known.includes(id))) return whole;
      const others = ids.flatMap((id) => instead(id) ?? []);
      return others.length === 0 ? '' : whole.replace(inner, () => others.join(', '));
    });
  const anywhere = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.flatMap(items);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, anywhere(inner)]));
  };
  const fields = fieldsOf(text);
  return fields === undefined ? inText(text) : JSON.stringify(anywhere(fields));
}

/** The known sources an answer cites. */
export function citedIn(text: string, known: readonly string[]): string[] {
  const cited = new Set<string>();
  recite(text, known, (id) => {
    cited.add(id);
    return id;
  });
  return [...cited];
}

/** A share of the ids, rounded up, drawn by lot. */
export function drawn(ids: readonly string[], share: number, random: Random): string[] {
  const lots = ids.map((id) => ({ id, lot: random.next() })).sort((a, b) => a.lot - b.lot);
  return lots.slice(0, Math.ceil(ids.length * share)).map(({ id }) => id);
}
