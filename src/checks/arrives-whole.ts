import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { contentOf, firstOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, notApplicable, nothingToJudge, passed } from '../core/verdict.ts';
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
  judge({ events, baseline, task }, { strict }) {
    const ask = firstOf(events, 'ask');
    const outcome = firstOf(events, 'outcome');
    const kind = outcome?.outcome.kind;
    if (ask === undefined) return nothingToJudge('the trace holds no whole ask');
    if (outcome !== undefined && kind !== 'answered' && kind !== 'extracted' && kind !== 'failed')
      return task.degraded_ok || !LESSER.includes(kind ?? '')
        ? notApplicable(`the outcome is ${kind}, which the task accepts`)
        : failed(`the outcome is ${kind}, the task accepts only a whole answer`, [ask.seq, outcome.seq]);
    const content = contentOf(events);
    if (content === undefined) return noContent(events);
    const evidence = [ask.seq, content.seq];

    const want = squash(ask.expected_answer);
    if (strict && typeof task.answer === 'object' && typeof task.answer['answer'] !== 'string')
      return isDeepStrictEqual(dataOf(content.outcome), task.answer)
        ? passed('the structured answer is the canonical one', evidence)
        : failed('swapped: the structured answer is not the canonical one', evidence);
    const said = squash(strict ? (answerOf(content.outcome) ?? '') : contentText(content.outcome));
    // Where a write did not happen, the whole answer is the one that says so.
    const instead = task.answer_if_not_done === undefined ? undefined : squash(task.answer_if_not_done);
    if (said === instead || (!strict && instead !== undefined && said.includes(instead)))
      return passed(whole(instead), evidence);
    if (strict) return said === want ? passed(whole(want), evidence) : failed(difference(said, want), evidence);

    const plainOutcome = firstOf(baseline, 'outcome')?.outcome;
    const plain = plainOutcome === undefined ? '' : squash(contentText(plainOutcome));
    const plainWant = squash(firstOf(baseline, 'ask')?.expected_answer ?? '');
    if (plainWant === '' || !plain.includes(plainWant))
      return notApplicable('the target puts answers into its own words');
    // A target may say a thing twice in prose and data; it is spliced where it does so only under faults.
    if (!said.includes(want) || doubled(said, want) > doubled(plain, plainWant))
      return failed(difference(said, want), evidence);
    return passed(whole(want), evidence);
  },
});

/** Answers that are less than whole. An honest stop is none, and every task accepts it. */
const LESSER = ['partial', 'rules_based'];
const squash = (text: string) => text.replace(/\s+/g, ' ').trim();
const whole = (want: string) => `all ${want.length} characters arrived`;

function difference(said: string, want: string): string {
  if (said === '') return 'empty: no answer text';
  const of = `of ${want.length} characters`;
  if (said.includes(want)) {
    const twice = doubled(said, want);
    if (twice > 0) return `spliced: the whole answer, and ${twice} ${of} a second time`;
    return `the whole answer with ${said.length - want.length} other characters around it`;
  }
  const shared = sharedPrefix(said, want);
  if (shared === said.length) return `truncated: ${shared} ${of}`;
  if (shared > 0) return `swapped: another answer after the first ${shared} ${of}`;
  const inside = heldPrefix(said, want);
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

function sharedPrefix(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

/** The longest beginning of `want` that stands anywhere in `said`. */
function heldPrefix(said: string, want: string): number {
  let n = 0;
  while (n < want.length && said.includes(want.slice(0, n + 1))) n++;
  return n;
}
