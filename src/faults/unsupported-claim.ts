import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import type { Random } from '../core/random.ts';
import { withSentence } from './answer.ts';
import { rewriting } from './rewriting.ts';

const MONTHS = ['January', 'March', 'May', 'July', 'August', 'October', 'December'];

export const unsupportedClaim = defineMeaningFault({
  name: 'unsupported-claim',
  summary: 'A valid answer with a claim added to it that no source supports: an amount, or a date.',
  effect: 'cheapens',
  feature: 'citations',
  params: z.strictObject({
    claims: whole(0, 10).default(1).describe('how many are added: an amount, a date, an amount …'),
  }),
  magnitude: { param: 'claims', zero: 0 },
  example: '{ fault: unsupported-claim, role: backup, claims: 2 }',
  drill: 'citation_quality_drop',
  open: ({ claims }) =>
    rewriting(({ text }, _call, { script, random }) => {
      const known = [text, script.answer, JSON.stringify(script.task), ...script.sources.map((s) => s.text)].join('\n');
      const added = Array.from({ length: claims }, (_, i) =>
        i % 2 === 0 ? amount(known, random) : date(known, random),
      );
      const claimed = withSentence(text, added.join(' '));
      return claimed === undefined ? undefined : { did: `adds: ${added.join(' ')}`, text: claimed };
    }),
});

/** Counted up until nothing the task knows has it. */
function amount(known: string, random: Random): string {
  let cents = 1000 + Math.floor(random.next() * 90_000);
  const written = () => `$${(cents / 100).toFixed(2)}`;
  while (known.includes(written().slice(1))) cents += 37;
  return `A credit of ${written()} has been set aside for this case.`;
}

function date(known: string, random: Random): string {
  const day = 1 + Math.floor(random.next() * 31);
  const month = MONTHS[Math.floor(random.next() * MONTHS.length)];
  let year = 2031;
  while (known.includes(String(year))) year += 1;
  return `The deadline for this is ${day} ${month} ${year}.`;
}
