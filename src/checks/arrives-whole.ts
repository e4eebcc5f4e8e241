import { z } from 'zod';
import type { CallView } from '../core/evidence.ts';
import { once } from '../core/once.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { type Case, defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import type { Verdict } from '../core/verdict.ts';
import { type ClaimKind, claimsIn } from '../text/claims.ts';
import { knownFrom, mayFollow, says } from '../text/known-facts.ts';
import { proseOf, squash } from '../text/prose.ts';
import { unique } from '../text/words.ts';
import { answerOf, contentText, contentTexts, errorQuotedIn, noContent, stringsIn } from './content.ts';
import { isDayOfRun } from './day-of-run.ts';
import { isLeftUnread } from './left-unread.ts';

/** Comparison with the exact right answer finds a truncated, spliced or swapped one without judgement. */
export const arrivesWhole = defineTaskCheck({
  name: 'arrives-whole',
  summary:
    "The whole answer arrives: not cut, not spliced from two replies, not another one, and without a provider's error message",
  severity: 'critical',
  advice: 'Return the reply of one role only, and only when it is complete; throw away what a broken one has left.',
  gate: true,
  reads:
    'the words of the outcome, and what was shown before it, against what a whole answer says; where answer and data both say it without faults, each of them',
  skips: 'the task accepts an ending without an answer, or the target words answers itself',
  params: z.strictObject({
    strict: z.boolean().default(true).describe('an outcome that answers by rule, or in part, is judged as well'),
  }),
  example: 'arrives-whole: { strict: true }',
  implies: (task) => ({ strict: task.answer !== undefined }),
  judge(on, { strict }) {
    const { ask, outcome, content, ending } = on.seen;
    const { task } = on;
    if (ask === undefined) return nothingToJudge('the trace holds no whole ask');
    const kind = outcome?.outcome.kind ?? 'answered';
    const { answers, handsOut, byRule } = OUTCOME_KINDS[kind];
    if (!answers && handsOut && !task.degraded_ok)
      return failed(`the outcome is ${kind}, the task accepts only a whole answer`, ask, outcome);
    const spliced = splicedIn(on);
    if (spliced !== undefined) return failed(spliced, ask, outcome);
    if (byRule || (!answers && !strict)) return notApplicable(`the outcome is ${kind}, which the task accepts`);
    const lost = goodReplyLost(on);
    if (lost !== undefined)
      return failed(`${lost.call.role} gave a good reply, but the outcome is ${kind}`, ask, lost, outcome);
    if (content === undefined) return noContent(ending);
    const quoted = errorQuotedIn('answer', on.seen);
    if (quoted !== undefined)
      return failed(`the answer repeats the error message of ${quoted.call.role}`, ask, quoted, content);
    if (wordsItself(on)) return notApplicable('the target puts answers into its own words');

    const said = squash(contentText(content.outcome));
    const wanted = wantedBy(on.task, ask.expected_answer);
    if (isUnscripted(on)) return wholeReply(on);
    if (wanted.length === 0) return notApplicable('a whole answer has no words, only values');
    const right = wanted.find((want) => isWhole(want, said, on));
    if (right !== undefined) {
      const around = wrappedIn(right, said, on);
      if (around !== undefined) return failed(`the answer is handed out inside ${around}`, ask, content);
      const altered = alteredIn(right, on);
      if (altered !== undefined) return failed(altered, ask, content);
      const added = inventedAround(right, said, on);
      if (added.length > 0) return failed(`adds ${added.join(', ')}, which no source says`, ask, content);
      return passed(`all ${right.join(' ').length} characters arrived`, ask, content);
    }
    const want = wanted[0]?.join(' ') ?? '';
    const answer = squash(answerOf(content.outcome) ?? '');
    // A part is a part because it is called so; what is told by rule was written by no model.
    if ((kind === 'partial' && !isCutShort(answer, want, on)) || (!answers && on.seen.servers.length === 0))
      return notApplicable(`the outcome is ${kind}, in words of its own`);
    // An answer that stops is cut, whatever its other fields say.
    return failed(difference(answer !== '' && want.startsWith(answer) ? answer : said, want), ask, content);
  },
});

/**
 * The good reply of an ask in which nothing went wrong, and which is lost all the same: read to its end, or left by a reader that did
 * not understand it.
 */
function goodReplyLost({ seen, plain }: Case): CallView | undefined {
  const { ask, kind, calls, attempts, results, approvals, left } = seen;
  if (kind !== 'failed' || left !== undefined || ask?.expected_answer === '' || plain.content === undefined)
    return undefined;
  const wentWell = results.every(({ ok }) => ok) && approvals.every(({ answer }) => answer === 'granted');
  const last = attempts.at(-1);
  // A text that was wrapped in something may be refused by a strict reader.
  const asWritten = (c: CallView) => c.fired.every((f) => f.effect === 'odd' && !f.buffered);
  const isGood = (c: CallView) => (c.ok && asWritten(c)) || isLeftUnread(c);
  return wentWell && last?.end?.tool_calls === undefined && calls.every(isGood) ? last : undefined;
}

/** Whether it stops in the middle of a sentence, where a reply with all of it had come, and all of it came without faults. */
function isCutShort(answer: string, want: string, { seen, plain }: Case): boolean {
  const isBeginning = answer !== '' && answer.length < want.length && want.startsWith(answer);
  const usual = squash(answerOf(plain.content?.outcome ?? {}) ?? '');
  const came = seen.replies.some((c) => c.fired.length === 0 && c.end?.tool_calls === undefined);
  return isBeginning && /[\p{L}\p{N},]$/u.test(answer) && came && usual.includes(want);
}

/** What the user had on the screen, whatever became of it: the left of a broken reply before another, or the answer twice. */
function splicedIn({ seen: { outcome, calls, ask }, plain, task }: Case): string | undefined {
  const { spliced, outcome: said } = outcome ?? {};
  if (spliced !== undefined) {
    const roleOf = (id: string) => calls.find(({ call }) => call.call === id)?.call.role ?? 'another call';
    return `spliced: ${spliced.characters} characters of ${roleOf(spliced.broken)} stand before the whole reply of ${roleOf(spliced.whole)} in what was shown`;
  }
  const shown = squash(said?.shown ?? '');
  const usual = squash(plain.outcome?.outcome.shown ?? '');
  const twice = wantedBy(task, ask?.expected_answer)
    .flat()
    .find((piece) => shown.includes(piece) && doubled(shown, piece) > doubled(usual, piece));
  return twice && `spliced: what was shown holds ${doubled(shown, twice)} of ${twice.length} characters twice`;
}

/** Nothing says beforehand what a whole answer is: its reply does. */
const isUnscripted = ({ seen, task }: Case): boolean => seen.ask?.expected_answer === '' && wantedBy(task).length === 0;

/** Where no script replies: whether what was handed out is a reply that came to its end. */
function wholeReply({ seen: { ask, content, outcome, calls } }: Case): Verdict {
  const held = calls.filter(({ call }) => outcome?.kept?.some((k) => k.call === call.call && k.share === 1));
  const [whole] = held.filter(({ ok }) => ok);
  if (whole !== undefined) return passed(`the whole reply of ${whole.call.role} arrived`, ask, content, whole);
  const [part] = held;
  if (part === undefined) return notApplicable('the target puts answers into its own words');
  return failed(`truncated: what had come of a reply of ${part.call.role} that broke off`, ask, content, part);
}

/** Whether the outcome holds the whole answer, and claims to be one. */
export function isWholeAnswer(on: Case): boolean {
  const { content, ask } = on.seen;
  if (ask === undefined || content === undefined || !OUTCOME_KINDS[content.outcome.kind].answers) return false;
  if (isUnscripted(on)) return wholeReply(on).verdict === 'passed';
  const said = squash(contentText(content.outcome));
  return wantedBy(on.task, ask.expected_answer).some((want) => isWhole(want, said, on));
}

/** What models put around an answer for a program or for themselves, and no user is to read. */
const WRAPPINGS: readonly [pattern: RegExp, name: string][] = [
  [/<\/?think(ing)?>/i, 'a think tag'],
  [/^\s*```/, 'a code fence'],
];

/** Nothing where the answer itself is so, or the target's answer without faults. */
function wrappedIn(want: string[], said: string, { plain }: Case): string | undefined {
  const usual = plain.content === undefined ? '' : squash(contentText(plain.content.outcome));
  const isNew = ([pattern]: (typeof WRAPPINGS)[number]) =>
    pattern.test(said) && !pattern.test(usual) && !want.some((piece) => pattern.test(piece));
  return WRAPPINGS.find(isNew)?.[1];
}

/** What a whole answer may say: the canonical one, or the one for a write that did not happen. */
const canonicalOf = once(({ answer }: Case['task']) =>
  typeof answer === 'object' ? JSON.stringify(answer) : undefined,
);

function wantedBy(task: Case['task'], expected = ''): string[][] {
  const whole = proseOf(canonicalOf(task) ?? expected);
  return [whole, proseOf(task.answer_if_not_done ?? '')].filter((want) => want.length > 0);
}

/** Amounts, dates and ids around the answer that neither a source nor the task knows. */
function inventedAround(want: string[], said: string, { task, sources, seen, epoch_ms }: Case): string[] {
  const rest = want.reduce((text, piece) => text.replaceAll(piece, ' '), said);
  const telling = claimsIn(rest.trim()).filter(({ kind }) => TELLING.includes(kind));
  if (telling.length === 0) return [];
  const known = knownFor(task)(sources);
  const invented = telling.filter((c) => !says(known, c) && !mayFollow(known, c));
  return unique(invented.filter((c) => !isDayOfRun(c, epoch_ms, seen.ending?.at ?? 0)).map((c) => c.text)).slice(0, 5);
}
const TELLING: readonly ClaimKind[] = ['amount', 'percentage', 'date'];

const knownFor = once((task: Case['task']) =>
  once((sources: Case['sources']) => {
    const texts = [task.input, task.answer_if_not_done ?? '', ...sources.flatMap((s) => [s.id, s.text])];
    return knownFrom(texts, [task.answer, ...task.turns.map(({ args, returns }) => [args, returns])]);
  }),
);

/** Where an outcome says it in two places, each holds what it holds without faults: the user reads one, a program the other. */
function alteredIn(want: string[], { seen, plain, task }: Case): string | undefined {
  const now = placesOf(seen);
  const usual = placesOf(plain);
  if (now === undefined || usual === undefined) return undefined;
  const right = wantedBy(task, seen.ask?.expected_answer);
  for (const place of ['answer', 'data'] as const) {
    const text = now[place];
    if (right.some((one) => one.every((piece) => text.includes(piece)))) continue;
    const piece = want.find((one) => usual[place].includes(one) && isAlteredTo(text, one));
    if (piece !== undefined) return `${place} is ${difference(text, piece)}`;
  }
  return undefined;
}

function placesOf({ content }: Case['seen']) {
  const { kind, answer, data } = content?.outcome ?? {};
  if (kind === undefined || answer === undefined || data === undefined || !OUTCOME_KINDS[kind].answers)
    return undefined;
  return { answer: squash(answer), data: squash(stringsIn(data).join('\n')) };
}

/**
 * Whether a text is a changed copy of a piece: empty, only its beginning, or most of its words but not all of them in order. Words
 * that are added change nothing; a text that shares fewer words is the target's own wording.
 */
function isAlteredTo(text: string, piece: string): boolean {
  if (text === '' || (text.length >= SURELY && piece !== text && piece.startsWith(text))) return true;
  const [words, all] = [wordsOf(piece), wordsOf(text)];
  let next = 0;
  for (const word of all) if (word === words[next]) next += 1;
  const there = new Set(all);
  return next < words.length && words.filter((word) => there.has(word)).length * 2 > words.length;
}
const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** A label, a greeting or a disclosure may stand around it; no second beginning of it may. */
function isWhole(want: string[], said: string, { seen, plain }: Case): boolean {
  if (!want.every((piece) => said.includes(piece))) return false;
  // A target may say a thing twice in prose and data; it is spliced where one of them does so, and only under faults.
  const most = (texts: string[], piece: string) => Math.max(0, ...texts.map((text) => doubled(text, piece)));
  const [now, usual] = [textsOf(seen), textsOf(plain)];
  return want.every((piece) => most(now, piece) <= most(usual, piece));
}

const textsOf = ({ content }: Case['seen']): string[] =>
  content === undefined ? [] : contentTexts(content.outcome).map(squash);

/** Whether the target's answer without faults is another one than the model's as well. */
function wordsItself({ plain, task }: Case): boolean {
  if (plain.content === undefined) return plain.outcome !== undefined;
  const usual = squash(contentText(plain.content.outcome));
  const wanted = wantedBy(task, plain.ask?.expected_answer);
  return wanted.length > 0 && !wanted.some((want) => want.every((piece) => usual.includes(piece)));
}

function difference(said: string, want: string): string {
  if (said === '') return 'empty: no answer text';
  const of = `of ${want.length} characters`;
  if (said.includes(want)) return `spliced: the whole answer, and ${doubled(said, want)} ${of} a second time`;
  const shared = longest(want, (beginning) => said.startsWith(beginning));
  if (shared === said.length) return `truncated: ${shared} ${of}`;
  if (shared > 0) return `swapped: another answer after the first ${shared} ${of}`;
  const inside = longest(want, (beginning) => said.includes(beginning));
  return inside >= SURELY ? `truncated: ${inside} ${of}` : 'swapped: another answer';
}

/** Fewer equal characters may be chance. */
const SURELY = 12;

/** Without the blanks, dots and dashes at its end, which may stand between two texts. */
const withoutTail = (text: string) => text.replace(/[^\p{L}\p{N}]+$/u, '');

/** How many characters of the answer's beginning stand before the whole, with no word between: what two replies in a row leave behind. */
function doubled(said: string, want: string): number {
  const at = said.lastIndexOf(want);
  if (at < 0 || withoutTail(want.slice(0, SURELY)) === '') return 0;
  const before = withoutTail(said.slice(0, at));
  if (before.length < Math.min(SURELY, want.length)) return 0;
  for (let n = want.length; n >= Math.min(SURELY, want.length); n--)
    if (before.endsWith(withoutTail(want.slice(0, n)))) return want.slice(0, n).trimEnd().length;
  return 0;
}

/** How long the longest beginning is of which that holds, as it does of every shorter one. */
function longest(want: string, holds: (beginning: string) => boolean): number {
  let n = 0;
  while (n < want.length && holds(want.slice(0, n + 1))) n++;
  return n;
}
