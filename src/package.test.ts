import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';

const root = join(import.meta.dirname, '..');
const exampleIn = (page: string): string =>
  /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', page), 'utf8'))?.[1] ?? '';

it('what the pages import has types, in a strict project that checks those of its packages as well', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'drill-types-'));
  const modules = join(cwd, 'node_modules');
  mkdirSync(modules);
  symlinkSync(root, join(modules, 'failover-drill'));
  symlinkSync(join(root, 'node_modules/@types'), join(modules, '@types'));
  const files = {
    'package.json': '{ "type": "module" }',
    'house.ts': exampleIn('plugins.md'),
    'chaos.test.ts': exampleIn('from-code.md'),
    'runtime.ts': "import type { ModelAdapter } from 'failover-drill/runtime';\nexport type Mine = ModelAdapter;\n",
    'wrong.ts': "import { drills } from 'failover-drill/vitest';\ndrills({ drills: 'timeout_primary' });\n",
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "noEmit": true, "target": "es2023", "module": "nodenext", "types": ["node"] } }',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  try {
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', cwd, '--pretty', 'false'],
      {
        ...{ cwd, encoding: 'utf8' as const, timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' as const },
      },
    );
    expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^wrong\.ts\(2,10\): error TS2322: /)]);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
