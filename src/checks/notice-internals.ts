import type { Case } from '../core/plugin.ts';
import { holdsPhrase, normalise } from '../text/match-expectation.ts';
import { unique } from '../text/words.ts';

/** Names of models and of who makes or serves them, as exact texts. Left out are those that users know as something else. */
const VENDORS =
  /\b(?:(?:chat)?gpt(?:[- ]?\d[\w.]*)?(?:-[a-z]+)*|openai|anthropic|claude|gemini|vertex ai|mistral|mixtral|llama[- ]?\d*|deepseek|qwen|groq|openrouter|hugging ?face|perplexity ai|azure openai)\b/gi;
/** What only those call it who run it. */
const TRADE = /\b(?:llms?|lower-tier)\b/gi;

/** What a notice tells of the machinery, unless the task itself speaks of it. */
export function internalsIn(text: string, on: Pick<Case, 'roles' | 'seen' | 'task' | 'sources'>): string[] {
  const plain = normalise(text);
  const names = Object.values(on.roles).flatMap((role) => [role.provider, role.model]);
  const found = [
    ...(plain.match(VENDORS) ?? []),
    ...names.filter((name) => namesIt(plain, name)),
    ...statusesOf(on.seen).filter((status) => standsAsCode(plain, status)),
    ...(plain.match(TRADE) ?? []),
  ];
  const ofTheTask = [on.task.input, ...on.sources.map((source) => source.text)].join('\n');
  return unique(found.map((one) => one.toLowerCase())).filter((one) => !holdsPhrase(ofTheTask, one));
}

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

/** A number that is neither a part of another nor an amount. */
const standsAsCode = (text: string, status: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}$€£¥#.,_-])${status}(?![\\p{L}\\p{N}_-]|[.,]\\d| ?[%$€£¥])`, 'u').test(text);
