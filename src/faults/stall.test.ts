import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { stall } from './stall.ts';
import { leaping, onWire, still } from './trial.fixture.ts';

describe.each(protocols)('in $name', (protocol) => {
  it.each([
    [0, true, 'the head'],
    [2, true, '2 of its pieces'],
    [0, false, 'the head'],
    [2, false, 'half of the body'],
  ])('after %i pieces, stream: %s', async (after_pieces, stream, where) => {
    const wire = { protocol, stream, clock: leaping() };
    const { fired, reply } = onWire(stall, { after_pieces, for_ms: 7000 }, wire);
    const { pieces, at, heard } = await reply;
    const usual = await onWire(undefined, {}, { protocol, stream }).reply;
    expect([pieces.join(''), heard]).toEqual([usual.pieces.join(''), usual.heard]);
    expect([at[0], at.at(-1)]).toEqual([after_pieces === 0 ? 7000 : 0, 7000]);
    expect(fired).toEqual([`7000 ms of nothing after ${where}`]);
  });

  it('without an end, the caller has to leave', async () => {
    const left = new AbortController();
    const { fired, reply } = onWire(stall, {}, { protocol, stream: true, clock: still, signal: left.signal });
    await new Promise((resolve) => setImmediate(resolve));
    expect(fired).toEqual(['nothing more after the head']);
    left.abort(new Error('gone'));
    await expect(reply).rejects.toThrow('gone');
  });
});
