import { expect, test } from 'vitest';
import { openaiChat } from '../protocols/index.ts';
import { imagesLost } from './images-lost.ts';
import { onWire, PICTURE, toldBy } from './trial.fixture.ts';

async function ask(images: (typeof PICTURE)[]) {
  const asked = { messages: [{ role: 'user' as const, content: 'Hi', images }] };
  const { fired, reply } = onWire(imagesLost, {}, { protocol: openaiChat, stream: false, says: 'structured', asked });
  return { fired, said: JSON.parse(toldBy((await reply).heard).text) };
}

test('what was not seen is not cited any more, and the rest stays', async () => {
  const { fired, said } = await ask([PICTURE]);
  expect(said).toMatchObject({ answer: 'We owe $40.00 within 30 days [policy_v3].', citations: ['policy_v3'] });
  expect(fired).toEqual(['none of 1 picture was seen']);
});

test('a call without pictures is left alone', async () => {
  const { fired, said } = await ask([]);
  expect(said.citations).toEqual(['policy_v3', 'order_991']);
  expect(fired).toEqual([]);
});
