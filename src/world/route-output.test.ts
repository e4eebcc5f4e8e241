import fs from 'node:fs';
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

test('what is written to descriptors 1 and 2 goes to the world as well', async () => {
  const said: string[] = [];
  const onOutput = (text: string) => void said.push(text);
  const world = createVirtualWorld({ seed: 1, epochMs: 0, fetch, onRealIo: () => {}, onOutput });
  const bytes = Buffer.from('..bytes..');
  const written = await world.run(async () => {
    const now = [
      fs.writeSync(1, 'h\u00e9'),
      fs.writeSync(2, bytes, 2, 5),
      fs.writeSync(1, new DataView(bytes.buffer, bytes.byteOffset + 2, 5)),
    ];
    fs.writeFileSync(1, 'whole');
    fs.writeFileSync(1, '2e', { encoding: 'hex' });
    fs.writevSync(1, [bytes.subarray(0, 2), bytes.subarray(7)]);
    expect(() => fs.writeSync(1, bytes, 100)).toThrow(/out of range/);
    const later = await new Promise((done) => fs.write(1, '6869', 0, 'hex', (_, size) => done(size)));
    return [...now, later];
  });
  expect(written).toEqual([3, 5, 5, 2]);
  expect(said).toEqual(['h\u00e9', 'bytes', 'bytes', 'whole', '.', '....', 'hi']);
});
