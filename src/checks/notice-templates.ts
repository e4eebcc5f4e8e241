import type { Reading } from '../core/notices.ts';
import { claimsIn } from '../text/claims.ts';
import { normalise } from '../text/patterns.ts';
import { readerOf } from '../text/readings.ts';

const HOLES = { amount: '{amount}', date: '{date}', duration: '{time}', id: '{id}' } as const;

/** A text with placeholders in place of the values in it; the text as it is where that would not fit it again. */
export function templateOf(text: string, tools: readonly string[]): string {
  const plain = normalise(text);
  const filled = claimsIn(plain).reduce((rest, claim) => {
    if (claim.kind === 'day' || claim.kind === 'percentage') return rest;
    // Of `order 1042` the number is the value.
    const value = claim.kind === 'id' ? claim.value : claim.text;
    return rest.replace(value, HOLES[claim.kind]);
  }, plain);
  const template = withTools(filled, tools).replace(
    /(?<![\p{L}\p{N}_{])\d+(?:[.,:]\d+)*(?![\p{L}\p{N}_])/gu,
    '{number}',
  );
  const fits = readerOf([{ text: template, means: {} } satisfies Reading], tools)(text) !== undefined;
  return fits ? template : text;
}

/** Names of tools, spelled either way; a list of them is one value. */
function withTools(text: string, tools: readonly string[]): string {
  const named = tools
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, tool) => rest.replaceAll(tool, '{tool}').replaceAll(tool.replaceAll('_', ' '), '{tool}'), text);
  return named.replace(/\{tool\}(?:(?:,| and|, and| und| et| y) \{tool\})+/g, '{tool}');
}
