import type { Case } from '../core/plugin.ts';
import { holdsPhrase, normalise } from '../text/match-expectation.ts';
import { unique } from '../text/words.ts';

/** Names of models and of who makes or serves them, as exact texts. Left out are those that users know as something else. */
const VENDORS =
  /\b(?:(?:chat)?gpt(?:[- ]?\d[\w.]*)?(?:-[a-z]+)*|openai|anthropic|claude|gemini|vertex ai|mistral|mixtral|llama[- ]?\d*|deepseek|qwen|groq|openrouter|hugging ?face|perplexity ai|azure openai)\b/gi;
/** What only those call it who run it. */
const TRADE = /\b(?:llms?|lower-tier)\b/gi;

/** What a notice tells of the machinery, unless the task itself speaks of it. */
export function internalsIn(
  text: string,
  on: Pick<Case, 'roles' | 'declares' | 'seen' | 'task' | 'sources'>,
): string[] {
  const plain = normalise(text);
  const called = [...on.declares.chain, ...on.seen.calls.map(({ call }) => call.role)];
  const roles = unique(called).flatMap((name) => on.roles[name] ?? []);
  const names = roles.flatMap((role) => [role.provider, role.model]);
  const found = [
    ...[...plain.matchAll(VENDORS)].filter((match) => !isPerson(plain, match)).map(([name]) => name),
    ...names.filter((name) => namesIt(plain, name)),
    ...statusesOf(on.seen).filter((status) => standsAsCode(plain, status)),
    ...(plain.match(TRADE) ?? []),
  ];
  const ofTheTask = [on.task.input, ...on.sources.map((source) => source.text)].join('\n');
  return unique(found.map((one) => one.toLowerCase())).filter((one) => !holdsPhrase(ofTheTask, one));
}

/** Claude Martin is no model; what follows the name of one is said with it. */
const isPerson = (text: string, { 0: name, index }: RegExpExecArray): boolean =>
  name === 'Claude' && SURNAME.test(text.slice(index + name.length));
const SURNAME =
  /^ (?!Sonnet|Haiku|Opus|Instant|Code|API|Is\b|Was\b|Has\b|Not\b|Un|Currently|Down|Cannot|Failed)\p{Lu}\p{Ll}/u;

/** A name that is a plain word, as `together` is, counts only where it is written as a name. */
function namesIt(text: string, name: string): boolean {
  if (!/^\p{Ll}+$/u.test(name)) return holdsPhrase(text, name);
  const written = `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
  const inside = new RegExp(`(?<![.!?:] |^|\\p{L})${written}(?!\\p{L})`, 'u');
  return inside.test(text);
}

/** Status codes of errors that the wire of this ask showed. */
const statusesOf = ({ calls }: Case['seen']): string[] =>
  unique(calls.flatMap(({ head, end }) => [head?.status, end?.status]))
    .filter((status) => typeof status === 'number' && status >= 400)
    .map(String);

/** What an error is called, before its number or after it. */
const ERROR =
  'https?|errors?|status|(?:error|status|response) code|c[oó]digo de error|fehler(?:code)?|erreur|errore|エラー|错误|오류';
const REASONS =
  'bad request|unauthorized|payment required|forbidden|not found|request timeout|too many requests|overloaded|internal server error|bad gateway|service unavailable|gateway timeout';

/** A number that is neither a part of another nor an amount, and counts nothing: `500 seconds` does, `error 500 came` does not. */
function standsAsCode(text: string, status: string): boolean {
  // Most notices hold no number, and the pattern takes long to be made.
  if (!text.includes(status)) return false;
  const alone = `${status}(?![\\p{L}\\p{N}_-]|[.,]\\d| ?[%$€£¥])`;
  const apart = `(?<![\\p{L}\\p{N}$€£¥#.,_-])${alone}`;
  const named = `(?:${ERROR})[^\\p{L}\\p{N}]{0,3}(?:(?:no|nr)\\. ?|of )?${alone}`;
  const explained = `${apart} ?[^\\p{L}\\p{N}]{0,2}(?:errors?|エラー|${REASONS})`;
  return new RegExp(`${named}|${apart}(?! \\p{L})|${explained}`, 'iu').test(text);
}
