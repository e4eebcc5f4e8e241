import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVirtualWorld, installRoutes, type RealIo } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'drill-processes-'));
const marker = join(folder, 'started');
const secret = 'hunter2';
afterAll(() => rmSync(folder, { recursive: true }));

/** A user's own file, which took its functions by name. Each way gives what came of it. */
const STARTER = `
import { ChildProcess, exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
const file = ${JSON.stringify(join(folder, 'job.cjs'))};
const args = [${JSON.stringify(marker)}, '--password=${secret}'];
const line = 'touch ' + args.join(' ');
const told = (error) => [error.code, error.message].join(': ');
const ended = (child) => new Promise((resolve) => {
  const seen = [];
  child.on('exit', () => seen.push('exit')).on('spawn', () => seen.push('spawn'));
  child.on('error', (error) => seen.push(told(error)));
  child.stdout?.on('data', (data) => seen.push(String(data)));
  child.on('close', (code) => resolve([...seen, 'close ' + code, child.pid, child.kill()].join(', ')));
});
const thrown = (fn) => { try { return 'gave ' + fn(); } catch (error) { return told(error) + ', status ' + error.status; } };
export const ways = {
  spawn: () => ended(spawn('/usr/bin/touch', args)),
  'spawn in a shell': () => ended(spawn(line, { shell: true, stdio: ['ignore', 'pipe'] })),
  exec: () => new Promise((done) => exec(line, (error, out, err) => done([told(error), out, err].join('|')))),
  'exec, promised': () => promisify(exec)(line).catch(told),
  execFile: () => new Promise((done) => execFile('touch', args, (error, out, err) => done([told(error), out, err].join('|')))),
  'execFile, promised': () => promisify(execFile)('touch', args).catch(told),
  fork: () => { const child = fork(file, args); child.send({}, () => {}); return ended(child); },
  ChildProcess: () => { const child = new ChildProcess(); child.spawn({ file: 'touch', args: ['touch', ...args] }); return ended(child); },
  spawnSync: () => { const { error, status, stdout, pid } = spawnSync('touch', args); return [told(error), status, stdout, pid].join(', '); },
  execSync: () => thrown(() => execSync(line)),
  execFileSync: () => thrown(() => execFileSync('touch', args)),
  Worker: () => thrown(() => new Worker(file, { argv: args })),
  'a kind of Worker': () => thrown(() => new (class extends Worker {})("require('fs').writeFileSync(" + JSON.stringify(args[0]) + ", '')", { eval: true })),
};
export const real = async () => [
  spawnSync(process.execPath, ['-p', '1 + 1'], { encoding: 'utf8' }).stdout,
  await new Promise((done) => exec('echo two', (_, out) => done(out))),
  await new Promise((done) => new Worker("require('node:worker_threads').parentPort.postMessage(3)", { eval: true }).once('message', done)),
];
`;

let ways: Record<string, () => unknown> = {};
let real: () => Promise<unknown> = async () => {};

beforeAll(async () => {
  writeFileSync(join(folder, 'job.cjs'), "require('node:fs').writeFileSync(process.argv[2], '');");
  writeFileSync(join(folder, 'starter.mjs'), STARTER);
  const { importNatively } = createRequire(import.meta.url)('../../fixtures/habits/native-import.cjs');
  ({ ways, real } = await importNatively(pathToFileURL(join(folder, 'starter.mjs')).href));
  installRoutes();
});

/** What came of one way, at which virtual millisecond, and what the world was told. */
async function inWorld(fn: (() => unknown) | undefined) {
  const io: RealIo[] = [];
  const world = createVirtualWorld({ seed: 1, epochMs: 0, fetch, onRealIo: (e) => void io.push(e) });
  const scope = { ask: 1, task: 'refund', tenant: 'acme' };
  const value = await world.run(() => world.enter(scope, async () => fn?.()));
  return { value, at: world.clock.now(), io };
}

const NEVER = '(a mocked drill never starts a process)';
const SHELL = process.platform === 'win32' ? 'cmd.exe' : '/bin/sh';

describe('inside a world no process and no thread is started, and the attempt is named', () => {
  it.each([
    ['spawn', 'spawn touch', `EACCES: spawn /usr/bin/touch EACCES ${NEVER}, close -13, , false`],
    ['spawn in a shell', 'spawn touch', `EACCES: spawn ${SHELL} EACCES ${NEVER}, close -13, , false`],
    ['exec', 'exec touch', `EACCES: spawn ${SHELL} EACCES ${NEVER}||`],
    ['exec, promised', 'exec touch', `EACCES: spawn ${SHELL} EACCES ${NEVER}`],
    ['execFile', 'execFile touch', `EACCES: spawn touch EACCES ${NEVER}||`],
    ['execFile, promised', 'execFile touch', `EACCES: spawn touch EACCES ${NEVER}`],
    ['fork', 'fork job.cjs', `EACCES: spawn ${process.execPath} EACCES ${NEVER}, close -13, , false`],
    ['ChildProcess', 'spawn touch', `EACCES: spawn touch EACCES ${NEVER}, close -13, , false`],
    ['spawnSync', 'spawnSync touch', `EACCES: spawnSync touch EACCES ${NEVER}, , , 0`],
    ['execSync', 'execSync touch', `EACCES: spawnSync ${SHELL} EACCES ${NEVER}, status null`],
    ['execFileSync', 'execFileSync touch', `EACCES: spawnSync touch EACCES ${NEVER}, status null`],
  ])('%s', async (way, what, value) => {
    const seen = await inWorld(ways[way]);
    expect(seen).toMatchObject({ value, at: 0 });
    expect(seen.io).toEqual([
      {
        what: `child_process.${what}`,
        by: 'starter.mjs',
        fatal: true,
        scope: { ask: 1, task: 'refund', tenant: 'acme' },
      },
    ]);
    expect(JSON.stringify(seen.io)).not.toContain(secret);
    expect(existsSync(marker)).toBe(false);
  });

  it.each([
    ['Worker', 'job.cjs'],
    ['a kind of Worker', 'code'],
  ])('%s', async (way, what) => {
    const { value, io } = await inWorld(ways[way]);
    expect(value).toMatch(/^ERR_WORKER_INIT_FAILED: .*\(a mocked drill never starts a thread\)/);
    expect(io).toMatchObject([{ what: `worker_threads.Worker ${what}`, by: 'starter.mjs', fatal: true }]);
    expect(existsSync(marker)).toBe(false);
  });

  it('a command line that begins with a secret is not told', async () => {
    const { execSync } = await import('node:child_process');
    const { io } = await inWorld(() => {
      for (const line of [`TOKEN=${secret} psql`, `"${secret}" x`, `$(echo ${secret})`]) {
        expect(() => execSync(line)).toThrow('EACCES');
      }
    });
    expect(io.map(({ what }) => what)).toEqual(['child_process.execSync a command']);
  });

  it('who listens for no error dies of it, as of any that is not listened for', async () => {
    const { spawn } = await import('node:child_process');
    const others = process.rawListeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const died = new Promise<Error>((resolve) => process.once('uncaughtException', resolve));
    await inWorld(() => void spawn('touch', [marker]));
    expect(await died).toMatchObject({ code: 'EACCES', path: 'touch', spawnargs: [marker] });
    for (const other of others) Reflect.apply(process.on, process, ['uncaughtException', other]);
  });

  it('work that lost its place is refused, too', async () => {
    const { AsyncResource } = await import('node:async_hooks');
    const outside = new AsyncResource('outside');
    const { value, io } = await inWorld(() => outside.runInAsyncScope(() => ways['spawnSync']?.()));
    expect(value).toMatch(/^EACCES/);
    expect(io).toMatchObject([{ what: expect.stringMatching(/^child_process\.spawnSync touch outside the task/) }]);
  });
});

it('outside of a world both are started as ever', async () => {
  expect(await real()).toEqual(['2\n', 'two\n', 3]);
});
