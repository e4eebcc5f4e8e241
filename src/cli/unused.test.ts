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
  '--reporter csv': '"tasks.csv"',
  '--reporter otlp': '"traces.otlp.json"',
  '--reporter pull-request': '"summary.md"',
  'drill diff': 'function compareRuns(',
  'the log of GitHub': 'function openGithub(',
  'the summary of a step': '## Failover drills',
  '--baseline': 'function readBaseline(',
  'known failures': 'function verdictBehind(',
  '--shard': 'function readShard(',
  '--seeds': 'function searchSeeds(',
  '--repeat': 'function repeatRuns(',
  '--check-determinism': 'function findDifference(',
  'drill proxy': 'function openProxy(',
  'drill selftest': 'function selftest(',
  'a process of its own for a target': 'function startPlayer(',
  'the stand on sockets': 'function openSockets(',
  'tools by MCP': 'function answerMcp(',
};

/** Tells of each module on stderr, before anything of ours is loaded. */
const HOOK = `
import { writeSync } from 'node:fs';
export const load = (url, context, next) => (writeSync(2, url + '\\n'), next(url, context));`;

/** How a command ends, and which of our built files it loads. */
function loadedBy(cwd: string, ...words: string[]) {
  using scratch = new Scratch();
  const hook = scratch.write('hook.mjs', HOOK);
  const register = scratch.write(
    'register.mjs',
    `import { register } from 'node:module';\nregister(${JSON.stringify(pathToFileURL(hook).href)});`,
  );
  const out = ['--no-ci', '--out', join(scratch.dir, 'reports')];
  const args = ['--import', pathToFileURL(register).href, join(root, 'bin/drill.js'), 'run', ...words, ...out];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd });
  const urls = stderr.split('\n').filter((url) => url.includes('/dist/'));
  expect(urls).toContain(pathToFileURL(join(dist, 'cli/main.js')).href);
  return { status, texts: urls.map((url) => readFileSync(fileURLToPath(url), 'utf8')) };
}

const withIts = (code: string) => (text: string) => text.includes(code);

test('a plain run loads nothing of what it was not asked for', () => {
  const { status, texts } = loadedBy(root, 'timeout_primary');
  expect(status).toBe(0);
  const built = readdirSync(dist).filter((name) => name.endsWith('.js'));
  const all = built.map((name) => readFileSync(join(dist, name), 'utf8'));
  const features = Object.entries(FEATURES);
  expect(features.filter(([, code]) => !all.some(withIts(code)))).toEqual([]);
  expect(features.filter(([, code]) => texts.some(withIts(code)))).toEqual([]);
});

test('a run on sockets loads no MCP before somebody speaks it', () => {
  using scratch = new Scratch();
  scratch.write('my-tasks/opening.json', '{ "name": "opening", "input": "When do you open?" }');
  scratch.write('drills/quiet.yaml', QUIET);
  const { texts } = loadedBy(scratch.dir, 'quiet', '--target', 'echo at ten', '--tasks', 'my-tasks');
  expect(texts.some(withIts(FEATURES['the stand on sockets']))).toBe(true);
  expect(texts.some(withIts(FEATURES['tools by MCP']))).toBe(false);
});

const QUIET = `
drill: quiet
title: Nothing is asked of anybody
hypothesis: It ends.
workflow: any
phases: [{ name: on, tasks: 1, faults: [{ fault: hang, role: primary }] }]
expect: { ends-inside-deadline: {} }
`;
