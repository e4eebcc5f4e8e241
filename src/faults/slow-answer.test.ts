import { describe, expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { slowAnswer } from './slow-answer.ts';
import { leaping, onWire } from './trial.fixture.ts';

describe.each(protocols)('in $name', (protocol) => {
  it.each([true, false])('the same answer, later (stream: %s)', async (stream) => {
    const clock = leaping();
    const { fired, reply } = onWire(slowAnswer, { delay_ms: 1500 }, { protocol, stream, clock });
    const { at, ...rest } = await onWire(undefined, {}, { protocol, stream }).reply;
    expect(await reply).toEqual({ ...rest, at: at.map(() => 1500) });
    expect(clock.now()).toBe(1500);
    expect(fired).toEqual(['the answer begins 1500 ms late']);
  });
});

it('has bounds', () => {
  for (const delay_ms of [-1, 0.5, 3_600_001, '5s']) expect(() => slowAnswer.arm({ delay_ms })).toThrow();
});
