import { MARK, type Redaction } from './redact.ts';

/** What stands somewhere in a text gives way to something else. */
export interface Change {
  from: number;
  to: number;
  by: string;
}

/** A text that came in pieces, redacted as a whole and cut again where it was: a secret may stand across a border. */
export function redactPieces(pieces: readonly string[], redaction: Redaction): string[] {
  const text = pieces.join('');
  const clean = redaction.text(text);
  return clean === text ? [...pieces] : changedPieces(pieces, marksIn(text, clean));
}

/** The pieces of a text in which some places were changed; a border inside of such a place comes after what stands there now. */
export function changedPieces(pieces: readonly string[], changes: readonly Change[]): string[] {
  const text = pieces.join('');
  let start = 0;
  let done = 0;
  let next = 0;
  return pieces.map((piece) => {
    const end = start + piece.length;
    let out = '';
    for (let change = changes[next]; change !== undefined && change.from < end; change = changes[++next]) {
      out += text.slice(done, change.from) + change.by;
      done = change.to;
    }
    out += text.slice(done, Math.max(done, end));
    done = Math.max(done, end);
    start = end;
    return out;
  });
}

/** Where marks took the place of something. What stands between two marks is looked for where it first can be. */
function marksIn(text: string, clean: string): Change[] {
  const parts = clean.split(MARK);
  const changes: Change[] = [];
  let at = parts[0]?.length ?? 0;
  for (let i = 1; i < parts.length; i += 2) {
    const [mark = '', literal = ''] = parts.slice(i, i + 2);
    const last = i === parts.length - 2;
    const end = text.length - literal.length;
    // A mark of the text itself, but only where all that follows fits: else what stands after it would be left as it was.
    const there = text.startsWith(mark + literal, at) && (!last || at + mark.length === end);
    const found = last ? end : text.indexOf(literal, at + 1);
    const to = there ? at + mark.length : found < 0 ? at : found;
    if (!there) changes.push({ from: at, to, by: mark });
    at = to + literal.length;
  }
  return changes;
}
