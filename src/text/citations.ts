import type { Outcome } from '../core/outcome.ts';
import { contentText, dataOf } from './content.ts';
import { isRecord } from './json.ts';
import { fieldsOf } from './prose.ts';

/** An id with a digit, a dash or an underscore is no everyday word: wherever it stands, it is meant. */
const isTelling = (id: string) => /[\d_-]/.test(id);

/** The ids that a text cites: in brackets; one that no everyday word could be, anywhere. */
export function citedInText(text: string, ids: readonly string[]): string[] {
  const there = ids.filter((id) => text.includes(id));
  if (there.every(isTelling)) return there.filter((id) => stands(text, id));
  const bracketed = [...text.matchAll(/[[(【]([^[\]()【】]+)[\])】]/g)].flatMap(([, inner = '']) =>
    inner.split(/[\s,;:]+/),
  );
  return there.filter((id) => bracketed.includes(id) || (isTelling(id) && stands(text, id)));
}

function stands(text: string, id: string): boolean {
  for (let at = text.indexOf(id); at >= 0; at = text.indexOf(id, at + 1)) {
    if (!/[\p{L}\p{N}_-]/u.test(text[at - 1] ?? '') && !/^[\p{L}\p{N}_]/u.test(text.slice(at + id.length))) return true;
  }
  return false;
}

/** A citation is an id, or an object that has one. */
function idOf(citation: unknown): string[] {
  if (typeof citation === 'string') return citation === '' ? [] : [citation];
  return isRecord(citation) && typeof citation['id'] === 'string' ? [citation['id']] : [];
}

const listed = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? [...new Set(value.flatMap(idOf))] : undefined;

/** What an outcome lists, else the ids that its text cites. */
export function citationsOf(outcome: Pick<Outcome, 'answer' | 'data' | 'citations'>, ids: readonly string[]): string[] {
  return listed(outcome.citations ?? dataOf(outcome)?.['citations']) ?? citedInText(contentText(outcome), ids);
}

/** The known ids that a reply cites, in any list of it or in its text. */
export function citationsInReply(text: string, ids: readonly string[]): string[] {
  const inText = citedInText(text, ids);
  if (ids.every(isTelling)) return inText;
  const lists = Object.values(fieldsOf(text) ?? {}).flatMap((value) => listed(value) ?? []);
  return ids.filter((id) => lists.includes(id) || inText.includes(id));
}
