import { describe, expect, it } from 'vitest';
import { onSockets } from './open.fixture.ts';

type Open = Awaited<ReturnType<typeof onSockets>>;
type Begun = ReturnType<Open['begin']>;

/** What a call says of whose it is. */
interface Hint {
  prefix?: string;
  headers?: Record<string, string>;
  body?: Record<string, unknown>;
  /** What stands in the conversation before its question. */
  history?: string[];
  text?: string;
}

/** Calls the primary as some client would; resolves to what it answers, undefined where the connection broke. */
async function call({ sockets }: Open, { prefix = '', headers, body, history = [], text = 'Hello?' }: Hint) {
  const { origin, pathname } = new URL(sockets.roles()['primary']?.base_url ?? '');
  const messages = [...history, text].map((content) => ({ role: 'user', content }));
  const reply = await fetch(`${origin}${prefix}${pathname}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'gpt-5-mini', messages, ...body }),
  }).catch(() => undefined);
  return reply?.text();
}

const prefixOf = ({ sockets }: Open, { task }: Begun) =>
  new URL(sockets.roles(task)['primary']?.base_url ?? '').pathname.replace(/\/v1$/, '');
const headersOf = ({ sockets }: Open, { task }: Begun) => sockets.headers(task);
const marked = ({ sockets }: Open, { task }: Begun) => sockets.marked(task).input;
/** Another span of the same trace. */
const nextSpan = (traceparent = '') => traceparent.replace(/-[0-9a-f]{16}-/, '-00f067aa0ba902b7-');
const markOf = (text: string) => / \[drill:\w+\]/.exec(text)?.[0] ?? '';

const WAYS: [string, (stand: Open, one: Begun) => Hint][] = [
  ['a URL of its own', (stand, one) => ({ prefix: prefixOf(stand, one) })],
  [
    'the same, as a client that escapes writes it',
    (stand, one) => ({ prefix: prefixOf(stand, one).replace('~', '%7E') }),
  ],
  ['x-drill-ask', (stand, one) => ({ headers: { 'x-drill-ask': headersOf(stand, one)['x-drill-ask'] ?? '' } })],
  ['the id in x-drill-ask', (_, { task }) => ({ headers: { 'x-drill-ask': task.id } })],
  ['traceparent', (stand, one) => ({ headers: { traceparent: headersOf(stand, one)['traceparent'] ?? '' } })],
  ['a span below it', (stand, one) => ({ headers: { traceparent: nextSpan(headersOf(stand, one)['traceparent']) } })],
  ['user', (_, { task }) => ({ body: { user: task.id } })],
  ['safety_identifier', (stand, one) => ({ body: { safety_identifier: headersOf(stand, one)['x-drill-ask'] } })],
  ['metadata', (_, { task }) => ({ body: { metadata: { tenant: 'a', session: task.id } } })],
  ['a mark', (stand, one) => ({ text: marked(stand, one) })],
  ['a mark inside JSON in JSON', (stand, one) => ({ text: JSON.stringify({ say: `"${marked(stand, one)}"\n` }) })],
];

describe('of two asks under way, a call is told to be of the right one by', () => {
  it.each(WAYS)('%s', async (_, hint) => {
    await using stand = await onSockets();
    const [one, other] = [stand.begin('one'), stand.begin('other')];
    for (const begun of [other, one, other]) await call(stand, hint(stand, begun));
    expect(stand.of('call').map(({ task }) => task)).toEqual(['other', 'one', 'other']);
    expect(stand.of('unattributed-call')).toEqual([]);
  });

  it.each(WAYS)('%s, though it has ended and was never heard of while it lasted', async (_, hint) => {
    await using stand = await onSockets();
    const gone = stand.begin('gone');
    await gone.end();
    stand.begin('next');
    await call(stand, hint(stand, gone));
    expect(stand.of('call').map(({ task }) => task)).toEqual(['gone']);
  });
});

it('with nothing that tells, one ask after the other is told apart, and several are not', async () => {
  await using stand = await onSockets();
  const one = stand.begin('one');
  await call(stand, {});
  await one.end();
  await call(stand, {});
  const [two] = [stand.begin('two'), stand.begin('three')];
  expect(await call(stand, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })).toBeUndefined();
  await two.end();
  await call(stand, {});
  expect(stand.of('call').map(({ task }) => task)).toEqual(['one', 'one', 'three']);
  expect(stand.of('attributed')).toEqual([{ kind: 'attributed', way: 'alone' }]);
  expect(stand.of('unattributed-call')).toEqual([{ kind: 'unattributed-call', role: 'primary', asks: 2 }]);
});

it('a key of another world is nobody’s, though only one is asked', async () => {
  await using stand = await onSockets();
  stand.begin('one');
  const key = '0123456789abcdef';
  for (const hint of [{ prefix: `/~${key}` }, { headers: { 'x-drill-ask': key } }]) await call(stand, hint);
  expect(stand.of('call')).toEqual([]);
  expect(stand.of('unattributed-call').length).toBe(2);
});

describe('marks', () => {
  it('of what was said before yield to the newest, and those of asks that ended to those under way', async () => {
    await using stand = await onSockets();
    const [first, second] = [stand.begin('first'), stand.begin('second')];
    const [old, recent] = [marked(stand, first), marked(stand, second)];
    await call(stand, { history: [old], text: recent });
    await first.end();
    // Somebody puts the newest question before what was said.
    await call(stand, { history: [recent], text: old });
    await call(stand, { history: [recent], text: `${recent} ${markOf(recent).replace(/\w{16}/, '0123456789abcdef')}` });
    await second.end();
    await call(stand, { history: [old], text: recent });
    expect(stand.of('call').map(({ task }) => task)).toEqual(Array(4).fill('second'));
  });

  it('are gone before anything is read: the call is the one of a task without a mark', async () => {
    await using stand = await onSockets();
    const one = stand.begin('one');
    const text = `Ünïcode, "quotes"\n${marked(stand, one)}`;
    await call(stand, { text });
    await call(stand, { text: text.replace(markOf(text), '') });
    const [with_mark, without] = stand
      .of('call')
      .map(({ digests, held, input_tokens }) => ({ digests, held, input_tokens }));
    expect(with_mark).toEqual(without);
    expect(JSON.stringify(with_mark)).toContain('What about one?');
    expect(stand.sockets.unmarked({ kind: 'answered', answer: `You asked: ${marked(stand, one)}` })).toEqual({
      kind: 'answered',
      answer: 'You asked: What about one?',
    });
  });
});
