import { expect, it } from 'vitest';
import { overloaded } from './overloaded.ts';
import { answer, partsOf } from './trial.fixture.ts';

it('says so in the words of the protocol, and names no time to come back', async () => {
  const { fired, reply } = await answer(overloaded, {});
  expect(await partsOf(await reply)).toEqual([
    { type: 'error', mode: 'overloaded', message: 'Overloaded. Please try again later.' },
  ]);
  expect(fired).toEqual(['the error overloaded']);
});
