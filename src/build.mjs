// Makes dist: the code split so that nothing unused is loaded, and the declarations; and the flawed targets.
// Run by `npm ci` through `prepare`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import '../fixtures/targets/flaw.mjs';

const root = join(import.meta.dirname, '..');
const entries = ['cli/main.ts', 'index.ts', 'player/main.ts', 'runtime/index.ts', 'world/routes.ts'];

/** Our messages are English: zod's other fifty languages are half of its size. */
const english = {
  name: 'english',
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js"',
      resolveDir: join(root, 'node_modules/zod/v4/locales'),
    })),
};

rmSync(join(root, 'dist'), { recursive: true, force: true });
// The packages are taken in: to find and read their hundreds of files takes longer than a drill.
const { metafile } = await build({
  entryPoints: entries.map((entry) => join(root, 'src', entry)).filter(existsSync),
  bundle: true,
  splitting: true,
  // Names stay: they are read in the messages of errors.
  minifyWhitespace: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // It loads its compiler when it is used.
  external: ['jiti'],
  mainFields: ['module', 'main'],
  // For Node the package has CommonJS only, of which nothing can be left out.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // For commander, which is CommonJS; every file has it, and few use it.
  banner: {
    js: 'import{createRequire as requireFrom}from"node:module";const require=(id)=>requireFrom(import.meta.url)(id);',
  },
  plugins: [english],
  metafile: true,
  outbase: join(root, 'src'),
  outdir: join(root, 'dist'),
  logLevel: 'warning',
});

/** The licences of the packages whose code is in dist. */
const packages = new Set(
  Object.values(metafile.outputs)
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
