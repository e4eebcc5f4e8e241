import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { answerOf, contentText, dataOf, noContent } from './content.ts';

/** Comparison with the exact right answer finds a truncated, spliced or swapped one without judgement. */
export const arrivesWhole = defineTaskCheck({
  name: 'arrives-whole',
  summary: 'The whole answer arrives: not cut, not spliced from two replies, not another one',
  severity: 'critical',
  gate: true,
  reads: 'the words of the outcome, against what a whole answer says',
  skips: 'the task accepts an ending without an answer, or the target words answers itself',
  params: z.strictObject({
    strict: z.boolean().default(true).describe('the outcome says the canonical answer and nothing else'),
  }),
  example: 'arrives-whole: { strict: true }',
  implies: (task) => ({ strict: task.answer !== undefined }),
  judge({ seen: { ask, outcome, content, ending }, plain, task }, { strict }) {
    if (ask === undefined) return nothingToJudge('the trace holds no whole ask');
    const kind = outcome?.outcome.kind ?? 'answered';
    if (!WHOLE.includes(kind) && (task.degraded_ok || !LESSER.includes(kind)))
      return notApplicable(`the outcome is ${kind}, which the task accepts`);
    if (!WHOLE.includes(kind))
      return failed(`the outcome is ${kind}, the task accepts only a whole answer`, ask, outcome);
    if (content === undefined) return noContent(ending);

    const want = squash(ask.expected_answer);
    const right = (words: string) => passed(`all ${words.length} characters arrived`, ask, content);
    const wrong = (how: string) => failed(how, ask, content);
    if (strict && typeof task.answer === 'object' && typeof task.answer['answer'] !== 'string')
      return isDeepStrictEqual(dataOf(content.outcome), task.answer)
        ? passed('the structured answer is the canonical one', ask, content)
        : wrong('swapped: the structured answer is not the canonical one');
    const said = squash(strict ? (answerOf(content.outcome) ?? '') : contentText(content.outcome));
    // Where a write did not happen, the whole answer is the one that says so.
    const instead = task.answer_if_not_done === undefined ? undefined : squash(task.answer_if_not_done);
    if (instead !== undefined && (strict ? said === instead : said.includes(instead))) return right(instead);
    if (strict) return said === want ? right(want) : wrong(difference(said, want));

    const usual = squash(plain.outcome === undefined ? '' : contentText(plain.outcome.outcome));
    const usualWant = squash(plain.ask?.expected_answer ?? '');
    if (usualWant === '' || !usual.includes(usualWant))
      return notApplicable('the target puts answers into its own words');
    // A target may say a thing twice in prose and data; it is spliced where it does so only under faults.
    const spliced = doubled(said, want) > doubled(usual, usualWant);
    return said.includes(want) && !spliced ? right(want) : wrong(difference(said, want));
  },
});

const WHOLE = ['answered', 'extracted', 'failed'];
/** Answers that are less than whole. An honest stop is none, and every task accepts it. */
const LESSER = ['partial', 'rules_based'];
const squash = (text: string) => text.replace(/\s+/g, ' ').trim();

function difference(said: string, want: string): string {
  if (said === '') return 'empty: no answer text';
  const of = `of ${want.length} characters`;
  if (said.includes(want)) {
    const twice = doubled(said, want);
    if (twice > 0) return `spliced: the whole answer, and ${twice} ${of} a second time`;
    return `the whole answer with ${said.length - want.length} other characters around it`;
  }
  const shared = longest(want, (beginning) => said.startsWith(beginning));
  if (shared === said.length) return `truncated: ${shared} ${of}`;
  if (shared > 0) return `swapped: another answer after the first ${shared} ${of}`;
  const inside = longest(want, (beginning) => said.includes(beginning));
  return inside >= SURELY ? `truncated: ${inside} ${of}` : 'swapped: another answer';
}

/** Fewer equal characters may be chance. */
const SURELY = 12;

/** How many characters of the answer's beginning stand directly before the whole: what two replies in a row leave behind. */
function doubled(said: string, want: string): number {
  const before = said.slice(0, said.lastIndexOf(want)).trimEnd();
  for (let n = want.length; n >= Math.min(SURELY, want.length); n--)
    if (before.endsWith(want.slice(0, n).trimEnd())) return want.slice(0, n).trimEnd().length;
  return 0;
}

/** How long the longest beginning is of which that holds, as it does of every shorter one. */
function longest(want: string, holds: (beginning: string) => boolean): number {
  let n = 0;
  while (n < want.length && holds(want.slice(0, n + 1))) n++;
  return n;
}
