import { isRecord, parseJson } from '../text/json.ts';

/** The object that a structured answer is; undefined where it is prose. */
export function fieldsOf(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text);
  return isRecord(value) ? value : undefined;
}

/** Adds a sentence to the prose of an answer: the text itself, its `answer`, or its longest string. Undefined where there is none. */
export function withSentence(text: string, sentence: string): string | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return text.trim() === '' ? undefined : `${text} ${sentence}`;
  const proses = Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string');
  const [longest] = proses.toSorted(
    ([a, x], [b, y]) => Number(b === 'answer') - Number(a === 'answer') || y.length - x.length,
  );
  return longest && JSON.stringify({ ...fields, [longest[0]]: `${longest[1]} ${sentence}` });
}
