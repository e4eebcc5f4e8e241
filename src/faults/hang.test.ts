import { expect, it } from 'vitest';
import { hang } from './hang.ts';
import { answer } from './trial.fixture.ts';

it('never answers, and says so', async () => {
  const { fired, reply } = await answer(hang, {});
  const first = await Promise.race([reply, new Promise((resolve) => setImmediate(resolve, 'still waiting'))]);
  expect(first).toBe('still waiting');
  expect(fired).toEqual(['no answer, ever']);
});

it('ends when the caller leaves, with its reason', async () => {
  const left = new AbortController();
  const { reply } = await answer(hang, {}, left.signal);
  left.abort('bored');
  await expect(reply).rejects.toBe('bored');
});
