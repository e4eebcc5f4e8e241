import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';

const root = join(import.meta.dirname, '../..');
const dist = join(root, 'dist');

/** What stands in the built code of a feature and nowhere else, by the feature. */
const FEATURES = {
  '--reporter sarif': '"results.sarif"',
  'the log of GitHub': 'function openGithub(',
  'the summary of a step': '## Failover drills',
  '--baseline': 'function readBaseline(',
  'known failures': 'function verdictBehind(',
  '--shard': 'function readShard(',
  '--seeds': 'function searchSeeds(',
  '--repeat': 'function repeatRuns(',
  '--check-determinism': 'function findDifference(',
  'a process of its own for a target': 'function startPlayer(',
};

/** Tells of each module on stderr, before anything of ours is loaded. */
const HOOK = `
import { writeSync } from 'node:fs';
export const load = (url, context, next) => (writeSync(2, url + '\\n'), next(url, context));`;

test('a plain run loads nothing of what it was not asked for', () => {
  using scratch = new Scratch();
  const hook = scratch.write('hook.mjs', HOOK);
  const register = scratch.write(
    'register.mjs',
    `import { register } from 'node:module';\nregister(${JSON.stringify(pathToFileURL(hook).href)});`,
  );
  const words = ['run', 'timeout_primary', '--no-ci', '--out', join(scratch.dir, 'reports')];
  const args = ['--import', pathToFileURL(register).href, join(root, 'bin/drill.js'), ...words];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(status).toBe(0);
  const urls = stderr.split('\n').filter((url) => url.includes('/dist/'));
  expect(urls).toContain(pathToFileURL(join(dist, 'cli/main.js')).href);
  const loaded = urls.map((url) => readFileSync(fileURLToPath(url), 'utf8'));
  const built = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const all = built.map((name) => readFileSync(join(dist, name), 'utf8'));
  const withIts = (code: string) => (text: string) => text.includes(code);
  const features = Object.entries(FEATURES);
  expect(features.filter(([, code]) => !all.some(withIts(code)))).toEqual([]);
  expect(features.filter(([, code]) => loaded.some(withIts(code)))).toEqual([]);
});
