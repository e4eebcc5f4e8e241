import { describe, expect, it } from 'vitest';
import type { Part } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';
import { oddStream } from './odd-stream.ts';
import { callsWhole, onWire, REPLIES, type ReplyKind, toldBy } from './trial.fixture.ts';

const TWO_CALLS: Part[] = [1, 2].flatMap((n): Part[] => [
  { type: 'tool-call', id: `call_${n}`, name: 'issue_refund' },
  { type: 'tool-call-delta', id: `call_${n}`, arguments: `{"order_id":"99${n}",` },
  { type: 'tool-call-delta', id: `call_${n}`, arguments: `"amount":${n}}` },
]);
const HOWS = ['bytes', 'comments', 'empty-events', 'double-end', 'early-end', 'no-index', 'same-index', 'fragments'];

async function* twoCalls(): AsyncGenerator<Part> {
  yield* TWO_CALLS;
  yield { type: 'usage', input: 12, output: 34 };
  yield { type: 'end', reason: 'tool-calls' };
}

describe.each(protocols)('in $name', (protocol) => {
  async function odd(how: string, says: ReplyKind | 'two calls') {
    const said =
      says === 'two calls'
        ? { source: { kind: 'parts' as const, reply: { kind: 'http' as const, parts: twoCalls() } } }
        : { says };
    const { fired, reply } = onWire(oddStream, { how }, { protocol, stream: true, ...said });
    const { heard, meant, pieces } = await reply;
    return { fired, heard: toldBy(heard), meant: toldBy(meant), pieces };
  }

  describe.each(HOWS)('%s', (how) => {
    it.each(['prose', 'structured', 'call'] as const)('whoever reads all of it has all of it: %s', async (says) => {
      const { heard, meant } = await odd(how, says);
      // There is no end of its own for calls: said before them, it is an ordinary one.
      if (callsWhole(protocol) && how === 'early-end' && says === 'call') heard.end = 'tool-calls';
      expect([heard, meant]).toEqual([toldBy(REPLIES[says]), toldBy(REPLIES[says])]);
    });

    it('two calls stay two', async () => {
      const { calls } = (await odd(how, 'two calls')).heard;
      expect(calls.map((call) => call.args)).toEqual([
        '{"order_id":"991","amount":1}',
        '{"order_id":"992","amount":2}',
      ]);
    });
  });

  // Where the cuts are depends on the bytes; that some are inside a character shows in one protocol.
  it.runIf(protocol.name === 'openai-chat')('cuts characters in two', async () => {
    const { pieces } = await odd('bytes', 'prose');
    expect(pieces.join('')).toContain('\ufffd');
  });

  it('begins with an event that says nothing, and has another midway', async () => {
    const { pieces } = await odd('empty-events', 'prose');
    const { pieces: usual } = await onWire(undefined, {}, { protocol, stream: true }).reply;
    expect(pieces.length - usual.length).toBe(protocol.idle === undefined ? 0 : 2);
    expect(pieces[0]).toBe(protocol.idle ?? pieces[0]);
  });

  it.skipIf(callsWhole(protocol))('tells arguments three characters at a time', async () => {
    const { fired, pieces } = await odd('fragments', 'call');
    expect(pieces.length).toBeGreaterThan(10);
    expect(fired).toEqual(['arguments in fragments of 3 characters']);
  });
});
