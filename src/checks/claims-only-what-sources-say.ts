import { once } from '../core/once.ts';
import { type Case, defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { type Claim, claimsIn } from '../text/claims.ts';
import { knownFrom, mayFollow, says } from '../text/known-facts.ts';
import { count, unique } from '../text/words.ts';
import { answerOf, dataOf, noContent, stringsIn } from './content.ts';
import { isDayOfRun } from './day-of-run.ts';

const NAME = 'claims-only-what-sources-say';

/** Every amount, date, duration, percentage and id must stand in what the model was given; what merely follows from that is left to a reader. */
export const claimsOnlyWhatSourcesSay = defineTaskCheck({
  name: NAME,
  summary:
    'Amounts, dates, durations, percentages and ids of the answer stand in a source, the question or a tool result',
  reads: 'amounts, dates, durations, percentages and ids in the outcome, against sources, input and tool results',
  severity: 'critical',
  advice: 'Compare amounts, dates and ids of the answer with the sources, and refuse a reply that holds others.',
  gate: true,
  implies: (_task, contract) => (contract?.gates.includes(NAME) ? {} : undefined),
  judge({ seen: { ask, content, ending }, task, sources, epoch_ms }) {
    if (content === undefined) return noContent(ending);
    if (sources.length + task.turns.length === 0)
      return nothingToJudge('the task has neither sources nor tool results');
    const known = knownFor(task)(sources);
    const claims = claimsOf(content.outcome);
    const isKnown = (c: Claim) => says(known, c) || isDayOfRun(c, epoch_ms, content.at) || isOwnId(c, ask);
    const open = claims.filter((c) => !isKnown(c));
    const wrong = open.filter((c) => !mayFollow(known, c));
    const list = (some: Claim[]) =>
      unique(some.map((c) => c.text))
        .slice(0, 10)
        .join(', ');
    if (wrong.length > 0) return failed(`no source says ${list(wrong)}`, content);
    const left = open.length > 0 ? `; not judged: ${list(open)}` : '';
    const held = claims.length - open.length;
    if (held === 0) return nothingToJudge(`the answer makes no claim that can be judged${left}`);
    return passed(`${count(held, 'claim')} found in the sources${left}`, content);
  },
});

/** Whether it is the id that the target was given with the task, in whichever spelling: a ticket may show it. */
function isOwnId({ text }: Claim, ask: EventOf<'ask'> | undefined): boolean {
  const bare = (id: string) => id.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return ask !== undefined && bare(text) === bare(`${ask.task}-${ask.ask}`);
}

const knownFor = once(({ input, turns }: Case['task']) =>
  once((sources: Case['sources']) => {
    const texts = [input, ...sources.flatMap((s) => [s.id, s.text])];
    return knownFrom(
      texts,
      turns.map(({ args, returns }) => [args, returns]),
    );
  }),
);

/** Whether a citation is true is another check's to say, and so is what a notice claims. */
function claimsOf(outcome: EventOf<'outcome'>['outcome']): Claim[] {
  const { citations: _, ...data } = dataOf(outcome) ?? {};
  const texts = [answerOf(outcome) ?? '', ...stringsIn(data), ...measuresIn(data)];
  return unique(texts).flatMap(claimsIn);
}

const UNIT = /(?:^|_)(seconds|minutes|hours|days|weeks|months|years)$/;

/** Numbers of a record whose unit is a field beside them, or their own name: `{ amount: 42, currency: 'EUR' }`, `{ days: 21 }`. */
function measuresIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const currency = 'currency' in value && typeof value.currency === 'string' ? value.currency : undefined;
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner !== 'number') return measuresIn(inner);
    const unit = UNIT.exec(key)?.[1] ?? (/amount|price|total|fee/.test(key) ? currency : undefined);
    return unit === undefined ? [] : [`${inner} ${unit}`];
  });
}
