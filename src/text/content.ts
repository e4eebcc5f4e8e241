import { once } from '../core/once.ts';
import type { Outcome } from '../core/outcome.ts';
import { isDeeper } from './canonical.ts';

type Said = Pick<Outcome, 'answer' | 'data' | 'shown'>;

/** What a stream showed is the answer where no other is handed out. */
const textOf = ({ answer, data, shown }: Said) => answer ?? (data === undefined ? shown : undefined);

/** The structured output, handed back as data or as a JSON text in place of the answer. */
export function dataOf(outcome: Said): Record<string, unknown> | undefined {
  const text = textOf(outcome);
  if (outcome.data !== undefined || !text?.trimStart().startsWith('{')) return outcome.data;
  try {
    // A text that begins with a brace and is JSON is an object.
    const data: Record<string, unknown> = JSON.parse(text);
    return isDeeper(data) ? undefined : data;
  } catch {
    return undefined;
  }
}

/** The answer's prose, wherever the target puts it. */
export function answerOf(outcome: Said): string | undefined {
  const inData = dataOf(outcome)?.['answer'];
  const prose = typeof inData === 'string' ? inData : undefined;
  return outcome.data === undefined ? (prose ?? textOf(outcome)) : (outcome.answer ?? prose);
}

/** Each text that the answer consists of: its prose and every string of its structured output, each once. */
export const contentTexts: (outcome: Said) => string[] = once((outcome: Said) => {
  const strings = [answerOf(outcome) ?? '', ...stringsIn(dataOf(outcome))];
  return [...new Set(strings)].filter((s) => s !== '');
});

/** Everything the answer says. */
export const contentText: (outcome: Said) => string = once((outcome: Said) => contentTexts(outcome).join('\n'));

export function stringsIn(value: unknown): string[] {
  const strings: string[] = [];
  addStrings(strings, value);
  return strings;
}

function addStrings(strings: string[], value: unknown): void {
  if (typeof value === 'string') strings.push(value);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) addStrings(strings, inner);
}
