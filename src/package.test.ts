import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { OWN_AGENT } from './project.fixture.ts';

const root = join(import.meta.dirname, '..');
const home = mkdtempSync(join(tmpdir(), 'drill-package-'));
const modules = join(home, 'node_modules');

// As it is packed, and not linked. `src/packed.sh` names what npm has installed in its place, and runs this on other Nodes.
beforeAll(() => {
  const installed = process.env['DRILL_INSTALLED'];
  if (installed !== undefined) return symlinkSync(installed, modules);
  mkdirSync(modules);
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', home], {
    cwd: root,
    encoding: 'utf8',
  });
  execFileSync('tar', ['-xzf', packed.trim()], { cwd: home });
  renameSync(join(home, 'package'), join(modules, 'failover-drill'));
  for (const name of ['zod', 'jiti', 'vitest', 'typescript', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function projectWith(name: string, files: Record<string, string>): string {
  const cwd = join(home, name);
  for (const [file, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), text);
  }
  return cwd;
}

function run(cwd: string, program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(modules, program), ...words], {
    cwd,
    env: { PATH: process.env['PATH'], NO_COLOR: '1' },
    encoding: 'utf8',
    ...{ timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' as const },
  });
  return { status, stdout, stderr };
}

const blocksIn = (page: string, language: string): string[] =>
  [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(
    ([, name, code = '']) => (name === language ? [code] : []),
  );
const [HOUSE = '', KIOSK = ''] = blocksIn('plugins.md', 'js');
const [FROM_CODE = '', A_TEST = ''] = blocksIn('from-code.md', 'js');
const TASK = '{ "name": "hours", "input": "When are you open on Sunday?", "must_include": ["10 am"] }';

it('what the pages import has types, in a strict project that checks those of its packages as well', () => {
  const cwd = projectWith('types', {
    ...{ 'house.ts': HOUSE, 'kiosk.ts': KIOSK, 'chaos.ts': FROM_CODE, 'chaos.test.ts': A_TEST },
    'runtime.ts': "import type { ModelAdapter } from 'failover-drill/runtime';\nexport type Mine = ModelAdapter;\n",
    'wrong.ts': "import { drills } from 'failover-drill/vitest';\ndrills({ drills: 'timeout_primary' });\n",
    'mistyped.ts':
      "import { runDrills } from 'failover-drill';\nconst { drills } = await runDrills({ seed: '1' });\nexport const n: string = drills[0]?.findings[0]?.count ?? '';\n",
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "noEmit": true, "target": "es2023", "module": "nodenext", "types": ["node"] } }',
  });
  const { stdout } = run(cwd, 'typescript/bin/tsc', '-p', cwd, '--pretty', 'false');
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^mistyped\.ts\(2,38\): error TS2322: /),
    expect.stringMatching(/^mistyped\.ts\(3,14\): error TS2322: /),
    expect.stringMatching(/^wrong\.ts\(2,10\): error TS2322: /),
  ]);
});

/** On the adapters of `/runtime`, whatever protocol a role speaks that the package knows. */
const ON_RUNTIME = `
import { createAdapter, protocols } from 'failover-drill/runtime';
export default async (task, { roles, transport, clock }) => {
  for (const role of [roles.primary, roles.backup]) {
    const endpoint = { provider: 'mine', ...role };
    const capabilities = { tools: false, jsonSchema: false, maxContextTokens: 100_000 };
    const protocol = protocols.find(({ name }) => name === role.protocol);
    const adapter = createAdapter({ protocol, transport, clock, endpoint, capabilities });
    const messages = [{ role: 'user', content: task.input + JSON.stringify(task.sources) }];
    const asked = { taskId: task.id, tenantId: task.tenant, messages, maxOutputTokens: 500, temperature: 0, timeoutMs: 5000 };
    const { status, text } = await adapter.call(asked);
    if (status === 'ok') return text;
  }
  return { kind: 'failed', notice: 'I cannot answer right now. Please try again in a few minutes.' };
};
`;

/** A fault that is the first to ask Node for what belongs to its fetch. */
const PAGE = `
import { defineMeaningFault } from 'failover-drill';
export const page = defineMeaningFault({
  name: 'error-page',
  summary: 'The gateway answers with a page.',
  effect: 'fails',
  open: () => (_call, _next, around) => {
    around.fired(\`a page, \${new Response('').status}\`);
    return around.clock.never(around.signal);
  },
});
`;

it('the command, its plugins and an agent on /runtime work as they are packed', () => {
  const cwd = projectWith('command', {
    'drill.config.yaml': 'plugins: [./plugins/house.mjs, ./plugins/kiosk.mjs, ./plugins/page.mjs]\n',
    'plugins/page.mjs': PAGE,
    ...{ 'plugins/house.mjs': HOUSE, 'plugins/kiosk.mjs': KIOSK, 'agent.mjs': ON_RUNTIME, 'my-tasks/hours.json': TASK },
  });
  const drill = (...words: string[]) => run(cwd, 'failover-drill/bin/drill.js', ...words);
  const { status, stdout, stderr } = drill('run', 'timeout_primary', '--target', 'agent.mjs', '--tasks', 'my-tasks');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/✓ hours {2}primary timeout → backup {2,}\d\.\d s/);
  const fault = drill(
    'run',
    'timeout_primary',
    '--target',
    'agent.mjs',
    '--tasks',
    'my-tasks',
    '--fault',
    'house-outage@primary',
  );
  expect(fault).toMatchObject({ status: 0, stdout: expect.stringContaining('outage: house-outage on primary') });
  const asked = ['timeout_primary', '--fault', 'error-page@primary', '--task', 'damaged_lamp_no_photos'];
  expect(drill('run', ...asked, '--check-determinism').stderr).toContain('gave the same bytes');
  const listed = drill('list').stdout;
  for (const name of ['house-outage', 'says-sunday', 'house-lines', 'kiosk', 'reference', 'order-agent', 'user_leaves'])
    expect(listed).toContain(name);
});

it('what V8 has compiled, and what was read, is taken for this very code only, and only where it is whole', () => {
  const cwd = projectWith('compiled', {});
  const [own, kept] = [join(cwd, 'failover-drill'), join(cwd, 'node_modules/.cache/failover-drill')];
  cpSync(join(modules, 'failover-drill'), join(cwd, 'node_modules/failover-drill'), { recursive: true });
  symlinkSync(join(cwd, 'node_modules/failover-drill'), own);
  const drill = (...words: string[]) => {
    const command = [join(own, 'bin/drill.js'), ...words];
    return spawnSync(process.execPath, command, { cwd, encoding: 'utf8', timeout: HANG_GUARD_MS });
  };
  // Some installers give every file one date; and the code of a later version may be as long.
  const write = (code: string) => {
    writeFileSync(join(own, 'dist/drill.cjs'), code, 'latin1');
    utimesSync(join(own, 'dist/drill.cjs'), 0, 0);
  };
  const code = readFileSync(join(own, 'dist/drill.cjs'), 'latin1');
  write(code);
  expect(drill('run', 'timeout_primary').stdout).toContain('  notices: ');
  write(code.replace('`notices: ', '`NOTICES: '));
  expect(drill('run', 'timeout_primary').stdout).toContain('  NOTICES: ');
  const [name = '', ...more] = readdirSync(join(kept, 'code'));
  expect(more).toEqual([]);
  const damage = (path: string) => {
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0, bytes.length >> 2, bytes.length >> 1));
  };
  // The same holds of what was read of a drill and of its workflow, by one code and by the other.
  const read = readdirSync(join(kept, 'read'));
  expect(read).toHaveLength(2);
  damage(join(kept, 'code', name));
  expect(drill('list')).toMatchObject({ status: 0, stderr: '' });
  const before = read.map((entry) => readFileSync(join(kept, 'read', entry)));
  for (const entry of read) damage(join(kept, 'read', entry));
  expect(drill('run', 'timeout_primary')).toMatchObject({ status: 0, stderr: '' });
  expect(read.map((entry) => readFileSync(join(kept, 'read', entry)))).toEqual(before);
});

it('what a long run has compiled, with a larger heap than a short one has, the short one takes all the same', () => {
  const cwd = projectWith('long', {});
  cpSync(join(modules, 'failover-drill'), join(cwd, 'node_modules/failover-drill'), { recursive: true });
  const codeAfter = (...words: string[]) => {
    const command = ['node_modules/failover-drill/bin/drill.js', 'run', 'timeout_primary', ...words];
    expect(spawnSync(process.execPath, command, { cwd, timeout: HANG_GUARD_MS }).status).toBe(0);
    const folder = join(cwd, 'node_modules/.cache/failover-drill/code');
    // What is refused is written again, into a file of its own.
    return readdirSync(folder).map((name) => statSync(join(folder, name)).ino);
  };
  const long = codeAfter('--seeds', '1..8', '-j', '1');
  expect(long).toHaveLength(1);
  expect(codeAfter()).toEqual(long);
});

it('what was compiled in another place is not taken: there our own frames would pass for a target’s', () => {
  const here = projectWith('here', {
    'waits.mjs': "export default () => new Promise((go) => process.stdin.once('data', go));\n",
  });
  cpSync(join(modules, 'failover-drill'), join(here, 'node_modules/failover-drill'), { recursive: true });
  const saysIn = (cwd: string) => {
    const command = ['node_modules/failover-drill/bin/drill.js', 'run', 'timeout_primary', '--target', 'waits.mjs'];
    return spawnSync(process.execPath, command, { cwd, encoding: 'utf8', timeout: HANG_GUARD_MS }).stdout;
  };
  const moved = join(home, 'moved');
  expect(saysIn(here)).toContain('waits.mjs left the virtual world');
  cpSync(here, moved, { recursive: true });
  expect(saysIn(moved)).toContain('waits.mjs left the virtual world');
});

it('a drill is a test of vitest, which fails with what the command would print', () => {
  const cwd = projectWith('vitest', {
    'agent.mjs': OWN_AGENT.replace('timeout(5000)', 'timeout(50_000)'),
    'my-tasks/hours.json': TASK,
    'chaos.test.js': A_TEST,
    'reference.test.js':
      "import { drills } from 'failover-drill/vitest';\ndrills({ drills: ['timeout_pri*'], task: ['late_*'] });\n",
  });
  const vitest = (...words: string[]) => run(cwd, 'vitest/vitest.mjs', 'run', '--root', cwd, ...words);
  // There every file has globals of its own, and what Node throws is none of its errors.
  expect(vitest('reference', '--reporter=verbose', '--pool=vmForks').stdout).toContain(
    '✓ reference.test.js > timeout_primary',
  );
  const { stdout, stderr } = vitest('chaos');
  expect(stdout).toContain('1 failed (1)');
  expect(stderr).toMatch(
    /FAIL {2}chaos\.test\.js > timeout_primary\nDrillNotPassed: timeout_primary {2}The primary provider never answers\n/,
  );
  expect(stderr).toMatch(/✗ fails-over {2}critical[^\n]*\n.* backup reached after 50\.0 s, 40\.0 s allowed/);
  expect(stderr).toContain('fix: Set `timeout` on the client of primary');
  expect(stderr).toContain('reproduce: drill run timeout_primary --target ./agent.mjs --tasks ./my-tasks --seed 1');
});
