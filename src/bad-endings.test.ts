import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunReport } from './core/report.ts';
import { TraceEvent } from './core/trace.ts';

// The command itself, built anew beside the drills and fixtures it ships with, and killed in every way there is.
const root = join(import.meta.dirname, '..');
const home = mkdtempSync(join(tmpdir(), 'drill-endings-'));
const bin = join(home, 'bin/drill.js');
/** How often: the whole of it, 50 and 200, takes minutes. */
const INTERRUPTS = Number(process.env['DRILL_INTERRUPTS'] ?? 8);
const KILLS = Number(process.env['DRILL_KILLS'] ?? 12);

beforeAll(async () => {
  for (const name of ['package.json', 'bin']) cpSync(join(root, name), join(home, name), { recursive: true });
  for (const name of ['drills', 'fixtures', 'node_modules']) symlinkSync(join(root, name), join(home, name));
  await build({
    entryPoints: [join(root, 'src/cli/main.ts'), join(root, 'src/world/routes.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outbase: join(root, 'src'),
    outdir: join(home, 'dist'),
  });
  mkdirSync(join(home, 'tasks'));
  writeFileSync(join(home, 'tasks/hours.json'), '{ "name": "hours", "input": "When?", "must_include": ["10 am"] }');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

let runs = 0;
const freshOut = () => join(home, `out-${++runs}`);

/** An agent with two roles; `onOutage` runs when the primary has failed, `body` when the module is evaluated. */
function agent(onOutage: string, body = ''): string {
  const file = join(home, `agent-${++runs}.mjs`);
  writeFileSync(
    file,
    `${body}
const post = async (role, task) => {
  const body = JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] });
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return (await reply.json()).choices[0].message.content;
};
export default async (task, { roles }) => {
  try { return await post(roles.primary, task); } catch { ${onOutage} }
  return post(roles.backup, task);
};
const at = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: at('gpt-5-mini'), backup: at('gpt-5-nano') };
`,
  );
  return file;
}

const run = (...more: string[]) => [bin, 'run', 'timeout_primary', ...more];
const against = (target: string, ...more: string[]) =>
  run('--fault', 'server-error@primary', '--tasks', 'tasks', '--target', target, ...more);

const drill = (args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: home,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: 15_000,
    killSignal: 'SIGKILL',
  });

/** To be called before anything is waited for: the run may be over by then. */
async function ended(child: ChildProcess) {
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.on('close', (...how) => done(how)),
  );
  return { code, signal, stderr };
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Every whole line of a trace is an event, in order; `run.json` is whole or absent. Returns both. */
function readable(out: string, lastLineIsWhole: boolean) {
  const folder = existsSync(out) ? readdirSync(out)[0] : undefined;
  if (folder === undefined) return undefined;
  const at = (file: string) => join(out, folder, file);
  const text = existsSync(at('trace.jsonl')) ? readFileSync(at('trace.jsonl'), 'utf8') : '';
  if (lastLineIsWhole) expect(text.endsWith('\n') || text === '').toBe(true);
  const events = text
    .split('\n')
    .slice(0, -1)
    .map((line) => TraceEvent.parse(JSON.parse(line)));
  expect(events.map((e) => e.seq)).toEqual(events.map((_, i) => i));
  const report = existsSync(at('run.json'))
    ? RunReport.parse(JSON.parse(readFileSync(at('run.json'), 'utf8')))
    : undefined;
  return { events, report, files: readdirSync(join(out, folder)) };
}

/** Long enough to be hit while it runs: it goes round, and only a cap on calls ends it. */
const STORM = 'for (;;) { try { return await post(roles.primary, task); } catch {} }';

describe('a run that is interrupted', () => {
  it.each(Array.from({ length: INTERRUPTS }, (_, i) => i))(
    'Ctrl-C, moment %i: 130 and a readable trace',
    { timeout: 15_000 },
    async (i) => {
      const out = freshOut();
      const jobs = i % 3 === 2 ? ['--jobs', '2'] : [];
      const child = spawn(process.execPath, against(agent(STORM), '--out', out, ...jobs), {
        cwd: home,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const over = ended(child);
      await wait(Math.random() * 1500);
      const at = performance.now();
      child.kill(i % 2 === 0 ? 'SIGINT' : 'SIGTERM');
      const { code, signal, stderr } = await over;
      expect(performance.now() - at).toBeLessThan(2500);
      const left = readable(out, true);
      // Node itself is killed where the signal comes before our first line: a shell says 130 of that, too.
      if (left !== undefined || signal === null) expect(code, stderr).toBe(130);
      expect(stderr).toMatch(left === undefined ? /^(interrupted\n)?$/ : /^interrupted; the trace so far is in .*\n$/);
      if (left?.report !== undefined)
        expect(left.report).toMatchObject({ status: 'cancelled', verdict: 'inconclusive' });
    },
  );

  it.each(Array.from({ length: KILLS }, (_, i) => i))('kill -9, moment %i: nothing corrupt', async () => {
    const out = freshOut();
    const child = spawn(process.execPath, run('--out', out), { cwd: home, stdio: ['ignore', 'ignore', 'pipe'] });
    const over = ended(child);
    await wait(150 + Math.random() * 500);
    child.kill('SIGKILL');
    await over;
    readable(out, false);
  });

  it('what was streamed before a kill is there', async () => {
    const out = freshOut();
    const child = spawn(process.execPath, against(agent(STORM), '--out', out), { cwd: home, stdio: 'ignore' });
    const over = ended(child);
    const streamed = () => readable(out, false)?.events.length ?? 0;
    for (let naps = 0; naps < 200 && streamed() <= 100; naps++) await wait(100);
    child.kill('SIGKILL');
    await over;
    expect(streamed()).toBeGreaterThan(100);
    expect(readable(out, false)?.report).toBeUndefined();
  });

  it('while its target waits for real work: no later', async () => {
    const target = agent(
      "await new Promise((done) => exec('sleep 5', done));",
      "import { exec } from 'node:child_process';",
    );
    const child = spawn(process.execPath, against(target, '--out', freshOut()), { cwd: home, stdio: 'pipe' });
    const over = ended(child);
    await wait(1200);
    const at = performance.now();
    child.kill('SIGINT');
    expect(await over).toMatchObject({ code: 130 });
    expect(performance.now() - at).toBeLessThan(2000);
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

  /** Presses Ctrl-C once the target has spoken, and again as a user would to whom nothing happens. */
  async function interrupt(target: string, out: string, afterMs: number) {
    const bound = { timeout: 20_000, killSignal: 'SIGKILL' } as const;
    const child = spawn(process.execPath, against(target, '--out', out), { cwd: home, stdio: 'pipe', ...bound });
    const over = ended(child);
    await new Promise((spoken) => child.stderr?.once('data', spoken));
    await wait(afterMs);
    child.kill('SIGINT');
    const again = setInterval(() => child.kill('SIGINT'), 5000);
    const how = await over;
    clearInterval(again);
    return how;
  }

  it.each([
    ['a loop', `${HERE} for (;;);`],
    ['microtasks', `${HERE} for (;;) await null;`],
    ['a search', `${HERE} /^(a+)+$/.test('a'.repeat(60) + 'b');`],
  ])('%s: Ctrl-C ends it, and so does its limit', { timeout: 40_000 }, async (_, code) => {
    const out = freshOut();
    const { code: status, stderr } = await interrupt(agent(code), out, 1500);
    expect(stderr).toMatch(held(IN_TASK, 'interrupted: '));
    expect(status).toBe(130);
    expect(readable(out, true)?.events.at(-1)).toMatchObject({ kind: 'real-io', task: 'hours', fatal: true });
    const late = drill(against(agent(code), '--out', freshOut(), '--stuck-after-ms', '1500'));
    expect(late.stderr).toMatch(held(IN_TASK));
    expect(late.status).toBe(3);
  });

  it('in its module body', { timeout: 40_000 }, async () => {
    const target = agent('', `${HERE} for (;;);`);
    const { code, stderr } = await interrupt(target, freshOut(), 1500);
    expect(stderr).toMatch(held('while it is loaded', 'interrupted: '));
    expect(code).toBe(130);
  });

  it.each([
    ['while it holds on', 1500],
    ['when it has let go', 2800],
  ])('for a while only: Ctrl-C %s is Ctrl-C as ever', { timeout: 40_000 }, async (_, afterMs) => {
    const once = 'globalThis.held ??= Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1800);';
    const { code, stderr } = await interrupt(agent(`${HERE} ${once} ${STORM}`), freshOut(), afterMs);
    expect(stderr).toMatch(/^(here\n)+interrupted; the trace so far is in .*\n$/);
    expect(code).toBe(130);
  });
});

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
    const { status, stderr } = drill(against(agent(onOutage), '--out', out));
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
    const start = drill(against(agent('', 'export const start = () => process.exit(1);'), '--out', freshOut()));
    expect(start.stderr).toMatch(/did not start.*process\.exit\(1\)/);
    expect(start.status).toBe(3);
    const late = drill(against(agent("setTimeout(() => { throw new Error('late'); }, 3000);"), '--out', freshOut()));
    expect(late.stdout).toMatch(/Error: late/);
    expect(late.status).toBe(3);
  });

  it('leaves an interval running: the command ends all the same', () => {
    expect(drill(against(agent('', 'setInterval(() => {}, 1000);'), '--out', freshOut())).status).toBe(0);
  });
});
