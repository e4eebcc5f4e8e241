import { styleText } from 'node:util';

/** Of a character, in pixels: what a monospaced font of this size needs, and to what every run of text is fitted. */
const WIDE = 8.4;
const HIGH = 20;
const EDGE = 18;

const COLOURS = [
  ['bold', 'b'],
  ['dim', 'd'],
  ['red', 'r'],
  ['green', 'g'],
  ['yellow', 'y'],
] as const;
/** What opens a style on a terminal, and its class in the picture. */
const CLASSES = new Map(
  COLOURS.map(([style, name]) => [styleText(style, 'x', { validateStream: false }).split('x')[0], name]),
);

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string) => text.replace(/[&<>]/g, (mark) => ENTITIES[mark] ?? mark);

/** A picture of what a terminal shows, for pages that are read in light and in dark. */
export function pictureOf(lines: readonly string[]): string {
  const bare = lines.map((line) => line.replace(SEQUENCE, ''));
  const width = Math.ceil(2 * EDGE + WIDE * Math.max(...bare.map((line) => line.length)));
  const height = 2 * EDGE + HIGH * lines.length;
  const rows = lines.map((line, i) => rowOf(line, EDGE + HIGH * i + 14));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(bare[0] ?? '')}</title>
<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #e6edf3; white-space: pre }
.b { font-weight: 700 } .d { fill: #9198a1 } .r { fill: #ff7b72 } .g { fill: #56d364 } .y { fill: #e3b341 }
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="#0d1117" stroke="#3d444d"/>
${rows.filter((row) => row !== '').join('\n')}
</svg>
`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences of a terminal
const SEQUENCE = /(\u001b\[\d+m)/g;

/** Each run of one style stands where its column is, whatever font there is. */
function rowOf(line: string, y: number): string {
  let column = 0;
  let style = '';
  const runs: string[] = [];
  for (const part of line.split(SEQUENCE)) {
    if (part.startsWith('\u001b')) {
      style = CLASSES.get(part) ?? '';
      continue;
    }
    const from = column + part.length - part.trimStart().length;
    const shown = part.trim();
    column += part.length;
    if (shown === '') continue;
    const named = style === '' ? '' : ` class="${style}"`;
    const place = `x="${(EDGE + WIDE * from).toFixed(1)}" y="${y}" textLength="${(WIDE * shown.length).toFixed(1)}"`;
    runs.push(`<text ${place}${named} lengthAdjust="spacingAndGlyphs">${escaped(shown)}</text>`);
  }
  return runs.join('');
}
