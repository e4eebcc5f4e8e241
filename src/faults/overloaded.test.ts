import { expect, it } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { overloaded } from './overloaded.ts';
import { answer, onWire, partsOf } from './trial.fixture.ts';

it('says so in the words of the protocol, and names no time to come back', async () => {
  const { fired, reply } = await answer(overloaded, {});
  expect(await partsOf(await reply)).toEqual([
    { type: 'error', mode: 'overloaded', message: 'Overloaded. Please try again later.' },
  ]);
  expect(fired).toEqual(['the error overloaded']);
});

it('with any of its statuses, and when to come back', async () => {
  const params = { status: 529, retry_after_ms: 3000, retry_after_as: 'http-date' };
  for (const protocol of protocols) {
    const { reply } = onWire(overloaded, params, { protocol, stream: true });
    const { head, heard } = await reply;
    expect(head?.status).toBe(529);
    expect(heard).toMatchObject([
      {
        type: 'error',
        mode: 'overloaded',
        retryAfter: { as: protocol.waitIn === undefined ? 'http-date' : 'seconds' },
      },
    ]);
  }
});
