// Makes dist: the code split so that nothing unused is loaded, and the declarations. Run by `npm ci` through `prepare`.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const entries = ['cli/main.ts', 'index.ts', 'runtime/index.ts', 'world/routes.ts'];

rmSync(join(root, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: entries.map((entry) => join(root, 'src', entry)).filter(existsSync),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  outbase: join(root, 'src'),
  outdir: join(root, 'dist'),
  logLevel: 'warning',
});
const types = ['-p', join(root, 'src/tsconfig.build.json'), '--outDir', join(root, 'dist/types')];
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), types, {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});

// npm links a package's command for its users but not for itself; with the link `npx drill` works in a checkout too.
const link = join(root, 'node_modules/.bin/drill');
if (!existsSync(link) && process.platform !== 'win32') symlinkSync('../../bin/drill.js', link);
process.exit(status ?? 1);
