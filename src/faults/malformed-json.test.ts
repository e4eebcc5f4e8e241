import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordedReply } from '../../fixtures/replies/index.ts';
import type { Head, Part } from '../core/wire.ts';
import { openaiChat, protocols } from '../protocols/index.ts';
import type { Source } from '../protocols/relay.ts';
import { malformedJson } from './malformed-json.ts';
import { onWire } from './trial.fixture.ts';

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const dataOf = (event = '') => /^data: (.*)$/m.exec(event)?.[1] ?? expect.fail(`no data in ${event}`);

describe.each(protocols)('in $name', (protocol) => {
  const asked = (at_share: number, stream: boolean) => onWire(malformedJson, { at_share }, { protocol, stream });
  const heard = (head: Head | undefined, pieces: string[]): Part[] => {
    const decoder = protocol.decoder(head ?? expect.fail('no head'), 0);
    return [...pieces.flatMap((p) => decoder.push(new TextEncoder().encode(p))), ...decoder.end()].flatMap(
      (f) => f.parts,
    );
  };

  it('a body with the good status that no parser reads, wherever it breaks off', async () => {
    await fc.assert(
      fc.asyncProperty(share, async (at_share) => {
        const { head, pieces, broke } = await asked(at_share, false).reply;
        expect([head?.status, pieces.length, broke]).toEqual([200, 1, undefined]);
        expect(pieces[0]).not.toBe('');
        expect(() => JSON.parse(pieces[0] ?? '')).toThrow(SyntaxError);
        expect(heard(head, pieces)).toMatchObject([{ type: 'error', mode: 'malformed_response' }]);
      }),
    );
  });

  it('a whole event that no parser reads, and the others as they were', async () => {
    const untouched = await onWire(undefined, {}, { protocol, stream: true }).reply;
    await fc.assert(
      fc.asyncProperty(share, async (at_share) => {
        const { head, pieces, broke } = await asked(at_share, true).reply;
        expect([head, broke]).toEqual([untouched.head, undefined]);
        expect(() => JSON.parse(dataOf(pieces[0]))).toThrow(SyntaxError);
        expect(dataOf(untouched.pieces[0]).startsWith(dataOf(pieces[0]).replace(/\uFFFD+$/, ''))).toBe(true);
        expect(pieces[0]).toMatch(/\r?\n\r?\n$/);
        expect(pieces.slice(1)).toEqual(untouched.pieces.slice(1));
        expect(heard(head, pieces)).toContainEqual(expect.objectContaining({ mode: 'malformed_response' }));
      }),
    );
  });

  it('says what was meant: an unreadable reply, whose tokens were counted', async () => {
    for (const stream of [true, false]) {
      const { meant } = await asked(0.5, stream).reply;
      expect(meant).toContainEqual({ type: 'usage', input: 12, output: 34 });
      expect(meant).toContainEqual(expect.objectContaining({ type: 'error', mode: 'malformed_response' }));
    }
  });
});

it('passes comments by, and keeps the line ends as they came', async () => {
  const recorded = recordedReply('openai', 'keep-alive-crlf');
  const original = new TextDecoder().decode(recorded.body);
  const source: Source = { kind: 'bytes', head: recorded.head, body: once(recorded.body) };
  const { pieces } = await onWire(malformedJson, {}, { protocol: openaiChat, stream: true, source }).reply;
  const [json = ''] = /\{.*\}/.exec(original) ?? [];
  expect(original.startsWith(':')).toBe(true);
  expect(pieces.join('')).toBe(original.replace(json, json.slice(0, json.length >> 1)));
});

it('an error reply is not its business', async () => {
  const { head, body } = recordedReply('openai', 'overloaded');
  const source: Source = { kind: 'bytes', head, body: once(body) };
  const { fired, reply } = onWire(malformedJson, {}, { protocol: openaiChat, stream: false, source });
  expect((await reply).pieces.join('')).toBe(new TextDecoder().decode(body));
  expect(fired).toEqual([]);
});

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}
