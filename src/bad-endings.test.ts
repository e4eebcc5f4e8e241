import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { against, agent, bin, drill, failing, freshOut, home, readable, run, STORM } from './bad-endings.fixture.ts';

describe('nowhere to write', () => {
  it('a reader that leaves: the run goes on', () => {
    const out = freshOut();
    const command = run('--out', out)
      .map((word) => `'${word}'`)
      .join(' ');
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' ${command} | head -1; echo \${PIPESTATUS[0]}`],
      {
        cwd: home,
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([expect.stringMatching(/^timeout_primary/), '0', '']);
    expect(readable(out, true)?.report?.verdict).toBe('passed');
  });

  it.each(['a file in its place', 'a folder nobody may write to'])('--out is %s: exit 2, nothing ran', (what) => {
    const out = freshOut();
    if (what.startsWith('a file')) writeFileSync(out, 'mine');
    else mkdirSync(out, { mode: 0o555 });
    // Root may write anywhere but into the kernel's own folder.
    const place = !what.startsWith('a file') && process.getuid?.() === 0 ? '/proc/nowhere' : out;
    const { status, stderr, stdout } = drill(run('--out', place));
    if (!what.startsWith('a file')) chmodSync(out, 0o755);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: the reports cannot be written: E.*\n {2}at .*\n {2}fix: .*--out DIR/);
    expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+\)/);
  });

  const mounts = spawnSync('mount', ['--version']).status === 0 && process.getuid?.() === 0;
  const small = (size: string) => {
    const out = freshOut();
    mkdirSync(out);
    return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', out]).status === 0 ? out : undefined;
  };

  it.skipIf(!mounts).each(['64k', '160k', '300k'])('a disk of %s that fills: the verdict, then exit 2', (size) => {
    const out = small(size);
    if (out === undefined) return expect(mounts, 'mounting is not allowed here').toBe(true);
    try {
      const { status, stdout, stderr } = drill(run('--out', out));
      expect(stdout).toMatch(/PASSED timeout_primary {2}score 100/);
      expect(stderr).toMatch(/^error: .*ENOSPC: .*\n {2}at .*\/(trace\.jsonl|[\w.]+)\n {2}fix: .*--out DIR\.\n$/);
      expect(status).toBe(2);
      const left = readable(out, true);
      expect(left?.report).toBeUndefined();
      expect(left?.files.filter((name) => name.endsWith('.part'))).toEqual([]);
    } finally {
      spawnSync('umount', [out]);
    }
  });
});

describe('a target that ends badly', () => {
  /** What became of the first task of the outage. */
  function outcomeOf(onOutage: string) {
    const out = freshOut();
    const { status, stderr } = drill([bin, 'run', './short.yaml', ...failing(agent(onOutage), '--out', out)]);
    expect(stderr).toBe('');
    expect(status).toBe(1);
    const report = readable(out, true)?.report;
    expect(report?.drills[0]?.tasks.filter((t) => t.phase === 'healed').map((t) => t.verdict)).toEqual(
      Array(3).fill('passed'),
    );
    return report?.drills[0]?.tasks[0]?.outcome;
  }

  it.each([
    ['calls process.exit', 'process.exit(3);', 'the target called process.exit(3)'],
    ['calls it where errors are swallowed', 'try { process.exit(1); } catch {}', 'the target called process.exit(1)'],
    [
      'throws in a timer',
      "await new Promise(() => setTimeout(() => { throw new TypeError('boom'); }, 5));",
      'TypeError: boom',
    ],
    [
      'throws in a tick',
      "await new Promise(() => process.nextTick(() => { throw new Error('boom'); }));",
      'Error: boom',
    ],
    [
      'throws in a microtask',
      "await new Promise(() => queueMicrotask(() => { throw new Error('boom'); }));",
      'Error: boom',
    ],
    [
      'leaves a rejection',
      "Promise.reject(new RangeError('boom')); await new Promise((go) => setTimeout(go, 9));",
      'the target left a rejection unhandled: RangeError: boom',
    ],
    [
      'ends itself in a listener of its own',
      "process.on('unhandledRejection', () => process.exit(7)); Promise.reject(1); await new Promise((go) => setTimeout(go, 9));",
      'the target called process.exit(7)',
    ],
    [
      'throws in a listener of its own',
      "process.on('uncaughtException', (error) => { throw error; }); await new Promise(() => setTimeout(() => { throw new Error('boom'); }, 5));",
      "the target's listener for 'uncaughtException' threw: Error: boom",
    ],
    [
      'hears for ever of what its listener does',
      "process.on('unhandledRejection', async (error) => { throw error; }); Promise.reject(new Error('boom')); await new Promise((go) => setTimeout(go, 9));",
      "the target's listener for 'unhandledRejection' is called again and again by what it does itself: Error: boom",
    ],
  ])('%s: a finding of its task', (_, code, error) => {
    expect(outcomeOf(code)).toEqual({ kind: 'failed', error: expect.stringContaining(error) });
  });

  it.each([
    ['a promise', 'await new Promise(() => {});', 'a promise that nothing will settle'],
    ['a timer', 'await new Promise((go) => setTimeout(go, 86400000));', 'a timer of its own'],
    ['itself, at once', 'for (;;) await new Promise((go) => setImmediate(go));', 'goes round without end'],
    ['itself, polling', 'for (;;) await new Promise((go) => setTimeout(go, 1));', 'goes round without end'],
    ['itself, asking again and again', STORM, '1000 calls to primary'],
  ])('waits for %s: it hung, and for what', (_, code, waiting) => {
    expect(outcomeOf(code)).toEqual({ kind: 'hung', waiting_for: expect.stringContaining(waiting) });
  });

  it.each([
    ['process.exit(0);', /the target called process\.exit\(0\)/],
    ["throw new Error('at import');", /at import/],
    ["Promise.reject(new Error('lost'));", /left a rejection unhandled: Error: lost/],
  ])('dies in its module body (%s): exit 2, and where', (body, message) => {
    const { status, stdout, stderr } = drill(against(agent('', body), '--out', freshOut()));
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\n {2}at agent-\d+\.mjs.*\n {2}fix: /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('dies only once it is started, or after its answer: inconclusive', () => {
    const unborn = drill(against(agent('', 'export const start = () => process.exit(1);'), '--out', freshOut()));
    expect(unborn.stderr).toMatch(/did not start.*process\.exit\(1\)/);
    expect(unborn.status).toBe(3);
    const late = drill(against(agent("setTimeout(() => { throw new Error('late'); }, 3000);"), '--out', freshOut()));
    expect(late.stdout).toMatch(/Error: late/);
    expect(late.status).toBe(3);
  });

  it('leaves an interval running: the command ends all the same', () => {
    expect(drill(against(agent('', 'setInterval(() => {}, 1000);'), '--out', freshOut())).status).toBe(0);
  });
});
