import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { citedIn, drawn, recite } from './citations.ts';
import { rewriting } from './rewriting.ts';

export const wrongCitation = defineMeaningFault({
  name: 'wrong-citation',
  summary: 'A valid answer that cites other sources than those it rests on.',
  effect: 'cheapens',
  feature: 'citations',
  params: z.strictObject({
    id: z
      .enum(['known', 'invented'])
      .default('invented')
      .describe(
        '`known`: another source of the task; `invented`, and where there is no other: one that does not exist',
      ),
    share: share().default(1).describe('share of the cited sources that is swapped, rounded up to whole ones'),
  }),
  magnitude: { param: 'share', zero: 0 },
  example: '{ fault: wrong-citation, role: backup, id: known }',
  trials: [{ id: 'known' }, { id: 'invented' }],
  drill: 'citation_quality_drop',
  open: ({ id: kind, share: part }) =>
    rewriting(({ text }, _call, { script, random }) => {
      const known = script.sources.map((s) => s.id);
      const cited = citedIn(text, known);
      const others = known.filter((id) => !cited.includes(id));
      const swaps = drawn(cited, part, random).map((id): [string, string] => [
        id,
        (kind === 'known' ? others.shift() : undefined) ?? invented(id, known),
      ]);
      if (swaps.length === 0) return undefined;
      const instead = new Map(swaps);
      const did = `cites ${swaps.map(([id, other]) => `${other} for ${id}`).join(', ')}`;
      return { did, text: recite(text, known, (id) => instead.get(id) ?? id) };
    }),
});

/** The id with its number counted up, as if there were a newer one. */
function invented(id: string, known: readonly string[]): string {
  const next = /\d+$/.test(id) ? id.replace(/\d+$/, (n) => String(Number(n) + 1)) : `${id}_2`;
  return known.includes(next) ? invented(next, known) : next;
}
