import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FILLED, HELD, WRITTEN } from '../world/watchdog.ts';
import { linesTo } from './outbox.ts';

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'drill-outbox-'));
  const path = join(folder, 'lines');
  const file = openSync(path, 'a');
  onTestFinished(() => {
    closeSync(file);
    rmSync(folder, { recursive: true });
  });
  return { box: linesTo(file), file, said: () => readFileSync(path, 'utf8') };
}

test('lines come in order, short and long, of any script, and wait until then', () => {
  const { box, said } = open();
  box.add('first');
  expect(said()).toBe('');
  const lines = [
    'é',
    '例え',
    '𝛼'.repeat(10),
    'x'.repeat(200_000),
    ...Array.from({ length: 5000 }, (_, i) => `line ${i}`),
  ];
  for (const line of lines) box.add(line);
  box.flush();
  expect(said()).toBe(['first', ...lines, ''].join('\n'));
});

test('what another thread wrote of it is not written again', () => {
  const { box, said, file } = open();
  box.add('one');
  box.add('two');
  // As it does, while it holds them.
  expect(Atomics.compareExchange(box.shared.state, HELD, 0, 1)).toBe(0);
  Atomics.store(box.shared.state, WRITTEN, writeSync(file, box.shared.bytes, 0, 6));
  Atomics.store(box.shared.state, HELD, 0);
  box.flush();
  expect(said()).toBe('one\ntwo\n');
  expect([Atomics.load(box.shared.state, FILLED), Atomics.load(box.shared.state, WRITTEN)]).toEqual([0, 0]);
});

test('of what cannot be written the lines that the file has not whole are given back', () => {
  const nowhere = openSync('/dev/null', 'r');
  onTestFinished(() => closeSync(nowhere));
  const box = linesTo(nowhere);
  for (const line of ['one', 'two', 'three']) box.add(line);
  expect(() => box.flush()).toThrow();
  Atomics.store(box.shared.state, WRITTEN, 6);
  expect(box.rest()).toBe('two\nthree\n');
  expect(box.rest()).toBe('');
});
