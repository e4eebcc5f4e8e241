import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Scratch } from '../config/scratch.fixture.ts';

const root = join(import.meta.dirname, '../..');

/** The module that a feature has and nothing else uses, by the feature. */
const FEATURES = {
  '--reporter sarif': 'src/reporters/sarif.ts',
  '--reporter csv': 'src/reporters/csv.ts',
  '--reporter otlp': 'src/reporters/otlp.ts',
  '--reporter pull-request': 'src/reporters/pull-request.ts',
  'drill diff': 'src/judge/compare.ts',
  'the log of GitHub': 'src/reporters/github.ts',
  'the summary of a step': 'src/reporters/step-summary.ts',
  '--baseline': 'src/judge/read-baseline.ts',
  'known failures': 'src/judge/gate.ts',
  '--shard': 'src/judge/shard.ts',
  '--seeds': 'src/seeds.ts',
  '--repeat': 'src/repeat.ts',
  '--check-determinism': 'src/run/check-determinism.ts',
  'drill proxy': 'src/proxy.ts',
  'drill gameday': 'src/cli/commands/gameday.ts',
  'drill selftest': 'src/selftest.ts',
  'a process of its own for a target': 'src/player/process.ts',
  'a command or a service as a target': 'src/targets/processes/start.ts',
  'the stand on sockets': 'src/stand/sockets/index.ts',
  'tools by MCP': 'src/stand/sockets/mcp.ts',
};

const built = readFileSync(join(root, 'dist/drill.cjs'), 'utf8');
/** The package, but each of its modules says its name on stderr when it is evaluated. */
const instrumented = new Scratch();
afterAll(() => instrumented[Symbol.dispose]());
for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(instrumented.dir, name), { recursive: true });
for (const name of ['drills', 'fixtures', 'node_modules']) symlinkSync(join(root, name), join(instrumented.dir, name));
for (const name of ['dist/import.cjs', 'dist/packages'])
  cpSync(join(root, name), join(instrumented.dir, name), { recursive: true });
instrumented.write(
  'dist/drill.cjs',
  built.replaceAll(/"(src\/[^"]+)"\(\)\{/g, '$&require("node:fs").writeSync(2,"$1\\n");'),
);

/** How a command ends, and which of our modules it evaluates. */
function evaluatedBy(cwd: string, ...words: string[]) {
  using scratch = new Scratch();
  const args = [
    join(instrumented.dir, 'bin/drill.js'),
    'run',
    ...words,
    '--no-ci',
    '--out',
    join(scratch.dir, 'reports'),
  ];
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd, env });
  const modules = stderr.split('\n').filter((name) => name.startsWith('src/'));
  expect(modules).toContain('src/cli/main.ts');
  return { status, modules };
}

test('a plain run evaluates nothing of what it was not asked for', () => {
  const { status, modules } = evaluatedBy(root, 'timeout_primary');
  expect(status).toBe(0);
  const features = Object.entries(FEATURES);
  expect(features.filter(([, file]) => !built.includes(`"${file}"(){`))).toEqual([]);
  expect(features.filter(([, file]) => modules.includes(file))).toEqual([]);
});

test('a run on sockets evaluates no MCP before somebody speaks it', () => {
  using scratch = new Scratch();
  scratch.write('my-tasks/opening.json', '{ "name": "opening", "input": "When do you open?" }');
  scratch.write('drills/quiet.yaml', QUIET);
  const { modules } = evaluatedBy(scratch.dir, 'quiet', '--target', 'echo at ten', '--tasks', 'my-tasks');
  expect(modules).toContain(FEATURES['the stand on sockets']);
  expect(modules).not.toContain(FEATURES['tools by MCP']);
});

const QUIET = `
drill: quiet
title: Nothing is asked of anybody
hypothesis: It ends.
workflow: any
phases: [{ name: on, tasks: 1, faults: [{ fault: hang, role: primary }] }]
expect: { ends-inside-deadline: {} }
`;
