import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { brokenStream } from './broken-stream.ts';
import { callsWhole, leaping, onWire, REPLIES, type ReplyKind, toldBy } from './trial.fixture.ts';

const PROSE = toldBy(REPLIES.prose);

describe.each(protocols)('in $name', (protocol) => {
  async function broken(params: object, says: ReplyKind = 'prose') {
    const { fired, reply } = onWire(brokenStream, params, { protocol, stream: true, says, clock: leaping() });
    const { heard, meant, pieces, broke } = await reply;
    return { fired, pieces, broke, told: toldBy(heard), meant: toldBy(meant) };
  }
  const untouched = async (says: ReplyKind = 'prose') =>
    (await onWire(undefined, {}, { protocol, stream: true, says }).reply).pieces;

  it.each([
    ['end', undefined],
    ['closed', 'closed'],
    ['reset', 'reset'],
  ])('is cut between two events: %s', async (by, how) => {
    const { fired, broke, told, pieces } = await broken({ by, after_pieces: 2 });
    expect([told.text, told.end, broke]).toEqual(['Within 30 days, in its “original” box, ', '', how]);
    // The decoder hears of no end where the body says none.
    expect(told.error).toBe(how === undefined ? 'truncated' : '');
    expect((await untouched()).slice(0, pieces.length)).toEqual(pieces);
    expect(fired).toEqual([`${by} after 2 pieces`]);
  });

  it.skipIf(callsWhole(protocol)).each(['end', 'closed', 'reset'])(
    'is cut inside the arguments of a tool call: %s',
    async (by) => {
      const { told, broke, fired } = await broken({ how: 'cut-in-arguments', by }, 'call');
      expect(told.calls).toEqual([{ name: 'issue_refund', args: '{"order_i' }]);
      expect([told.end, broke]).toEqual(['', by === 'end' ? undefined : by]);
      expect(fired).toEqual([`${by} in the arguments of a tool call`]);
    },
  );

  it.each(['end', 'reset'])('is cut after its end was said: %s', async (by) => {
    const { told, meant, broke } = await broken({ how: 'cut-after-end', by });
    expect([told.text, told.end, meant.end, broke]).toEqual([
      ...[PROSE.text, 'stop', 'stop'],
      by === 'end' ? undefined : 'reset',
    ]);
  });

  // In others the end itself is the last event.
  it.runIf(['anthropic-messages', 'openai-chat'].includes(protocol.name))(
    'lacks nothing but its terminator',
    async () => {
      const { told, meant, pieces } = await broken({ how: 'no-terminator' });
      expect(told).toEqual(PROSE);
      expect(meant).toEqual(PROSE);
      expect(pieces).toEqual((await untouched()).slice(0, -1));
    },
  );

  it.each([0, 1])('turns into an error after %i pieces', async (after_pieces) => {
    const { told, meant, fired } = await broken({ how: 'error', error: 'rate_limit', after_pieces });
    const text = after_pieces === 0 ? '' : 'Within 30 days, ';
    expect(told).toMatchObject({ text, error: 'rate_limit', end: '' });
    expect(meant).toEqual(told);
    expect(fired).toEqual([`the error rate_limit after ${after_pieces} pieces`]);
  });

  it('goes on after an event that is no JSON', async () => {
    const { pieces, meant } = await broken({ how: 'malformed-event', after_pieces: 1 });
    const usual = await untouched();
    const lost = usual.filter((piece, i) => piece !== pieces[i]);
    expect([pieces.length, lost.length]).toEqual([usual.length, 1]);
    expect(lost[0]).toContain('original');
    expect(meant).toMatchObject({ error: 'malformed_response', end: 'stop' });
    expect(meant.text).toBe(PROSE.text.replace('in its “original” box, ', ''));
  });

  it('says a piece twice, or too late', async () => {
    const twice = await broken({ how: 'duplicated-event', after_pieces: 1 });
    const box = 'in its “original” box, ';
    expect([twice.told.text, twice.meant.text]).toEqual(Array(2).fill(PROSE.text.replace(box, box + box)));
    const late = await broken({ how: 'reordered-events', after_pieces: 0 });
    const [first = '', second = ''] = ['Within 30 days, ', box];
    expect([late.told.text, late.meant.text]).toEqual(
      Array(2).fill(PROSE.text.replace(first + second, second + first)),
    );
    const last = await broken({ how: 'reordered-events', after_pieces: 4 });
    expect([last.told, last.fired]).toEqual([PROSE, []]);
  });

  it('of a structured answer, a piece that comes twice or too late leaves no JSON; prose is left alone', async () => {
    for (const how of ['duplicated-event', 'reordered-events']) {
      const { told: prose, fired } = await broken({ how });
      expect([prose, fired]).toEqual([PROSE, []]);
      const { told } = await broken({ how }, 'structured');
      expect(() => JSON.parse(told.text)).toThrow();
    }
  });

  it('holds comments and nothing else until the caller leaves', async () => {
    const left = new AbortController();
    let now = 0;
    const clock = {
      ...leaping(),
      now: () => now,
      async sleep(ms: number) {
        now += ms;
        if (now > 10_000) left.abort(new Error('enough'));
        left.signal.throwIfAborted();
      },
    };
    const wire = { protocol, stream: true, clock, signal: left.signal };
    const { fired, reply } = onWire(brokenStream, { how: 'comments', gap_ms: 500 }, wire);
    await expect(reply).rejects.toThrow('enough');
    expect([fired, now]).toEqual([['nothing but comments after 1 pieces'], 10_500]);
  });

  it('with fewer pieces than that, it is whole, and the fault does not claim to have acted', async () => {
    for (const how of ['cut', 'error', 'malformed-event', 'duplicated-event', 'comments', 'cut-in-arguments']) {
      const { pieces, fired } = await broken({ how, after_pieces: 99 });
      expect([pieces, fired]).toEqual([await untouched(), []]);
    }
  });
});

it('says of each kind what it leaves', () => {
  const effect = (params: object) => brokenStream.effectOf(params);
  expect([effect({}), effect({ how: 'comments' }), effect({ how: 'cut-after-end', by: 'reset' })]).toEqual(
    Array(3).fill('fails'),
  );
  expect([effect({ how: 'no-terminator' }), effect({ how: 'cut-after-end' })]).toEqual(Array(2).fill('spoils'));
});
