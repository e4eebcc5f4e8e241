import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { citedIn, drawn, recite } from './citations.ts';
import { rewriting } from './rewriting.ts';

export const citationLoss = defineMeaningFault({
  name: 'citation-loss',
  summary: 'A valid, fast answer that has lost citations: from its lists and from its text.',
  effect: 'cheapens',
  feature: 'citations',
  params: z.strictObject({
    share: share().default(1).describe('share of the cited sources that is lost, rounded up to whole ones'),
  }),
  magnitude: { param: 'share', zero: 0 },
  example: '{ fault: citation-loss, role: backup, share: 0.5 }',
  drill: 'citation_quality_drop',
  open: (params) =>
    rewriting(({ text }, _call, { script, random }) => {
      const known = script.sources.map((s) => s.id);
      const lost = drawn(citedIn(text, known), params.share, random);
      if (lost.length === 0) return undefined;
      const kept = recite(text, known, (id) => (lost.includes(id) ? undefined : id));
      return { did: `no longer cites ${lost.join(', ')}`, text: kept };
    }),
});
