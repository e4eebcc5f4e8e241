import { visible } from '../../text/visible.ts';

/** A piece of a page, in which every text is escaped already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Html | readonly Html[] | undefined;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);

/** What is filled in is text, whatever it holds, unless it is a piece itself. */
export function html(parts: TemplateStringsArray, ...values: Piece[]): Html {
  const filled = values.map((value) => {
    if (value === undefined) return '';
    if (value instanceof Html) return value.text;
    return typeof value === 'object' ? value.map(({ text }) => text).join('') : escaped(String(value));
  });
  return new Html(parts.map((part, i) => part + (filled[i] ?? '')).join(''));
}

export const joined = (pieces: Iterable<Html>): Html => new Html([...pieces].map(({ text }) => text).join(''));
