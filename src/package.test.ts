import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';

const root = join(import.meta.dirname, '..');
const examplesIn = (page: string): string[] =>
  [...readFileSync(join(root, 'docs', page), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

it('what the pages import has types, in a strict project that checks those of its packages as well', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'drill-types-'));
  const modules = join(cwd, 'node_modules');
  mkdirSync(modules);
  symlinkSync(root, join(modules, 'failover-drill'));
  symlinkSync(join(root, 'node_modules/@types'), join(modules, '@types'));
  const pages = ['plugins.md', 'from-code.md'].flatMap((page) =>
    examplesIn(page).map((code, i) => [`${page}-${i}.ts`, code]),
  );
  expect(pages).toHaveLength(4);
  const files: Record<string, string> = {
    'package.json': '{ "type": "module" }',
    ...Object.fromEntries(pages),
    'runtime.ts': "import type { ModelAdapter } from 'failover-drill/runtime';\nexport type Mine = ModelAdapter;\n",
    'wrong.ts': "import { drills } from 'failover-drill/vitest';\ndrills({ drills: 'timeout_primary' });\n",
    'mistyped.ts':
      "import { runDrills } from 'failover-drill';\nconst { drills } = await runDrills({ seed: '1' });\nexport const n: string = drills[0]?.findings[0]?.count ?? '';\n",
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
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^mistyped\.ts\(2,38\): error TS2322: /),
      expect.stringMatching(/^mistyped\.ts\(3,14\): error TS2322: /),
      expect.stringMatching(/^wrong\.ts\(2,10\): error TS2322: /),
    ]);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
