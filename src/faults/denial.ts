import { isRecord } from '../text/json.ts';
import { fieldsOf } from './answer.ts';

interface Words {
  /** The reply, where it is no structure. */
  prose: string;
  /** In a structure: every text. */
  word: string;
}

/** Names for a no among the values that a schema lists. */
const NO = /^(?:no\b|none\b|not\b|false\b|fail|reject|den[iy]|unsup|unver|inval|incorr|insuff)/i;

/** What a reply becomes in which everything says no, in the shape that it had and that its schema, if any, allows. */
export function denial(text: string, schema: unknown, { prose, word }: Words): string {
  const fields = fieldsOf(text);
  return fields === undefined ? prose : JSON.stringify(denied(fields, schema, word));
}

function denied(value: unknown, schema: unknown, word: string): unknown {
  const says = isRecord(schema) ? schema : {};
  if (Array.isArray(says['enum'])) return otherOf(says['enum'], word);
  if (typeof value === 'string') return word;
  if (typeof value === 'boolean') return false;
  if (Array.isArray(value)) return [];
  if (!isRecord(value)) return value;
  const { properties } = says;
  const of = isRecord(properties) ? properties : {};
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, denied(inner, of[key], word)]));
}

/** Of listed values the first is taken for a yes: the word itself, or another that says no, or else the last. */
function otherOf([_yes, ...others]: unknown[], word: string): unknown {
  const named = others.find((value) => value === word) ?? others.find((value) => NO.test(String(value)));
  return named ?? others.at(-1) ?? _yes;
}
