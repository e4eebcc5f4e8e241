import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { connectionReset } from './connection-reset.ts';
import { onWire } from './trial.fixture.ts';

describe.each(protocols)('in $name', (protocol) => {
  it.each([true, false])('nothing arrives, not even a head (stream: %s)', async (stream) => {
    const { fired, reply } = onWire(connectionReset, {}, { protocol, stream });
    expect(await reply).toMatchObject({ head: undefined, pieces: [], broke: 'reset' });
    expect(fired).toEqual(['reset before the head']);
  });

  it.each([0, 1, 3])('a stream breaks in the event after %i whole ones', async (after_frames) => {
    const untouched = await onWire(undefined, {}, { protocol, stream: true }).reply;
    const { fired, reply } = onWire(connectionReset, { after_frames }, { protocol, stream: true });
    const { head, pieces, broke } = await reply;
    expect([head?.status, broke]).toEqual([200, 'reset']);
    expect(pieces.slice(0, -1)).toEqual(untouched.pieces.slice(0, after_frames));
    const half = pieces.at(-1) ?? '';
    expect(half).not.toBe('');
    expect(untouched.pieces[after_frames]?.startsWith(half)).toBe(true);
    expect(fired).toEqual([`reset in piece ${after_frames + 1}`]);
  });

  it('a body of known length breaks in its middle', async () => {
    const { head, pieces, broke } = await onWire(connectionReset, { after_frames: 0 }, { protocol, stream: false })
      .reply;
    expect([head?.status, head?.framing, pieces.length, broke]).toEqual([200, 'length', 1, 'reset']);
    expect(() => JSON.parse(pieces.join(''))).toThrow();
  });

  it('a reply with fewer pieces arrives whole, and the fault does not claim to have acted', async () => {
    const { fired, reply } = onWire(connectionReset, { after_frames: 1 }, { protocol, stream: false });
    expect(await reply).toEqual(await onWire(undefined, {}, { protocol, stream: false }).reply);
    expect(fired).toEqual([]);
  });
});
