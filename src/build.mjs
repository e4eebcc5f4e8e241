// Makes dist: the code, and the declarations; and the flawed targets.
// Run by `npm ci` through `prepare`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import '../fixtures/targets/flaw.mjs';
import { apiModule, builds } from './bundle.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const made = await Promise.all(builds(dist).map((options) => build(options)));
const api = createRequire(import.meta.url)(join(dist, 'drill.cjs')).api();
writeFileSync(join(dist, 'index.js'), apiModule(api));

// The page of a run: what a browser gets, in one file each.
const page = await build({
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome110', 'firefox115', 'safari16.4'],
  entryPoints: ['main.ts', 'page.css'].map((file) => join(root, 'src/page', file)),
  outdir: join(root, 'dist/page'),
  metafile: true,
  logLevel: 'warning',
});

/** The licences of the packages whose code is in dist. */
const packages = new Set(
  [...made, page]
    .flatMap(({ metafile: { outputs } }) => Object.values(outputs))
    .flatMap(({ inputs }) => Object.keys(inputs))
    .flatMap((file) => resolve(file).match(/^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/) ?? []),
);
const notices = [...packages].sort().map((folder) => {
  const { name, version, license, author, repository } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? `${author}, ${repository}\n` : readFileSync(join(folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text}`;
});
writeFileSync(join(root, 'dist/third-party-notices.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));

const types = ['-p', join(root, 'src/tsconfig.build.json'), '--outDir', join(root, 'dist/types')];
const { status } = spawnSync(join(root, 'node_modules/.bin/tsc'), types, {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});

// npm links a package's command for its users but not for itself; with the link `npx drill` works in a checkout too.
const link = join(root, 'node_modules/.bin/drill');
if (!existsSync(link) && process.platform !== 'win32') symlinkSync('../../bin/drill.js', link);
process.exit(status ?? 1);
