/** What a text must hold for a pattern to be found in it: these letters, all of several, or any of several. */
type Needed = string | { all: readonly Needed[] } | { any: readonly Needed[] };

const NOTHING: Needed = { all: [] };
/** A piece of a pattern; what an escape of a letter means is only known of classes and edges of words. */
const PIECE = /\\[bBdDsSwW\W_]|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?:|[*+?]\??|\{\d+(?:,\d*)?\}\??|./gs;

/**
 * Whether a pattern may be found in a text, whatever the case: never no where it is. It costs a hundredth of looking,
 * and most patterns are in no text.
 */
export function mayHold(pattern: string): (text: string) => boolean {
  const needed = neededOf(pattern);
  return (text) => holds(needed, text.toLowerCase().replaceAll('ſ', 's'));
}

const holds = (needed: Needed, text: string): boolean =>
  typeof needed === 'string'
    ? text.includes(needed)
    : 'any' in needed
      ? needed.any.some((one) => holds(one, text))
      : needed.all.every((one) => holds(one, text));

function neededOf(pattern: string): Needed {
  const pieces = pattern.match(PIECE) ?? [];
  // Flags and the like change what the others mean.
  return pieces.some((piece, i) => piece === '\\' || (piece === '(' && pieces[i + 1]?.startsWith('?')))
    ? NOTHING
    : anyOf(pieces.values());
}

/** Alternatives, up to the end of their group. */
function anyOf(pieces: Iterable<string>): Needed {
  const any: Needed[] = [];
  let all: Needed[] = [];
  // What was read last, which a count may still make needless: of letters only the last one.
  let letters = '';
  let group: Needed | undefined;
  const cut = () => {
    if (letters !== '') all.push(letters);
    if (group !== undefined) all.push(group);
    letters = '';
    group = undefined;
  };
  for (const piece of pieces) {
    if (piece === ')') break;
    const letter = letterOf(piece);
    if (/^(?:[*?]|\{0)/.test(piece)) {
      letters = letters.slice(0, -1);
      group = undefined;
    }
    if (letter === undefined || group !== undefined) cut();
    if (letter !== undefined) letters += letter;
    else if (piece.startsWith('(')) group = anyOf(pieces);
    else if (piece === '|') {
      any.push({ all });
      all = [];
    }
  }
  cut();
  return { any: [...any, { all }] };
}

/** What stands for itself. Other letters than these have cases of their own. */
function letterOf(piece: string): string | undefined {
  const [, escaped = '', letter = ''] = /^(\\?)([ -~])$/.exec(piece) ?? [];
  const itself = escaped === '' ? !'.^$|()*+?'.includes(letter) : /\W/.test(letter);
  return itself ? letter.toLowerCase() : undefined;
}
