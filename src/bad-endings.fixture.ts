import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect } from 'vitest';
import { builds } from './bundle.mjs';
import { RunReport } from './core/report.ts';
import { TraceEvent } from './core/trace.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { createWallClock } from './world/index.ts';

/** The command itself, built anew beside the drills and fixtures it ships with, for tests that kill it. */
const root = join(import.meta.dirname, '..');
export const home = mkdtempSync(join(tmpdir(), 'drill-endings-'));
export const bin = join(home, 'bin/drill.js');
beforeAll(async () => {
  for (const name of ['package.json', 'bin']) cpSync(join(root, name), join(home, name), { recursive: true });
  for (const name of ['drills', 'fixtures', 'node_modules']) symlinkSync(join(root, name), join(home, name));
  await Promise.all(builds(join(home, 'dist')).map((options) => build(options)));
  mkdirSync(join(home, 'tasks'));
  writeFileSync(join(home, 'tasks/hours.json'), '{ "name": "hours", "input": "When?", "must_include": ["10 am"] }');
  writeFileSync(join(home, 'short.yaml'), SHORT);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** One task with a fault, and some after it: enough to see what becomes of it, and whether others suffer. */
const SHORT = `
drill: short
title: The primary is down for one task
hypothesis: What becomes of the one touches no other.
workflow: support-answer
phases:
  - { name: outage, tasks: 1, faults: [{ fault: hang, role: primary }] }
  - { name: healed, after_ms: 30000, tasks: 3, load: { every_ms: 5000 } }
expect:
  fails-over: { role: backup, within_ms: 8000 }
`;

let runs = 0;
export const freshOut = () => join(home, `out-${++runs}`);

/** An agent with two roles; `onOutage` runs when the primary has failed, `body` when the module is evaluated. */
export function agent(onOutage: string, body = ''): string {
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

export const run = (...more: string[]) => [bin, 'run', 'timeout_primary', ...more];
export const failing = (target: string, ...more: string[]) =>
  ['--fault', 'server-error@primary', '--tasks', 'tasks', '--target', target].concat(more);
export const against = (target: string, ...more: string[]) => run(...failing(target, ...more));

export const drill = (args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: home,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    timeout: HANG_GUARD_MS,
    killSignal: 'SIGKILL',
  });

/** Starts the command beside the test. */
export const start = (args: string[]) =>
  spawn(process.execPath, args, {
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: HANG_GUARD_MS,
    killSignal: 'SIGKILL',
  });

/** To be called before anything is waited for: the run may be over by then. */
export async function ended(child: ChildProcess) {
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((done) =>
    child.on('close', (...how) => done(how)),
  );
  return { code, signal, stderr };
}

export const wait = (ms: number) => createWallClock().sleep(ms);

/** Waits until something is so, or never will be because the command is over. */
export async function until(so: () => boolean, child?: ChildProcess): Promise<void> {
  const over = () => child !== undefined && (child.exitCode !== null || child.signalCode !== null);
  while (!so() && !over()) await wait(2);
}

/** How many bytes a file has, or all files of a folder and of those in it; -1 where there is nothing. */
export function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory() !== true) return stat?.size ?? -1;
  return readdirSync(path).reduce((sum, name) => sum + Math.max(0, sizeOf(join(path, name))), 0);
}

/** Every whole line of a trace is an event, in order; `run.json` is whole or absent. Returns both. */
export function readable(out: string, lastLineIsWhole: boolean) {
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

/** Long enough to be hit while it runs: it goes round, and only a cap on calls ends it. Its trace has 14 MB. */
export const STORM = 'for (;;) { try { return await post(roles.primary, task); } catch {} }';

export function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
