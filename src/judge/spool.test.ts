import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSpool } from './spool.ts';

const disk = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }));
vi.mock('node:fs', async (load) => {
  const fs = await load<typeof import('node:fs')>();
  const writeSync = (fd: number, bytes: Buffer, from: number, length: number, at: number) => {
    if (disk.left <= 0) throw new Error('ENOSPC: no space left on device');
    const written = fs.writeSync(fd, bytes, from, Math.min(length, disk.left), at);
    disk.left -= written;
    return written;
  };
  return { ...fs, writeSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Characters of one to four bytes, so that some stand across the border of two chunks. */
const line = 'a – ü 😀 "quoted"\n';

it('a short text never reaches the disk', () => {
  const spool = createSpool(join(folder, 'short'));
  spool.write(line);
  expect([...spool.pieces()].join('')).toBe(line);
  expect(readdirSync(folder)).toEqual([]);
});

it('a long text goes to a file that has no name, comes back as it was, and leaves nothing behind', () => {
  const path = join(folder, 'long');
  const spool = createSpool(path);
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${line}`);
  for (const text of lines) spool.write(text);
  expect(readdirSync(folder)).toEqual([]);
  const pieces = [...spool.pieces()];
  expect(pieces.join('')).toBe(lines.join(''));
  expect(pieces.length).toBeGreaterThan(10);
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(300_000);
  expect([...spool.lines()].join('\n')).toBe(lines.join('').trimEnd());
  spool.close();
  expect(readdirSync(folder)).toEqual([]);
});

it('where the file cannot be written nothing is lost', () => {
  const spool = createSpool(join(folder, 'nowhere', 'long'));
  const text = line.repeat(60_000);
  spool.write(text);
  spool.write('end');
  expect([...spool.pieces()].join('')).toBe(`${text}end`);
  spool.close();
});

it('where the disk runs full in the midst of a piece each line is there once', () => {
  disk.left = 300_000;
  const spool = createSpool(join(folder, 'long'));
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${line}`);
  for (const text of lines) spool.write(text);
  disk.left = Number.POSITIVE_INFINITY;
  expect([...spool.lines()].join('\n')).toBe(lines.join('').trimEnd());
  expect([...spool.pieces()].join('')).toBe(lines.join(''));
  spool.close();
});

it('gives back lines that are longer than what is read at once', () => {
  const spool = createSpool(join(folder, 'long'));
  const lines = [1, 300_000, 2, 0, 70_000, 65_536, 3].map((length) => 'ü'.repeat(length));
  for (const text of lines) spool.write(`${text}\n`);
  expect([...spool.lines()]).toEqual(lines);
  spool.close();
});
