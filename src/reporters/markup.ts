import { clean, oneLine } from './words.ts';

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', _: '_' };

/** Text from models and targets must not become markup. */
export const safe = (text: string): string => escaped(clean(text));

const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|]/g, (mark) => ENTITIES[mark] ?? `\\${mark}`);

/** What is to be pasted. */
export const code = (text: string): string => `\`${oneLine(text).replaceAll('`', "'")}\``;

/** A sentence in which code stands between backticks; what is in it of a user's is no markup on either side of them. */
export function prose(text: string): string {
  const parts = clean(text).split('`');
  if (parts.length % 2 === 0) return safe(text);
  return parts.map((part, i) => (i % 2 === 0 ? escaped(part) : part === '' ? '' : code(part))).join('');
}

/** The same for a comment: it mentions nobody, points at no issue and is no link, for which a space without width is enough. */
export const quiet = (text: string): string =>
  safe(text).replace(/@|#(?=\d)|:(?=\/\/)|\bwww(?=\.)|\bgh(?=-\d)/gi, '$&\u200b');
