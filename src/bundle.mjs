import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const src = (/** @type {string} */ name) => join(root, 'src', name);

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
const quietInk = {
  name: 'quiet-ink',
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

/** A schema is made when it is first used (`src/core/late-zod.ts`). */
const lateZod = {
  name: 'late-zod',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onResolve }) =>
    onResolve({ filter: /^zod$/ }, ({ importer }) =>
      importer.startsWith(src('')) ? { path: src('core/late-zod.ts') } : undefined,
    ),
};

/** Commander would load what starts programs, for commands that are programs of their own: we have none. */
const noPrograms = {
  name: 'no-programs',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer, path }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'no-programs' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'no-programs' }, () => ({ contents: '' }));
  },
};

/** Of jiti its compiler stays where it is: it is twenty times as big, and needed where a file was never compiled before. */
const compilerApart = {
  name: 'compiler-apart',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onLoad }) =>
    onLoad({ filter: /jiti[\\/]lib[\\/]jiti\.mjs$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        'createRequire(import.meta.url)',
        "createRequire(createRequire(import.meta.url).resolve('jiti'))",
      ),
    })),
};

/** The screen has a file of its own: what draws it can be a module only, and is loaded for a terminal alone. */
const screenApart = {
  name: 'screen-apart',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/view\.ts$/ }, () => ({ path: './screen.js', external: true })),
};

/** Packages that most runs never need. Each has a file beside the one file: of that, every process reads all. */
const PACKAGES_APART = { execa: 'execa', mcp: '@modelcontextprotocol/server' };

const packagesApart = {
  name: 'packages-apart',
  /** @param {import('esbuild').PluginBuild} build */
  setup({ onResolve }) {
    for (const [out, name] of Object.entries(PACKAGES_APART))
      onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: `./packages/${out}.cjs`, external: true }));
  },
};

/**
 * What `bin/load.js` asks of the one file. Read byte for byte it is read fastest: esbuild escapes signs in strings, and leaves
 * them in patterns. And code that was not loaded by Node has no `import()` of its own without a warning.
 */
const forLoad = {
  name: 'for-load',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ initialOptions: { outfile = '' }, onEnd }) =>
    onEnd(() => {
      const escaped = (/** @type {string} */ sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
      const text = readFileSync(outfile, 'utf8').replace(/[^\0-\x7f]/g, escaped);
      writeFileSync(outfile, text.replace(/(?<=await |=>)import\((?=["(]|\w+\))/g, 'importModule('));
      writeFileSync(join(outfile, '../import.cjs'), 'module.exports = (specifier) => import(specifier);\n');
    }),
};

/** A module that hands on what a part of the one file exports. */
const handingOn = (/** @type {string} */ part, /** @type {readonly string[]} */ names) => `
import { createRequire } from 'node:module';
const part = createRequire(import.meta.url)('./drill.cjs').${part}();
${names.map((name) => `export const ${name} = part.${name};`).join('\n')}`;

/** Where tests are registered with vitest, all but that is in the one file. */
const testsApart = {
  name: 'tests-apart',
  /** @param {import('esbuild').PluginBuild} build */
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]drill-tests\.ts$/ }, () => ({ contents: handingOn('drillTests', ['registerDrills']) })),
};

/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
  // The packages are taken in: to find and read their hundreds of files takes longer than a drill.
  bundle: true,
  absWorkingDir: root,
  // Names stay: they are read in the messages of errors.
  minifyWhitespace: true,
  minifySyntax: true,
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  // That of whoever runs tests.
  external: ['vitest'],
  mainFields: ['module', 'main'],
  // For Node the package has CommonJS only, of which nothing can be left out.
  alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
  // React has another build for its developers, which is several times slower.
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [english, quietInk, noPrograms, lateZod, compilerApart],
  metafile: /** @type {const} */ (true),
  logLevel: /** @type {const} */ ('warning'),
};

/** For a module of the package by itself. */
export const moduleOptions = {
  ...shared,
  format: /** @type {const} */ ('esm'),
  // For packages that are CommonJS.
  banner: {
    js: 'import{createRequire as requireFrom}from"node:module";const require=(id)=>requireFrom(import.meta.url)(id);',
  },
};

/**
 * What our code calls by these names stays what it was when it was loaded, whatever a target makes of the names. Left out are
 * those that a world routes, and those that Node loads on first use.
 */
const OWN_GLOBALS = `
  Object Function Array Map Set WeakMap WeakSet WeakRef JSON Math Reflect Proxy Promise Symbol String Number Boolean BigInt RegExp
  Error TypeError RangeError SyntaxError AggregateError ArrayBuffer SharedArrayBuffer DataView Uint8Array Int32Array Uint32Array
  Float64Array Atomics Intl TextEncoder TextDecoder URL URLSearchParams Event EventTarget AbortController AbortSignal Buffer
  structuredClone process parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent`
  .trim()
  .split(/\s+/);

const commonJs = {
  ...shared,
  format: /** @type {const} */ ('cjs'),
  define: { ...shared.define, 'import.meta.url': 'moduleUrl' },
};

/** How each file that is CommonJS begins: what `import.meta.url` becomes, and the globals that no target can change. */
const HEAD = `const moduleUrl=require("node:url").pathToFileURL(__filename).href;var{${OWN_GLOBALS}}=globalThis;`;

/** The command and its players: one file, so that V8 can keep what it compiled of it (`bin/load.js`). */
const oneFile = {
  ...commonJs,
  // A script gives the function that a module calls at once: to put one around megabytes would copy them.
  banner: {
    js: `(whole=>typeof module==="undefined"?whole:whole(exports,require,module,__filename))(function(exports,require,module,__filename){const importModule=require("./import.cjs");${HEAD}`,
  },
  footer: { js: '});' },
  plugins: [...shared.plugins, screenApart, packagesApart, forLoad],
};

/** What is a module by itself, and where it comes from: the runtime may be missing. */
const MODULES = [
  ['screen', 'reporters/live/view.ts'],
  ['runtime/index', 'runtime/index.ts'],
  ['vitest', 'vitest.ts'],
];

/**
 * How esbuild makes dist, or the same elsewhere.
 * @param {string} dist
 * @param {import('esbuild').Plugin[]} more
 */
export const builds = (dist, more = []) => [
  {
    ...oneFile,
    entryPoints: [src('whole.cjs')],
    outfile: join(dist, 'drill.cjs'),
    plugins: [...oneFile.plugins, ...more],
  },
  {
    ...commonJs,
    banner: { js: HEAD },
    entryPoints: PACKAGES_APART,
    outdir: join(dist, 'packages'),
    outExtension: { '.js': '.cjs' },
    plugins: [...commonJs.plugins, ...more],
  },
  {
    ...moduleOptions,
    entryPoints: Object.fromEntries(
      MODULES.map(([out, name]) => [out, src(name)]).filter(([, file]) => existsSync(file)),
    ),
    outdir: dist,
    plugins: [...moduleOptions.plugins, testsApart, ...more],
  },
];

/** What `import 'failover-drill'` gets. */
export const apiModule = (/** @type {object} */ api) => handingOn('api', Object.keys(api));
