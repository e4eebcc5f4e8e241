import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Our messages are English: zod's other fifty languages are half of its size. */
const english = {
  name: 'english',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onLoad }) =>
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js"',
      resolveDir: join(root, 'node_modules/zod/v4/locales'),
    })),
};

/** What Ink would load for its own developers, decide by the environment, or do where the process ends: that is ours to do. */
const screen = {
  name: 'screen',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onLoad }) {
    const says = [
      [/ink[\\/]build[\\/]devtools\.js$/, ''],
      [/is-in-ci[\\/]index\.js$/, 'export default false'],
      [/(?:ink|restore-cursor)[\\/]node_modules[\\/]signal-exit[\\/]index\.js$/, 'export default () => () => {}'],
    ];
    for (const [filter, contents] of says) onLoad({ filter }, () => ({ contents }));
  },
};

/**
 * How esbuild makes code of the package that is run: the command's, and the players' which it starts.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const bundled = {
  // The packages are taken in: to find and read their hundreds of files takes longer than a drill.
  bundle: true,
  splitting: true,
  // Names stay: they are read in the messages of errors.
  minifyWhitespace: true,
  minifySyntax: true,
  format: /** @type {const} */ ('esm'),
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  // jiti loads its compiler when it is used; vitest is that of whoever runs tests.
  external: ['jiti', 'vitest'],
  mainFields: ['module', 'main'],
  // For Node the package has CommonJS only, of which nothing can be left out.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // For commander, which is CommonJS; every file has it, and few use it.
  banner: {
    js: 'import{createRequire as requireFrom}from"node:module";const require=(id)=>requireFrom(import.meta.url)(id);',
  },
  // React has another build for its developers, which is several times slower.
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [english, screen],
  outbase: join(root, 'src'),
};
