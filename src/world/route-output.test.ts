import { expect, test } from 'vitest';
import { createVirtualWorld, installRoutes } from './index.ts';

installRoutes();

test('what code inside a world prints goes to the world, what is printed outside to the stream', async () => {
  const said: string[] = [];
  const world = createVirtualWorld({
    seed: 1,
    epochMs: 0,
    fetch,
    onRealIo: () => {},
    onOutput: (text) => said.push(text),
  });
  const written = await world.run(
    () => new Promise((done) => process.stdout.write('inside\n', () => done(process.stderr.write('a warning\n')))),
  );
  expect(written).toBe(true);
  expect(said).toEqual(['inside\n', 'a warning\n']);
  expect(process.stdout.write('')).toBeTypeOf('boolean');
  expect(said).toHaveLength(2);
});
