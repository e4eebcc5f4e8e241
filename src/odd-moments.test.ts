import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  against,
  agent,
  bin,
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
  wait,
} from './bad-endings.fixture.ts';

describe.skipIf(!existsSync('/dev/full'))('a full device on stdout', () => {
  const onFull = (args: string[]) => {
    const full = openSync('/dev/full', 'w');
    try {
      return spawnSync(process.execPath, args, { cwd: home, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
    } finally {
      closeSync(full);
    }
  };
  const TOLD = /^error: the output cannot be written: ENOSPC: [^\n]*\n {2}fix: [^\n]*\n$/;

  it('a list: what is wrong, and exit 2', () => {
    const { status, stderr } = onFull([bin, 'list']);
    expect(stderr).toMatch(TOLD);
    expect(status).toBe(2);
  });

  it.each([[[]], [['--json']]])('a run %j: it goes on, and its reports are kept', (flags) => {
    const out = freshOut();
    const { status, stderr } = onFull(run('--out', out, ...flags));
    expect(stderr).toMatch(TOLD);
    expect(status).toBe(2);
    expect(readable(out, true)?.report?.verdict).toBe('passed');
  });
});

describe('a terminal that is closed', () => {
  it('SIGHUP: what there is is kept, and 129', async () => {
    const out = freshOut();
    const child = start(against(agent(STORM), '--out', out));
    const over = ended(child);
    await until(() => sizeOf(out) > 100_000, child);
    child.kill('SIGHUP');
    const { code, signal, stderr } = await over;
    expect([code, signal]).toEqual([129, null]);
    expect(stderr).toMatch(/^interrupted; the trace so far is in .*\n$/);
    expect(readable(out, true)?.report).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
  });

  it('SIGHUP again and again, as kernel and shell send it: the same', async () => {
    const out = freshOut();
    const child = start(against(agent(STORM), '--out', out));
    const over = ended(child);
    await until(() => sizeOf(out) > 100_000, child);
    for (let n = 0; n < 5; n++) {
      child.kill('SIGHUP');
      await wait(1);
    }
    expect(await over).toMatchObject({ code: 129, signal: null });
    expect(readable(out, true)?.report).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
  });

  const hasScript = spawnSync('bash', ['-c', 'script --version']).status === 0;
  it.skipIf(!hasScript)('with the terminal itself: the shell says 129 as well', async () => {
    const [out, code] = [freshOut(), freshOut()];
    const words = [process.execPath, ...against(agent(STORM), '--out', out)].map((word) => `'${word}'`).join(' ');
    // The shell is told first and hands it on, as one does that somebody sits at.
    const handOn = `kill -HUP $!; wait $!; echo $? > ${code}.part; mv ${code}.part ${code}`;
    const command = `trap '${handOn}' HUP\n${words} &\nwait\n`;
    const shell = join(home, 'on-a-terminal.sh');
    writeFileSync(shell, command);
    const child = spawn('bash', ['-c', `exec script -qc 'bash ${shell}' /dev/null`], { cwd: home, stdio: 'ignore' });
    const over = ended(child);
    await until(() => sizeOf(out) > 100_000, child);
    child.kill('SIGKILL');
    await over;
    while (!existsSync(code)) await wait(10);
    expect(readFileSync(code, 'utf8')).toBe('129\n');
    expect(readable(out, true)?.report).toMatchObject({ status: 'interrupted', verdict: 'inconclusive' });
  });
});

describe('a process that is stopped', () => {
  /** Each player says its number once its module is evaluated. */
  const withPids = (pids: string) =>
    agent(STORM, `process.getBuiltinModule('fs').appendFileSync(${JSON.stringify(pids)}, process.pid + '\\n');`);
  const pidsIn = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []);

  it('a player: its heart no longer beats, it is ended, and the run is inconclusive', async () => {
    const [out, pids] = [freshOut(), `${freshOut()}.pids`];
    const child = start(against(withPids(pids), '--out', out, '--stuck-after-ms', '1000'));
    const over = ended(child);
    await until(() => sizeOf(out) > 100_000, child);
    const players = pidsIn(pids).filter((pid) => pid > 1);
    expect(players).toHaveLength(2);
    for (const pid of players) if (isThere(pid)) process.kill(pid, 'SIGSTOP');
    expect(await over).toMatchObject({ code: 3 });
    expect(JSON.stringify(readable(out, true)?.report)).toContain('no sign of life for 1 s');
  });

  it('the command: it goes on where it was', async () => {
    const out = freshOut();
    const child = start(run('--out', out));
    const over = ended(child);
    await until(() => sizeOf(out) >= 0, child);
    child.kill('SIGSTOP');
    await wait(20);
    child.kill('SIGCONT');
    expect(await over).toMatchObject({ code: 0 });
    expect(readable(out, true)?.report?.verdict).toBe('passed');
  });
});
