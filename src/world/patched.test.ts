import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVirtualWorld, installRoutes, onCrash } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'drill-patched-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An agent that does a bit of everything; `patch` is what it does to its process first. */
const MAIN = `
import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { createNodeFetch, createVirtualWorld, installRoutes, onCrash } from './own/world.mjs';
installRoutes();
const [told, said, died] = [[], [], []];
const stringify = JSON.stringify;
const bytes = new TextEncoder().encode('reply');
const transport = async () => ({ status: 200, headers: [], body: (async function* () { yield bytes; })() });
let nodeFetch;
const open = () => createVirtualWorld({
  seed: 7, epochMs: 0, fetch: (...args) => nodeFetch(...args),
  onRealIo: ({ what, by, fatal, scope }) => told.push([what, by, fatal, scope?.ask]),
  onOutput: (text) => said.push(text),
});
const agent = async () => {
  const sleep = (ms) => new Promise((go) => setTimeout(go, ms));
  const seen = [Math.random(), randomBytes(4).toString('hex'), spawnSync('psql').error.code];
  process.stdout.write(new Uint8Array([104, 105]));
  await sleep(100);
  if (process.argv[3] !== 'without fetch') seen.push(await fetch('https://api.openai.com/v1', { method: 'POST', body: 'ask' }).then((reply) => reply.text()));
  seen.push((await readFile(new URL(import.meta.url))).length > 0, performance.now());
  await new Promise((go) => AbortSignal.timeout(50).addEventListener('abort', go));
  clearTimeout(+setTimeout(() => seen.push('not cleared'), 10));
  setTimeout(() => { throw new Error('stray'); }, 5);
  Promise.reject(new Error('left'));
  await sleep(20);
  return [...seen, performance.now()];
};
const run = async () => {
  const world = open();
  nodeFetch = createNodeFetch(transport, world.clock);
  const forget = onCrash(({ what, scope }) => { died.push([what, scope?.ask]); return true; });
  const seen = await world.run(() => world.enter({ ask: 1, task: 't', tenant: 'a' }, agent));
  forget();
  return seen;
};
(0, eval)(process.argv[2]);
const seen = await run();
writeSync(1, stringify({ seen, told, said, died }) + '\\n');
`;

beforeAll(() => {
  buildSync({
    entryPoints: [join(import.meta.dirname, 'index.ts')],
    outfile: join(folder, 'own/world.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'main.mjs'), MAIN);
});

const run = (patch: string, how = '') => {
  const { stdout, stderr } = spawnSync(process.execPath, ['main.mjs', patch, how], { cwd: folder, encoding: 'utf8' });
  return { stdout, stderr };
};

describe('what a target patches changes nothing of what is seen and told of it', () => {
  const plain = () => run('');

  it('as it is', () => {
    const { stdout, stderr } = plain();
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      seen: [expect.any(Number), expect.any(String), 'EACCES', 'reply', true, 100, 170],
      told: [
        ['child_process.spawnSync psql', 'main.mjs', true, 1],
        ['fs', expect.any(String), false, 1],
      ],
      said: ['hi'],
      died: [
        ['the target left a rejection unhandled: Error: left', 1],
        ['the target threw where nobody catches: Error: stray', 1],
      ],
    });
  });

  it.each([
    'Error.prepareStackTrace = () => 42;',
    "Error.prepareStackTrace = () => { throw new Error('none of your business'); };",
    'Error.stackTraceLimit = 0;',
    "Object.prototype.stray = 'enumerable';",
    'delete globalThis.queueMicrotask;',
    "globalThis.queueMicrotask = () => { throw new Error('none of your business'); };",
    "Object.defineProperty(globalThis, 'queueMicrotask', { get: () => { throw new Error('none of your business'); } });",
    'globalThis.setImmediate = () => { throw new Error(); }; process.nextTick = globalThis.setImmediate;',
    'Buffer.from = Buffer.alloc = () => { throw new Error(); };',
    'globalThis.Request = globalThis.Response = globalThis.TextEncoder = class {};',
  ])('%s', (patch) => {
    expect(run(patch)).toEqual(plain());
  });

  it('Object.freeze(Error), which leaves only short stacks to look at', () => {
    const fatal = ({ stdout }: { stdout: string }) => {
      const { told, ...rest } = JSON.parse(stdout);
      return { told: told.filter(([, , leaves]: unknown[]) => leaves), ...rest };
    };
    expect(fatal(run('Object.freeze(Error);'))).toEqual(fatal(plain()));
  });

  it.each([
    'Object.prototype.get = () => 1;',
    'delete globalThis.AbortController; delete globalThis.DOMException;',
    "for (const name of ['get', 'set', 'has', 'delete']) Map.prototype[name] = Set.prototype[name] = () => { throw new Error('patched'); };",
    'globalThis.Map = globalThis.Set = class {};',
  ])("%s Node's own fetch does not stand it", (patch) => {
    expect(run(patch, 'without fetch')).toEqual(run('', 'without fetch'));
  });

  it('process.removeAllListeners(), called where it is seen', () => {
    const body = MAIN.replace('const sleep =', 'process.removeAllListeners(); const sleep =');
    writeFileSync(join(folder, 'main.mjs'), body);
    const removed = run('');
    writeFileSync(join(folder, 'main.mjs'), MAIN);
    expect(removed).toEqual(plain());
  });

  it.each(['process.exit(3)', 'process.reallyExit(3)'])('%s ends the ask and not the process', (call) => {
    writeFileSync(
      join(folder, 'main.mjs'),
      MAIN.replace("Promise.reject(new Error('left'));", `try { ${call}; } catch {}`),
    );
    const { stdout, stderr } = run('');
    writeFileSync(join(folder, 'main.mjs'), MAIN);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).died[0]).toEqual([`the target called ${call}`, 1]);
  });
});

it('within a world Ctrl-C stays heard, whatever is removed', async () => {
  installRoutes();
  const heard = () => {};
  process.on('SIGINT', heard);
  const world = createVirtualWorld({ seed: 7, epochMs: 0, fetch, onRealIo: () => {} });
  const remove = async () => void process.removeAllListeners('SIGINT').off('SIGINT', heard);
  const forget = onCrash(() => true);
  await world.run(remove);
  expect(process.listeners('SIGINT')).toEqual([heard]);
  forget();
  process.off('SIGINT', heard);
  expect(process.listeners('SIGINT')).toEqual([]);
});
