import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { recordedReply } from '../../fixtures/replies/index.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import type { Part } from '../core/wire.ts';
import { anthropicMessages, openaiChat, protocols } from '../protocols/index.ts';
import { type Edit, rewriting, type Said } from './rewriting.ts';
import { leaping, onWire, REPLIES, toldBy } from './trial.fixture.ts';

const editing = (edit: (said: Said) => Edit | undefined) =>
  defineMeaningFault({
    name: 'editing',
    summary: 'Edits.',
    effect: 'cheapens',
    params: z.strictObject({}),
    example: '',
    open: () => rewriting(edit),
  });
const texts = (parts: readonly Part[]) => parts.flatMap((p) => (p.type === 'text-delta' ? [p.text] : []));

describe.each(protocols)('in $name', (protocol) => {
  it('an edited stream has the old sizes and the old gaps, after the last part was there', async () => {
    const slower = { protocol, stream: true, paceMs: 10 };
    const shout = editing(({ text }) => ({ did: 'shouts', text: text.toUpperCase() }));
    const { fired, reply } = onWire(shout, {}, { ...slower, clock: leaping() });
    const { heard, at } = await reply;
    expect(fired).toEqual(['shouts']);
    expect(texts(heard)).toEqual(texts(REPLIES.prose).map((t) => t.toUpperCase()));
    const whole = REPLIES.prose.length * 10;
    const usual = await onWire(undefined, {}, { ...slower, clock: leaping() }).reply;
    expect(at).toEqual(usual.at.map((ms) => ms - 10 + whole));
  });

  it('what is left alone keeps its bytes, and comes when its last part is there', async () => {
    const { fired, reply } = onWire(
      editing(() => undefined),
      {},
      { protocol, stream: true, clock: leaping(), paceMs: 10 },
    );
    const { pieces, at } = await reply;
    expect(pieces).toEqual((await onWire(undefined, {}, { protocol, stream: true }).reply).pieces);
    expect(new Set(at)).toEqual(new Set([REPLIES.prose.length * 10]));
    expect(fired).toEqual([]);
  });

  it('whatever is said instead arrives, and tokens follow its length', async () => {
    const said = fc.string({ unit: 'grapheme', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(said, fc.boolean(), async (text, stream) => {
        const told = toldBy(
          (
            await onWire(
              editing(() => ({ did: 'else', text })),
              {},
              { protocol, stream },
            ).reply
          ).heard,
        );
        const old = toldBy(REPLIES.prose).text.length;
        expect(told).toMatchObject({
          text,
          end: 'stop',
          tokens: [12, Math.max(1, Math.ceil((34 * text.length) / old))],
        });
      }),
    );
  });

  it.each([true, false])('a call in place of a text, and a text in place of a call (stream: %s)', async (stream) => {
    const calls = [{ id: 'x', name: 'delete_all', arguments: '{"sure":true}' }];
    const called = onWire(
      editing(() => ({ did: '', text: '', calls })),
      {},
      { protocol, stream },
    );
    expect(toldBy((await called.reply).heard)).toMatchObject({
      text: '',
      end: 'tool-calls',
      calls: [{ name: 'delete_all', args: '{"sure":true}' }],
    });
    const said = onWire(
      editing(() => ({ did: '', text: 'No.', calls: [] })),
      {},
      { protocol, stream, says: 'call' },
    );
    expect(toldBy((await said.reply).heard)).toMatchObject({ text: 'No.', end: 'stop', calls: [] });
  });
});

it.each(['overloaded', 'refusal', 'refusal-stream', 'content-filter', 'length', 'cut-stream', 'in-band-error'])(
  'no whole good reply is edited: %s',
  async (name) => {
    const { head, body } = recordedReply('openai', name);
    const once = async function* () {
      yield body;
    };
    const { fired, reply } = onWire(
      editing(() => ({ did: 'edited', text: 'other' })),
      {},
      { protocol: openaiChat, stream: true, source: { kind: 'bytes', head, body: once() } },
    );
    expect((await reply).pieces.join('')).toBe(new TextDecoder().decode(body));
    expect(fired).toEqual([]);
  },
);

it.each([
  ['openai', 'answer', false],
  ['openai', 'answer-stream', true],
  ['anthropic', 'answer', false],
  ['anthropic', 'answer-stream', true],
] as const)('a reply as it came over the wire is edited too: %s %s', async (provider, name, stream) => {
  const { head, body } = recordedReply(provider, name);
  const protocol = provider === 'openai' ? openaiChat : anthropicMessages;
  const sent = async (fault: ReturnType<typeof editing> | undefined) => {
    const once = async function* () {
      yield body;
    };
    const source = { kind: 'bytes', head, body: once() } as const;
    return toldBy((await onWire(fault, {}, { protocol, stream, source }).reply).heard);
  };
  const shout = editing(({ text }) => ({ did: 'shouts', text: `${text.toUpperCase()} AND MORE` }));
  const [usual, edited] = [await sent(undefined), await sent(shout)];
  expect(usual.text).not.toBe('');
  expect(edited.text).toBe(`${usual.text.toUpperCase()} AND MORE`);
  expect(edited.end).toBe(usual.end);
});

it('a caller may leave between the pieces', async () => {
  const left = new AbortController();
  const clock = {
    ...leaping(),
    sleep: (ms: number, signal?: AbortSignal) =>
      signal?.aborted ? Promise.reject(signal.reason) : leaping().sleep(ms),
  };
  const fault = editing(() => {
    left.abort('bored');
    return { did: 'edited', text: 'other words than before' };
  });
  let now = 0;
  const { reply } = onWire(
    fault,
    {},
    {
      protocol: openaiChat,
      stream: true,
      paceMs: 1,
      signal: left.signal,
      clock: { ...clock, now: () => now++ },
    },
  );
  await expect(reply).rejects.toBe('bored');
});
