import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { slowStream } from './slow-stream.ts';
import { leaping, onWire, REPLIES, toldBy } from './trial.fixture.ts';

describe.each(protocols)('in $name', (protocol) => {
  it('the same stream, which begins in time and then drips', async () => {
    const { fired, reply } = onWire(slowStream, { gap_ms: 500 }, { protocol, stream: true, clock: leaping() });
    const { at, ...rest } = await reply;
    const { at: usual, ...untouched } = await onWire(undefined, {}, { protocol, stream: true }).reply;
    expect(rest).toEqual(untouched);
    // Five pieces have four gaps.
    expect([at[0], at.at(-1), usual.at(-1)]).toEqual([0, 4 * 500, 0]);
    expect(fired).toEqual(['500 ms between pieces']);
  });

  it('the same body, as late as in pieces', async () => {
    const { reply } = onWire(slowStream, { gap_ms: 500 }, { protocol, stream: false, clock: leaping(), says: 'call' });
    const { at, heard } = await reply;
    expect(toldBy(heard)).toEqual(toldBy(REPLIES.call));
    // Arguments of 18 and 12 characters are a piece each.
    expect(at).toEqual([500]);
  });
});
