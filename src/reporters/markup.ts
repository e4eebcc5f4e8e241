import { clean, oneLine } from './words.ts';

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', _: '_' };

/** Text from models and targets must not become markup. */
export const safe = (text: string): string =>
  clean(text).replace(/[\\`*_[\]<>|]/g, (mark) => ENTITIES[mark] ?? `\\${mark}`);

/** What is to be pasted. */
export const code = (text: string): string => `\`${oneLine(text).replaceAll('`', "'")}\``;

/** The same for a comment: it mentions nobody, points at no issue and is no link, for which a space without width is enough. */
export const quiet = (text: string): string =>
  safe(text).replace(/@|#(?=\d)|:(?=\/\/)|\bwww(?=\.)|\bgh(?=-\d)/gi, '$&\u200b');
