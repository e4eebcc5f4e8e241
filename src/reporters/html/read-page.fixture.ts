import { inflateRawSync } from 'node:zlib';
import { unpack } from '../../page/unpack.ts';

/** What a page holds for its script: each block's values, as JSON. */
export function dataIn(page: string): Map<string, unknown[]> {
  const blocks = page.matchAll(/<script type="text\/plain" id="(\w+)">([A-Za-z0-9+/=]*)<\/script>/g);
  return new Map(
    [...blocks].map(([, id = '', text = '']) => {
      const values = unpack(JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString()));
      return [id, Array.from({ length: values.length }, (_, i) => values.at(i))];
    }),
  );
}

/** The same as one text, with what stands in the page itself. */
export const allIn = (page: string): string =>
  [page, ...[...dataIn(page).values()].flatMap((values) => values.map((value) => JSON.stringify(value)))].join('\n');
