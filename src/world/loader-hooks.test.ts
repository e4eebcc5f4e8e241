import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'drill-hooks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES = {
  'lesson.mjs': "import './part.mjs';\nexport const lesson = 'plain';",
  'part.mjs': 'await null;',
  'hooks.mjs': `
export const resolve = (name, context, next) => name === 'gone' ? Promise.reject(new Error('no such thing')) : next(name, context);
export async function load(url, context, next) {
  await new Promise((go) => setTimeout(go, 20));
  const loaded = await next(url, context);
  return url.endsWith('lesson.mjs') ? { ...loaded, source: String(loaded.source).replace('plain', 'hooked') } : loaded;
}`,
  'main.mjs': `
import { register } from 'node:module';
import { createVirtualWorld, installRoutes } from './world.mjs';
installRoutes();
const io = [];
const open = () => createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: (e) => io.push(e) });
const seen = [];
for (let i = 0; i < 2; i++) {
  const world = open();
  seen.push(await world.run(async () => {
    if (i === 0) register('./hooks.mjs', import.meta.url);
    const late = new Promise((go) => setTimeout(go, 5000, 'late'));
    const { lesson } = await Promise.race([import('./lesson.mjs?' + i + '&lesson.mjs'), late]);
    const failed = await Promise.race([import('gone').catch((error) => error.message), late]);
    return [lesson, failed, await Promise.race([import('node:zlib').then(() => 'zlib'), late]), performance.now()];
  }));
}
console.log(JSON.stringify({ seen, fatal: io.filter((e) => e.fatal) }));
process.exit();`,
};

beforeAll(() => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: join(folder, 'world.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
});

it.each([1, 2, 3, 4, 5])('the clock waits for what the hooks of module.register load (%i)', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs'], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  const each = ['hooked', 'no such thing', 'zlib', 0];
  expect(JSON.parse(stdout)).toEqual({ seen: [each, each], fatal: [] });
});
