import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { OWN_AGENT } from './project.fixture.ts';

const root = join(import.meta.dirname, '..');

it('makes a test of each drill, which fails with what the command would print', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'drill-vitest-'));
  const modules = join(cwd, 'node_modules');
  // As it is installed, and not linked: what lies outside of node_modules vitest would transform.
  for (const part of ['package.json', 'bin', 'dist', 'drills', 'fixtures/golden', 'fixtures/sources'])
    cpSync(join(root, part), join(modules, 'failover-drill', part), { recursive: true });
  for (const name of ['vitest', 'zod', 'jiti']) symlinkSync(join(root, 'node_modules', name), join(modules, name));
  const [, example = ''] =
    /```js\n(\/\/ chaos\.test[\s\S]*?)```/.exec(readFileSync(join(root, 'docs/from-code.md'), 'utf8')) ?? [];
  const files = {
    'package.json': '{ "type": "module" }',
    'agent.mjs': OWN_AGENT.replace('timeout(5000)', 'timeout(50_000)'),
    'my-tasks/hours.json': '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }',
    'chaos.test.js': example,
    'reference.test.js':
      "import { drills } from 'failover-drill/vitest';\ndrills({ drills: ['timeout_pri*'], task: ['late_*'] });\n",
  };
  mkdirSync(join(cwd, 'my-tasks'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  try {
    const { stdout, stderr } = spawnSync(process.execPath, [vitest, 'run', '--reporter=verbose', '--root', cwd], {
      cwd,
      env: { PATH: process.env['PATH'], NO_COLOR: '1' },
      encoding: 'utf8',
      ...{ timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' as const },
    });
    expect(stdout).toContain('✓ reference.test.js > timeout_primary');
    expect(stdout).toContain('1 failed | 1 passed (2)');
    expect(stderr).toMatch(
      /FAIL {2}chaos\.test\.js > timeout_primary\nDrillNotPassed: timeout_primary {2}The primary provider never answers\n/,
    );
    expect(stderr).toMatch(/✗ fails-over {2}critical[^\n]*\n.* backup reached after 50\.0 s, 40\.0 s allowed/);
    expect(stderr).toContain('fix: Set `timeout` on the client of primary');
    expect(stderr).toContain('reproduce: drill run timeout_primary --target ./agent.mjs --tasks ./my-tasks --seed 1');
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
