import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat } from '../core/plugin.ts';
import { createVirtualWorld, installRoutes } from '../world/index.ts';
import { module } from './module.ts';

installRoutes();

const EPOCH = 1_000_000;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A project with these files; its target is `agent`, opened and loaded as a run does it. */
async function project(agent: string, files: Record<string, string>) {
  const cwd = mkdtempSync(join(tmpdir(), 'drill-module-'));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
  const target = module.open({ module: agent, cwd });
  await target.load();
  return target;
}

const task: Task = {
  id: 't-1',
  workflow: 'w',
  tenant: 'a',
  priority: 'normal',
  input: '?',
  sources: [],
  deadline_ms: 1,
};

/** What the target answers in a world of its own, to two asks half a minute apart. */
function inFreshWorld(target: Awaited<ReturnType<typeof project>>): Promise<Outcome[]> {
  const world = createVirtualWorld({ seed: 1, epochMs: EPOCH, fetch, onRealIo: () => {} });
  return world.run(async () => {
    const loaded = await target.load();
    const { signal } = new AbortController();
    const habitat: Habitat = {
      roles: {},
      fetch,
      transport: () => Promise.reject(new Error('no wire')),
      tools: { schemas: [], call: () => Promise.reject(new Error('no tools')) },
      approve: async () => 'silence',
      clock: world.clock,
      random: world.random,
    };
    const running = await loaded.start(habitat, signal);
    const first = await running.ask(task, signal);
    await world.clock.sleep(30_000);
    return [first, await running.ask(task, signal)];
  });
}

/** Remembers, on every level, how often it was asked, and what its module saw of time when it was evaluated. */
const ESM = (imported: string) => `
import { bump } from './${imported}';
let asked = 0;
let fired = 0;
const born = Date.now();
setTimeout(() => { fired = Date.now(); }, 10_000);
export default async () => [++asked, bump(), born, fired].join(' ');
`;
const ESM_COUNTER = 'let count = 0;\nexport const bump = () => ++count;\n';
const CJS = ESM('')
  .replace("import { bump } from './';", "const { bump } = require('./counter.cjs');")
  .replace('export default', 'module.exports =');
const CJS_COUNTER = 'let count = 0;\nexports.bump = () => ++count;\n';

const MODULE = { 'package.json': '{ "type": "module" }' };
const COMMONJS = { 'package.json': '{ "type": "commonjs" }' };

test('a CommonJS file may set its exports to an object with a default', async () => {
  const agent = "module.exports = { default: async () => 'yes', declares: { features: [], chain: ['one'] } };";
  const target = await project('agent.cjs', { 'agent.cjs': agent });
  expect((await target.load()).declares).toEqual({ features: [], chain: ['one'] });
  expect(await inFreshWorld(target)).toEqual(['yes', 'yes']);
});

describe('every world has its own: what a module remembers, and when it was born', () => {
  test.each<[string, string, Record<string, string>]>([
    ['.ts', 'agent.ts', { 'agent.ts': ESM('counter.ts'), 'counter.ts': ESM_COUNTER }],
    ['.ts that imports .mjs', 'agent.ts', { 'agent.ts': ESM('counter.mjs'), 'counter.mjs': ESM_COUNTER }],
    ['.ts that imports .cjs', 'agent.ts', { 'agent.ts': ESM('counter.cjs'), 'counter.cjs': CJS_COUNTER }],
    ['.mts', 'agent.mts', { 'agent.mts': ESM('counter.mts'), 'counter.mts': ESM_COUNTER }],
    ['.mjs', 'agent.mjs', { 'agent.mjs': ESM('lib/counter.mjs'), 'lib/counter.mjs': ESM_COUNTER }],
    ['.js, type module', 'agent.js', { ...MODULE, 'agent.js': ESM('counter.js'), 'counter.js': ESM_COUNTER }],
    ['.js, type commonjs', 'agent.js', { ...COMMONJS, 'agent.js': CJS, 'counter.cjs': CJS_COUNTER }],
    ['.js of no type, with imports', 'agent.js', { 'agent.js': ESM('counter.js'), 'counter.js': ESM_COUNTER }],
    ['.cjs', 'agent.cjs', { 'agent.cjs': CJS, 'counter.cjs': CJS_COUNTER }],
    ['.cts', 'agent.cts', { 'agent.cts': ESM('counter.cts'), 'counter.cts': ESM_COUNTER }],
  ])('%s', async (_, agent, files) => {
    const target = await project(agent, files);
    for (const world of ['baseline', 'drill']) {
      expect(await inFreshWorld(target), world).toEqual([`1 1 ${EPOCH} 0`, `2 2 ${EPOCH} ${EPOCH + 10_000}`]);
    }
  });

  test('a JSON file, and what is imported later', async () => {
    const target = await project('agent.mjs', {
      'agent.mjs': `import list from './list.json' with { type: 'json' };
export default async () => { list.push(1); return list.length + ' ' + (await import('./late.mjs')).bump(); };`,
      'list.json': '[0]',
      'late.mjs': ESM_COUNTER,
    });
    for (let i = 0; i < 2; i++) expect(await inFreshWorld(target)).toEqual(['2 1', '3 2']);
  });

  test('a package in node_modules is shared, however it is reached', async () => {
    const target = await project('agent.mjs', {
      'agent.mjs': `import { bump } from 'esm-package';
import { createRequire } from 'node:module';
import old from 'cjs-package';
export default async () => [bump(), old.bump(), createRequire(import.meta.url)('cjs-package').bump()].join(' ');`,
      'node_modules/esm-package/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/esm-package/index.js': ESM_COUNTER,
      'node_modules/cjs-package/index.js': CJS_COUNTER,
    });
    expect(await inFreshWorld(target)).toEqual(['1 1 2', '2 3 4']);
    expect(await inFreshWorld(target)).toEqual(['3 5 6', '4 7 8']);
  });
});

describe('a module may do what Node lets it do', () => {
  /** What an agent answers that is made of these files. */
  async function answerOf(agent: string, files: Record<string, string>): Promise<unknown> {
    const target = await project(agent, files);
    return (await inFreshWorld(target))[0];
  }

  test.each(['mjs', 'mts', 'ts'])('.%s: top-level await, import.meta, its own export in a cycle', async (ext) => {
    const answer = await answerOf(`agent.${ext}`, {
      [`agent.${ext}`]: `import { twice } from './other.${ext}';
export const base = await new Promise((go) => setTimeout(() => go(4), 10));
const { pathname } = new URL('x', import.meta.url);
export default async () => [twice(), pathname.endsWith('/x'), import.meta.dirname === pathname.slice(0, -2), typeof import.meta, String(import.meta.main), 'an import.meta of words'].join(' ');`,
      [`other.${ext}`]: `import { base } from './agent.${ext}';\nexport const twice = () => 2 * base;`,
    });
    expect(answer).toBe('8 true true object undefined an import.meta of words');
  });

  test('two imports at once wait for the same module', async () => {
    const answer = await answerOf('agent.mjs', {
      'agent.mjs': `const [a, b] = await Promise.all([import('./a.mjs'), import('./b.mjs')]);
export default async () => a.seen + b.seen;`,
      'a.mjs': "import { value } from './slow.mjs';\nexport const seen = value;",
      'b.mjs': "import { value } from './slow.mjs';\nexport const seen = value;",
      'slow.mjs': "await null;\nexport const value = 'x';",
    });
    expect(answer).toBe('xx');
  });

  test('CommonJS: its sloppy ways, a default import of it, an import() in it, a cycle', async () => {
    const answer = await answerOf('agent.mjs', {
      'agent.mjs': `import all, { name } from './old.cjs';
export default async () => [all.name, name, await all.later(), all.loop].join(' ');`,
      'old.cjs': `#!/usr/bin/env node
exports.name = typeof this;
exports.later = async () => (await import('./new.mjs')).word;
exports.loop = require('./loop').seen;`,
      'loop.js': "exports.seen = Object.keys(require('./old.cjs')).length + 010;",
      'new.mjs': "export const word = 'new';",
    });
    expect(answer).toBe('object object new 10');
  });

  test.each<[string, string, string]>([
    ['a function that has properties', 'agent.cjs', 'module.exports = async () => 1; module.exports.roles = {};'],
    [
      'a module that was compiled',
      'agent.js',
      "Object.defineProperty(exports, '__esModule', { value: true }); exports.roles = {}; exports.default = async () => 1;",
    ],
    [
      'export = in TypeScript',
      'agent.cts',
      'const agent = async (): Promise<number> => 1;\nagent.roles = {};\nexport = agent;',
    ],
  ])('CommonJS: %s', async (_, file, text) => {
    const target = await project(file, { [file]: text });
    expect((await target.load()).roles).toEqual({});
    expect(await inFreshWorld(target)).toContain(1);
  });

  test('the paths of tsconfig.json, and elements in .tsx', async () => {
    const answer = await answerOf('agent.tsx', {
      'tsconfig.json': '{ "compilerOptions": { /* short names */ "paths": { "@lib/*": ["./lib/*"] } } }',
      'agent.tsx': `import { shout } from '@lib/shout';
export default async (): Promise<string> => shout(<p lang="en">hello</p>);`,
      'lib/shout.ts':
        'export const shout = ({ props }: { props: { lang: string; children: string } }) => props.children.toUpperCase() + props.lang;',
      'node_modules/react/package.json': '{ "name": "react", "exports": { "./jsx-runtime": "./jsx-runtime.js" } }',
      'node_modules/react/jsx-runtime.js': 'exports.jsx = (type, props) => ({ type, props });',
    });
    expect(answer).toBe('HELLOen');
  });

  test('a decorated method stays a method, also where nothing reads types', async () => {
    const answer = await answerOf('agent.ts', {
      'agent.ts': `const twice = (_of: object, _name: string, how: PropertyDescriptor) => {
  const { value } = how;
  how.value = function (this: unknown, n: number) { return 2 * value.call(this, n); };
};
class Sums { @twice next(n: number): number { return n + 1; } }
export default async () => new Sums().next(3);`,
    });
    expect(answer).toBe(8);
  });

  test('a package reached from CommonJS takes its require condition', async () => {
    const answer = await answerOf('agent.cjs', {
      'agent.cjs': "const { kind } = require('both');\nmodule.exports = async () => kind;",
      'node_modules/both/package.json': '{ "exports": { "import": "./i.mjs", "require": "./r.cjs" } }',
      'node_modules/both/i.mjs': "export const kind = 'import';",
      'node_modules/both/r.cjs': "exports.kind = 'require';",
    });
    expect(answer).toBe('require');
  });
});

describe('a file that cannot be loaded says where', () => {
  test.each<[string, string, object]>([
    ['agent.ts', 'const a = 1;\nconst b: number = ;\n', { file: 'agent.ts', line: 2, column: 19 }],
    ['agent.mjs', 'export default 1;\nlet x = ;\n', { file: 'agent.mjs', line: 2, column: 9 }],
    ['agent.cjs', 'let x = ;\n', { file: 'agent.cjs', line: 1, column: 9 }],
    ['agent.mjs', "export default 1;\n\nthrow new Error('at import');\n", { file: 'agent.mjs', line: 3, column: 7 }],
    ['agent.cjs', "throw new Error('at import');\n", { file: 'agent.cjs', line: 1, column: 7 }],
    ['agent.mjs', "import './nowhere.mjs';\n", { file: 'agent.mjs' }],
  ])('%s: %s', async (agent, text, place) => {
    await expect(project(agent, { [agent]: text })).rejects.toMatchObject({
      problems: [{ place }],
    });
  });
});
