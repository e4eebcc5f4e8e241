import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'compiled-world-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a user's own files do, with nothing between them and Node. */
const agent = `
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
export async function work() {
  const seen = [];
  await pause(100);
  const late = pause(12_000, 'false timeout');
  seen.push(await Promise.race([import('./lesson.mjs').then((m) => m.lesson), late]));
  seen.push(await Promise.race([readFile(new URL(import.meta.url)).then(() => 'read'), late]));
  seen.push(await fetch('https://anywhere').then((r) => r.text()), Date.now(), Math.random(), crypto.randomUUID());
  return seen;
}`;

const main = `
import { createVirtualWorld, installRoutes } from './world.mjs';
installRoutes();
const { work } = await import('./agent.mjs');
const io = [];
const fetch = async () => new Response('reply');
const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => io.push(e) });
console.log(JSON.stringify({ seen: await world.run(work), io: io.map(({ by, fatal }) => [by, fatal]) }));
`;

it('works bundled, under plain Node, the same each time', () => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: join(folder, 'world.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'agent.mjs'), agent);
  writeFileSync(join(folder, 'lesson.mjs'), "await null;\nexport const lesson = 'imported';");
  writeFileSync(join(folder, 'main.mjs'), main);
  const run = () => JSON.parse(execFileSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' }));
  const { seen, io } = run();
  expect(seen.slice(0, 4)).toEqual(['imported', 'read', 'reply', 100]);
  expect(io.every(([by, fatal]: [string, boolean]) => !fatal && !by.includes(folder))).toBe(true);
  expect(io.map(([by]: [string]) => by)).toContain('unknown');
  expect(run().seen).toEqual(seen);
});
