import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  against,
  agent,
  drill,
  ended,
  freshOut,
  home,
  readable,
  run,
  STORM,
  sizeOf,
  start,
  until,
  wait,
} from './bad-endings.fixture.ts';

// The command, killed in every way there is, at moments that can be seen from outside: a busy machine comes to them later.

/** How often: the whole of it, 50 and 200, takes minutes. */
const INTERRUPTS = Number(process.env['DRILL_INTERRUPTS'] ?? 8);
const KILLS = Number(process.env['DRILL_KILLS'] ?? 12);

/** A file grows while a command runs, and by its size moments can be told: the first ones of `count`, spread over `bytes`. */
const momentOf = (i: number, count: number, bytes: number) => Math.round((bytes * i) / count);

/**
 * Presses Ctrl-C, and again as a user would to whom nothing happens: while a thread waits for its turn on a busy machine it
 * looks held, and a signal that comes just before the watch listens for it is lost.
 */
async function press(
  child: ChildProcess,
  over: ReturnType<typeof ended>,
  signal: 'SIGINT' | 'SIGTERM' = 'SIGINT',
): ReturnType<typeof ended> {
  child.kill(signal);
  const again = setInterval(() => child.kill(signal), 30_000);
  try {
    return await over;
  } finally {
    clearInterval(again);
  }
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
    if (left?.report !== undefined) expect(left.report).toMatchObject({ status: 'cancelled', verdict: 'inconclusive' });
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
  });

  it('while its target waits for real work: it does not wait for that', async () => {
    const [out, pid] = [freshOut(), join(home, 'working.pid')];
    const target = agent(
      `await new Promise((done) => {
  const sleep = Object.assign(new Process(), { onexit: done });
  sleep.spawn({ file: 'sleep', args: ['sleep', '600'], stdio: Array(3).fill({ type: 'ignore' }) });
  writeFileSync(${JSON.stringify(pid)}, String(sleep.pid));
});`,
      // A way to start a process that is seen and not refused.
      "import { writeFileSync } from 'node:fs';\nconst { Process } = process.binding('process_wrap');",
    );
    const child = start(against(target, '--out', out));
    const over = ended(child);
    await until(() => existsSync(pid), child);
    expect(await press(child, over)).toMatchObject({ code: 130 });
    // Throws where the work is over already.
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    const what = readable(out, true)?.events.map((e) => (e.kind === 'real-io' ? e.what : ''));
    expect(what?.join()).not.toMatch(/real work that took more than/);
  });
});

/** Tells that it is there, as nothing asynchronous could. */
const HERE = "process.getBuiltinModule('fs').writeSync(2, 'here\\n');";

describe('a target that never lets go of the thread', () => {
  const held = (where: string, prefix = '') =>
    new RegExp(
      `^(here\n)+error: ${prefix}the target lets nothing else run ${where}\n {2}at (agent-\\d+\\.mjs|--target)\n {2}fix: .*\n$`,
    );
  const IN_TASK = 'in task hours, drill timeout_primary(, without its faults)?';

  /** Starts a target that speaks, and waits until it has. */
  async function spoken(target: string, out: string) {
    const child = start(against(target, '--out', out));
    const over = ended(child);
    await new Promise((heard) => child.stderr?.once('data', heard));
    return { child, over };
  }

  /** Presses Ctrl-C some time after the target has spoken: by then it has been noticed that it holds on. */
  async function interrupt(target: string, out: string) {
    const { child, over } = await spoken(target, out);
    await wait(1500);
    return press(child, over);
  }

  it.each([
    ['a loop', `${HERE} for (;;);`],
    ['microtasks', `${HERE} for (;;) await null;`],
    ['a search', `${HERE} /^(a+)+$/.test('a'.repeat(60) + 'b');`],
  ])('%s: Ctrl-C ends it', async (_, code) => {
    const out = freshOut();
    const { code: status, stderr } = await interrupt(agent(code), out);
    expect(stderr).toMatch(held(IN_TASK, 'interrupted: '));
    expect(status).toBe(130);
    expect(readable(out, true)?.events.at(-1)).toMatchObject({ kind: 'real-io', task: 'hours', fatal: true });
  });

  it('its limit ends it', () => {
    // The thread is held and rests, and the limit is long: on a busy machine loading something may take seconds.
    const nap = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);';
    const late = drill(against(agent(`${HERE} for (;;) ${nap}`), '--out', freshOut(), '--stuck-after-ms', '6000'));
    expect(late.stderr).toMatch(held(IN_TASK));
    expect(late.status).toBe(3);
  });

  it('in its module body', async () => {
    const { code, stderr } = await interrupt(agent('', `${HERE} for (;;);`), freshOut());
    expect(stderr).toMatch(held('while it is loaded', 'interrupted: '));
    expect(code).toBe(130);
  });

  it.each(['while it holds on', 'when it has let go'])(
    'for a while only: Ctrl-C %s is Ctrl-C as ever',
    async (when) => {
      const out = freshOut();
      const free = `${out}.free`;
      const holding = `!process.getBuiltinModule('fs').existsSync(${JSON.stringify(free)})`;
      const nap = (ms: number) => `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${ms});`;
      // Once it has let go it rests at each call: whoever is to press a key may get a turn late on a busy machine.
      const slowly = STORM.replace('try {', `try { ${nap(5)}`);
      const { child, over } = await spoken(agent(`${HERE} while (${holding}) ${nap(20)} ${slowly}`), out);
      // Long enough for the hold to be noticed, so that the signal has another way to go; without it the outcome is the same.
      await wait(1000);
      let how = when === 'while it holds on' ? press(child, over) : undefined;
      writeFileSync(free, '');
      if (how === undefined) {
        const before = sizeOf(out);
        await until(() => sizeOf(out) > before, child);
        how = press(child, over);
      }
      const { code, stderr } = await how;
      expect(stderr).toMatch(/^(here\n)+interrupted; the trace so far is in .*\n$/);
      expect(code).toBe(130);
    },
  );
});
