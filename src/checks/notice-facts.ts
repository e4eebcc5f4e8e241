import type { Meaning } from '../core/notices.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import type { Case } from '../core/plugin.ts';
import { type Claim, claimsIn } from '../text/claims.ts';
import { type Known, knownFrom, mayFollow, says } from '../text/known-facts.ts';
import { inEnglish } from '../text/month-names.ts';
import { asTool, type Read, toolsIn, type Value } from '../text/readings.ts';
import { unique } from '../text/words.ts';
import { contentText } from './content.ts';
import type { Path } from './degraded-path.ts';
import type { Unit } from './notice-units.ts';
import { begunEffects, doneBy } from './tools-used.ts';

/** Something a notice says that the trace holds or contradicts. */
export interface Statement {
  so: boolean;
  /** What contradicts it, as a clause. */
  lie: string;
}

/** Truth is meaning times facts: what a text was read to say, held against wire, ledger and outcome. */
export function statementsOf({ means, values }: Read, on: Case, path: Path): Statement[] {
  const { outcome, degraded, why } = path;
  const { kind } = outcome;
  const begun = begunEffects(on.seen);
  const writes = begun.filter((e) => e.seq < (on.seen.outcome?.seq ?? 0));
  const kept = Object.keys(outcome.state ?? {}).length > 0;
  const statement = (said: boolean, so: boolean, lie: string) => (said ? [{ so, lie }] : []);
  return [
    ...statement(means.works === 'all', degraded !== 'yes', why),
    ...statement(means.limited === true, degraded !== 'no' || kind !== 'answered', `nothing was limited: ${why}`),
    ...statement(means.saved === true, kept || writes.length > 0, 'no state was kept and nothing was written'),
    ...statement(means.done === true, writes.length > 0, 'no tool wrote anything'),
    ...statement(
      means.done === false,
      begun.length === 0,
      `${unique(begun.map((e) => e.tool)).join(', ')} took effect`,
    ),
    ...toolsDone(means, values).map((tool) => ({
      so: doneBy(on.seen, tool).length > 0 || readWith(on, tool),
      lie: `the ledger has no effect of ${tool}`,
    })),
    ...statement(means.told_to === 'person', OUTCOME_KINDS[kind].toPeople, `${kind} hands it to no person`),
  ];
}

/** Tools that a text says did their work. */
function toolsDone({ done }: Meaning, values: readonly Value[]): string[] {
  const named = [done].flat().filter((one) => typeof one === 'string');
  const told = () => values.filter(({ kind }) => kind === 'tool').flatMap(({ text }) => toolsIn(text));
  return unique(named.flatMap((name) => (name === '{tool}' ? told() : [asTool(name)])));
}

/** What only reads has no effect: a result is all it does. */
const readWith = ({ seen }: Case, tool: string) => seen.results.some((e) => e.tool === tool && !e.write && e.ok);

/** Values of a text that nobody knows of: neither a source, the question, a reply, the plan nor the ledger. */
export function strangersIn({ text, read }: Unit, on: Case): string[] {
  const said = claimsIn(read?.plain ?? text).filter(({ kind }) => kind === 'amount' || kind === 'id');
  // Most notices name no value, and what is known takes time to gather.
  if (said.length === 0 && (read?.values ?? []).length === 0) return [];
  const known = knownToNotices(on);
  const kinds = known.claims.flatMap((claim) => (claim.kind === 'id' ? wordsIn(claim.text) : []));
  const plain = read?.plain ?? text;
  const shown = said.filter((claim) => isJudged(claim, kinds) && !isRate(claim, plain));
  const typed = (read?.values ?? []).flatMap((value) => strangeValues(value, on, known));
  const foreign = shown.filter((claim) => !says(known, claim) && !mayFollow(known, claim));
  return unique([...foreign.map((claim) => claim.text), ...typed]);
}

/**
 * Amounts are the customer's. Of ids only those of a kind that the case has: a number of the service's own, say a ticket's,
 * stands nowhere else.
 */
function isJudged(claim: Claim, kinds: readonly string[]): boolean {
  return claim.kind === 'amount' || (claim.kind === 'id' && kinds.includes(wordsIn(claim.text)[0] ?? ''));
}

/** `0,14 €/min` is what a telephone call costs, wherever it stands: such prices are the service's own. */
const isRate = ({ kind, text }: Claim, plain: string): boolean =>
  kind === 'amount' &&
  plain
    .split(text)
    .slice(1)
    .every((after) => A_CALL.test(after));
const A_CALL = /^\s?(?:\/|per\b|pro\b|par\b|por\b|an?\b)\s?(?:min|call|anruf|appel|llamada|sms|message|nachricht)/i;

/** `order 1042` and `order_1042` are orders, `LH-20533` is an LH. */
const wordsIn = (id: string): string[] => id.toLowerCase().match(/\p{L}+/gu) ?? [];

function strangeValues({ kind, text }: Value, on: Case, known: Known): string[] {
  if (kind === 'tool') return toolsIn(text).filter((tool) => !toolsKnown(on).includes(tool));
  if (kind === 'id') return says(known, { kind: 'id', text, value: text }) ? [] : [text];
  if (kind !== 'amount' && kind !== 'date') return [];
  const claims = claimsIn(inEnglish(text)).filter((claim) => claim.kind === kind);
  const one = claims[0];
  return one !== undefined && (says(known, one) || mayFollow(known, one)) ? [] : [text];
}

const toolsKnown = ({ seen, task }: Case): string[] => {
  const said = seen.outcome?.outcome;
  const asked = seen.calls.flatMap(({ end }) => end?.tool_calls ?? []);
  const some = [...seen.uses.map(({ use }) => use), ...seen.approvals, ...asked, ...task.turns];
  return [...some, ...(said?.plan ?? []), ...(said?.actions ?? [])].map(({ tool }) => asTool(tool));
};

function knownToNotices({ seen, task, sources }: Case): Known {
  const said = seen.outcome?.outcome;
  const { ask } = seen;
  const texts = [
    ...[task.input, ...task.history.map((turn) => turn.content)],
    ...sources.flatMap((source) => [source.id, source.text]),
    ...[ask?.expected_answer ?? '', task.answer_if_not_done ?? '', said === undefined ? '' : contentText(said)],
    ...(ask === undefined ? [] : [`${ask.task}-${ask.ask}`]),
  ];
  const replies = seen.calls.map(({ end }) => end?.fields);
  const turns = task.turns.map(({ args, returns }) => [args, returns]);
  return knownFrom(texts, [...turns, ...replies, task.answer, said?.plan, said?.state, said?.data]);
}
