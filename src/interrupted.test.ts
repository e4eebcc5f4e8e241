import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  against,
  agent,
  bin,
  drill,
  ended,
  freshOut,
  home,
  isThere,
  readable,
  run,
  STORM,
  sizeOf,
  start,
  until,
} from './bad-endings.fixture.ts';

// The command, killed in every way there is, at moments that can be seen from outside: a busy machine comes to them later.

/** How often: the whole of it, 50 and 200, takes minutes. */
const INTERRUPTS = Number(process.env['DRILL_INTERRUPTS'] ?? 4);
const KILLS = Number(process.env['DRILL_KILLS'] ?? 5);

/** A file grows while a command runs, and by its size moments can be told: the first ones of `count`, spread over `bytes`. */
const momentOf = (i: number, count: number, bytes: number) => Math.round((bytes * i) / count);

function press(
  child: ChildProcess,
  over: ReturnType<typeof ended>,
  signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
): ReturnType<typeof ended> {
  child.kill(signal);
  return over;
}

describe('a run that is interrupted', () => {
  it.each(Array.from({ length: INTERRUPTS }, (_, i) => i))('Ctrl-C, moment %i: 130 and a readable trace', async (i) => {
    const out = freshOut();
    const calls = `${out}.calls`;
    const called = `process.getBuiltinModule('fs').appendFileSync(${JSON.stringify(calls)}`;
    const target = agent(STORM.replace('try {', `try { ${called}, '.');`), `${called}, '');`);
    const jobs = i % 3 === 2 ? ['--jobs', '2'] : [];
    const child = start(against(target, '--out', out, ...jobs));
    const over = ended(child);
    // The first ones come before anything is asked: at once, and when the target is loaded.
    if (i > 0) await until(() => sizeOf(calls) >= momentOf(i - 1, INTERRUPTS - 1, 2000), child);
    const { code, signal, stderr } = await press(child, over, i % 2 === 0 ? 'SIGINT' : 'SIGTERM');
    const left = readable(out, true);
    // Node itself is killed where the signal comes before our first line: a shell says 130 of that, too.
    if (left !== undefined || signal === null) expect(code, stderr).toBe(130);
    expect(stderr).toMatch(left === undefined ? /^(interrupted\n)?$/ : /^interrupted; the trace so far is in .*\n$/);
    if (left?.report !== undefined)
      expect(left.report).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
  });

  it.each(Array.from({ length: KILLS }, (_, i) => i))('kill -9, moment %i: nothing corrupt', async (i) => {
    const out = freshOut();
    const child = start(run('--out', out));
    const over = ended(child);
    await until(() => sizeOf(out) >= momentOf(i, KILLS, 350_000), child);
    child.kill('SIGKILL');
    await over;
    readable(out, false);
  });

  it('what was streamed before a kill is there', async () => {
    const out = freshOut();
    const child = start(against(agent(STORM), '--out', out));
    const over = ended(child);
    await until(() => sizeOf(out) > 100_000, child);
    child.kill('SIGKILL');
    expect(await over).toMatchObject({ signal: 'SIGKILL' });
    expect(readable(out, false)?.events.length).toBeGreaterThan(100);
    expect(readable(out, false)?.report).toBeUndefined();
    const told = drill([bin, 'report', join(out, readdirSync(out)[0] ?? '')]);
    expect([told.status, told.stderr]).toEqual([130, expect.stringContaining('this is how far the run came')]);
    expect(told.stdout).toContain('NOT FINISHED');
  });

  it.each(['for (;;);', 'await new Promise(() => {});', ''])(
    'kill -9 leaves no player behind that does %j',
    async (code) => {
      const pids = `${freshOut()}.pids`;
      const tell = `process.getBuiltinModule('fs').appendFileSync(${JSON.stringify(pids)}, process.pid + ' ');`;
      const child = start(against(agent(code === '' ? STORM : code, tell), '--out', freshOut()));
      const over = ended(child);
      // The baseline's and the drill's: the one plays, the other waits for its turn.
      const players = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split(' ').map(Number) : []);
      await until(() => players().length === 2, child);
      child.kill('SIGKILL');
      await over;
      for (const pid of players()) await until(() => !isThere(pid));
    },
  );

  it('while its target waits for real work: it does not wait for that', async () => {
    const [out, fifo, begun] = [freshOut(), join(home, 'never-written'), join(home, 'working')];
    spawnSync('mkfifo', [fifo]);
    const target = agent(
      // Nobody writes to this pipe, so reading it never ends.
      `const read = readFile(${JSON.stringify(fifo)});
writeFileSync(${JSON.stringify(begun)}, 'begun');
await read;`,
      "import { writeFileSync } from 'node:fs';\nimport { readFile } from 'node:fs/promises';",
    );
    const child = start(against(target, '--out', out));
    const over = ended(child);
    await until(() => sizeOf(begun) > 0, child);
    expect(await press(child, over)).toMatchObject({ code: 130 });
    const what = readable(out, true)?.events.map((e) => (e.kind === 'real-io' ? e.what : ''));
    expect(what?.join()).not.toMatch(/real work that took more than/);
  });
});

/** Tells that it is there, as nothing asynchronous could. */
const HERE = "process.getBuiltinModule('fs').writeSync(2, 'here\\n');";

describe('a target that blocks its event loop', () => {
  const HELD = /the target blocked the event loop for \d+ s/;

  /** Presses Ctrl-C when the target has spoken. */
  async function interrupt(target: string, out: string) {
    const child = start(against(target, '--out', out));
    const over = ended(child);
    await new Promise((heard) => child.stderr?.once('data', heard));
    return press(child, over);
  }

  it.each([
    ['a loop', `${HERE} for (;;);`],
    ['microtasks', `${HERE} for (;;) await null;`],
    ['a search', `${HERE} /^(a+)+$/.test('a'.repeat(60) + 'b');`],
  ])('%s: Ctrl-C ends it', async (_, code) => {
    const out = freshOut();
    const { code: status, stderr } = await interrupt(agent(code), out);
    expect(stderr).toMatch(/^(here\n)+interrupted; the trace so far is in .*\n$/);
    expect(status).toBe(130);
    expect(readable(out, true)?.events.length).toBeGreaterThan(1);
  });

  it('in its module body: Ctrl-C ends it', async () => {
    const { code, stderr } = await interrupt(agent('', `${HERE} for (;;);`), freshOut());
    expect(stderr).toMatch(/^(here\n)+interrupted\n$/);
    expect(code).toBe(130);
  });

  // The thread is held and rests, and the limit is long: on a busy machine loading something may take seconds.
  const nap = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);';

  it('past its limit: the task is inconclusive and says whose code it was, and the run goes on', () => {
    const out = freshOut();
    const late = drill(against(agent(`${HERE} for (;;) ${nap}`), '--out', out, '--stuck-after-ms', '6000'));
    expect(late.stdout).toMatch(/INCONCLUSIVE timeout_primary/);
    expect(late.stdout).toMatch(new RegExp(`hours: ${HELD.source}`));
    expect(late.status).toBe(3);
    const lost = readable(out, false)?.events.filter((e) => e.kind === 'real-io');
    expect(lost).toMatchObject([
      { task: 'hours', by: expect.stringMatching(/agent-\d+\.mjs/), fatal: true, ended: true },
    ]);
  });

  it('past its limit in its module body: it was not loaded', () => {
    const late = drill(against(agent('', `${HERE} for (;;) ${nap}`), '--out', freshOut(), '--stuck-after-ms', '6000'));
    expect(late.stderr).toMatch(new RegExp(`could not be loaded: ${HELD.source}\n {2}at agent-\\d+\\.mjs`));
    expect(late.status).toBe(2);
  });
});
