import { diffArrays } from 'diff';
import type { Call, Detail } from './data.ts';
import { h, nodesOf } from './dom.ts';
import type { Said, Store } from './store.ts';
import { callWords } from './timeline.ts';

interface Side {
  name: string;
  call: Call;
}

/** What two calls got and said, beside each other; which two can be chosen. */
export function sideBySide(detail: Detail, plain: Detail | undefined, store: Store): HTMLElement {
  const sides: Side[] = [
    ...detail.calls.map((call) => ({ name: `${call.role} ${call.attempt}${turnOf(call)}`, call })),
    ...(plain?.calls ?? []).map((call) => ({
      name: `without faults: ${call.role} ${call.attempt}${turnOf(call)}`,
      call,
    })),
  ];
  const shown = h('div', { class: 'sides' });
  if (sides.length === 0) return h('p', {}, 'No model was called.');
  const other = detail.calls.findLastIndex(({ role }) => role !== detail.calls[0]?.role);
  const chosen = [firstOf(detail.calls, plain?.calls ?? []), other >= 0 ? other : Math.max(0, detail.calls.length - 1)];
  const show = async () => {
    const [a, b] = await Promise.all(chosen.map(async (i) => await readSide(sides[i], store)));
    if (a !== undefined && b !== undefined)
      shown.replaceChildren(...compared(a, b, [...new Set([...detail.cites, ...(plain?.cites ?? [])])]));
  };
  const choices = ['One call', 'The other'].map((label, side) =>
    h(
      'label',
      {},
      `${label} `,
      h(
        'select',
        {
          change: (event) => {
            chosen[side] = Number((event.target as HTMLSelectElement).value);
            void show();
          },
        },
        ...sides.map(({ name }, i) => h('option', { value: i, selected: i === chosen[side] }, name)),
      ),
    ),
  );
  void show();
  return h('div', {}, h('div', { class: 'choices' }, ...choices), shown);
}

/** Where the first call got no reply, what is to be compared is what it says without faults. */
function firstOf(calls: readonly Call[], plain: readonly Call[]): number {
  const well = plain.findIndex(({ role, came }) => came !== null && role === calls[0]?.role);
  const silent = calls.every(({ role, came }) => came === null || role !== calls[0]?.role);
  return (silent || calls.length === 1) && well >= 0 ? calls.length + well : 0;
}

const turnOf = ({ turn }: Call) => (turn === 1 ? '' : `, turn ${turn}`);

interface Read extends Side {
  sent: Said | undefined;
  came: Said | undefined;
}

async function readSide(side: Side | undefined, store: Store): Promise<Read | undefined> {
  if (side === undefined) return undefined;
  const [sent, came] = await Promise.all([store.said(side.call.sent), store.said(side.call.came)]);
  return { ...side, sent, came };
}

type Part = Said['parts'][number];

function compared(a: Read, b: Read, cites: readonly string[]): HTMLElement[] {
  const sent = pairsOf(a.sent?.parts ?? [], b.sent?.parts ?? []);
  const cells = (read: Read, mine: 0 | 1) =>
    h(
      'div',
      { class: 'side' },
      h('h4', {}, `${read.name}: ${callWords(read.call)}`),
      h('p', { class: 'soft' }, `${read.call.model} · ${read.call.tokens[0]} tokens in, ${read.call.tokens[1]} out`),
      h('h5', {}, 'It was sent'),
      ...(read.sent === undefined ? [h('p', {}, 'Not kept.')] : sent.map((pair) => partOf(pair, mine, cites))),
      h('h5', {}, 'It said'),
      read.came === undefined
        ? h('p', {}, read.call.end === null || read.call.failure !== null ? 'Nothing that was kept.' : 'Not kept.')
        : partOf([a.came?.parts[0], b.came?.parts[0]], mine, cites),
    );
  return [cells(a, 0), cells(b, 1)];
}

type Pair = [Part | undefined, Part | undefined];

/** Parts of one title belong together, in their order. */
function pairsOf(a: readonly Part[], b: readonly Part[]): Pair[] {
  const rest = [...b];
  const pairs = a.map((part): Pair => {
    const index = rest.findIndex(({ title }) => title === part.title);
    return [part, index < 0 ? undefined : rest.splice(index, 1)[0]];
  });
  return [...pairs, ...rest.map((part): Pair => [undefined, part])];
}

/** What is long and the same on both sides need not be read. */
const LONG = 300;

function partOf(pair: Pair, mine: 0 | 1, cites: readonly string[]): HTMLElement {
  const [own, other] = [pair[mine], pair[1 - mine]];
  if (own === undefined) return h('p', { class: 'soft' }, other === undefined ? '' : `no ${other.title}`);
  const same = other !== undefined && other.text === own.text;
  const body = h(
    'pre',
    { tabindex: 0 },
    ...(same || other === undefined ? cited(own.text, cites) : differing(own.text, other.text, cites)),
  );
  const more = own.cut === undefined ? '' : `, the beginning of ${own.cut} characters`;
  const words = `${own.title}${more}${same ? ' · the same on both sides' : ''}`;
  return h(
    'details',
    { open: own.title === 'reply' || !(same && own.text.length > LONG), class: 'part' },
    h('summary', {}, words),
    body,
  );
}

/** So many edits are looked for: what differs more is another text. */
const MOST_EDITS = 1500;

/** Words that the other side does not have are marked. */
export function differing(own: string, other: string, cites: readonly string[] = []): Node[] {
  const words = (text: string) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
  const changes = diffArrays(words(other), words(own), { maxEditLength: MOST_EDITS });
  if (changes === undefined) return cited(own, cites);
  return changes.flatMap(({ added, removed, value }) => {
    if (removed) return [];
    const text = value.join('');
    return added && text.trim() !== '' ? [h('ins', {}, ...cited(text, cites))] : cited(text, cites);
  });
}

/** The ids of sources that the answer cites are marked where they stand. */
function cited(text: string, cites: readonly string[]): Node[] {
  const nodes: Node[] = [];
  let from = 0;
  while (from < text.length) {
    const next = cites
      .flatMap((id) => (id === '' ? [] : [{ id, at: text.indexOf(id, from) }]))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at || b.id.length - a.id.length)[0];
    if (next === undefined) break;
    nodes.push(...texts(text.slice(from, next.at)), h('mark', {}, next.id));
    from = next.at + next.id.length;
  }
  return [...nodes, ...texts(text.slice(from))];
}

const texts = (text: string): Node[] =>
  text === '' ? [] : nodesOf([text]).map((one) => (typeof one === 'string' ? document.createTextNode(one) : one));
