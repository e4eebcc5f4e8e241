import { isDeepStrictEqual } from 'node:util';
import { Document, isMap, isSeq, parse, visit } from 'yaml';
import type { Cassette } from '../core/cassette.ts';

const HEAD = ' Recorded by `drill run --record`; read by `drill run --replies recorded`. See docs/recordings.md.';

/** A cassette as it is written: bodies and prompts line by line, a pair of numbers for each chunk. */
export function cassetteText(cassette: Cassette): string {
  const text = written(cassette);
  // Some texts do not come back from a block as they went into it.
  return isDeepStrictEqual(parse(text), cassette) ? text : written(cassette, 'QUOTE_DOUBLE');
}

function written(cassette: Cassette, defaultStringType: 'PLAIN' | 'QUOTE_DOUBLE' = 'PLAIN'): string {
  const doc = new Document(cassette, { aliasDuplicateObjects: false });
  doc.commentBefore = HEAD;
  visit(doc, {
    Pair(_, { key, value }) {
      const name = String(key);
      if (name === 'parameters' || name === 'schema') return visit.SKIP;
      if (isSeq(value) && name === 'chunks') value.flow = true;
      if (isSeq(value) && name === 'headers') for (const row of value.items) if (isSeq(row)) row.flow = true;
      if (isSeq(value) && name === 'drills') value.flow = true;
      if (isMap(value) && ['api', 'wishes'].includes(name)) value.flow = true;
      return undefined;
    },
  });
  return doc.toString({
    // In quotes a text stands in one line: folded over several it does not always come back.
    ...{ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER },
    ...{ defaultStringType, defaultKeyType: 'PLAIN', flowCollectionPadding: false },
  });
}
