import { describe, expect, it } from 'vitest';
import { against, agent, drill, freshOut, readable } from './bad-endings.fixture.ts';

/** A run against an agent: its exit code, what it says first, and what was found in its tasks. */
function ran(target: string) {
  const out = freshOut();
  const { status, stdout, stderr } = drill(against(target, '--out', out));
  const [one] = readable(out, true)?.report?.drills ?? [];
  const cells = one?.tasks.flatMap(({ checks }) => checks) ?? [];
  return {
    status,
    stderr,
    stdout,
    reasons: one?.reasons.map(({ reason }) => reason) ?? [],
    endings: [
      ...new Set(one?.tasks.map(({ outcome }) => (outcome.kind === 'hung' ? outcome.waiting_for : outcome.kind))),
    ],
    findings: cells.filter(({ check, verdict }) => check === 'ends-inside-deadline' && verdict === 'failed'),
  };
}

const CLAIMS = "export const declares = { features: ['fallback', 'deadline'] };";

describe('an honest agent that waits for something real: inconclusive, and it is named', () => {
  it.each([
    ['standard input', "await new Promise((go) => process.stdin.once('data', go));", ''],
    ['Atomics.waitAsync', 'await Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0).value;', ''],
    [
      'fs.watch',
      'await new Promise((go) => watch(import.meta.dirname + "/tasks", go));',
      "import { watch } from 'node:fs';",
    ],
    [
      'fs.watchFile',
      'await new Promise((go) => watchFile(import.meta.filename, go));',
      "import { watchFile } from 'node:fs';",
    ],
    [
      'fs.watch',
      'await news;',
      "import { watch } from 'node:fs';\nconst news = new Promise((go) => watch(import.meta.dirname + '/tasks', go));",
    ],
  ])('%s: %s', (what, wait, imports) => {
    const { status, reasons, endings, findings } = ran(agent(wait, `${imports}\n${CLAIMS}`));
    expect(reasons[0]).toMatch(new RegExp(`^agent-\\d+\\.mjs left the virtual world: ${what}$`));
    expect(endings).toContain(`${what}, outside of the virtual world`);
    expect(findings).toEqual([]);
    expect(status).toBe(3);
  });

  it('standard input that is read to its end, or is waited for', () => {
    const { status, reasons, findings } = ran(agent('for await (const line of process.stdin) break;', CLAIMS));
    expect(reasons[0]).toMatch(/^agent-\d+\.mjs left the virtual world: standard input$/);
    expect(findings).toEqual([]);
    expect(status).toBe(3);
  });

  it('one that cannot start without it: that is said, and the command ends', () => {
    const start = 'export const start = () => new Promise((go) => watch(import.meta.dirname, go));';
    const { status, stderr } = ran(agent('', `import { watch } from 'node:fs';\n${start}`));
    expect(stderr).toMatch(/did not start.* the run still waits, perhaps for fs\.watch, outside of the virtual world/);
    expect(status).toBe(3);
  });

  it('one that waits for nothing is as hung as ever', () => {
    const { status, findings } = ran(agent('await new Promise(() => {});', CLAIMS));
    expect(findings.length).toBeGreaterThan(0);
    expect(status).toBe(1);
  });
});

it('an agent that asks a model through a process of its own: inconclusive, and it is named', () => {
  const imports = "import { spawnSync } from 'node:child_process';";
  const { status, reasons } = ran(agent("spawnSync('curl', ['-H', 'authorization: Bearer hunter2']);", imports));
  expect(reasons[0]).toMatch(/^agent-\d+\.mjs left the virtual world: child_process\.spawnSync curl$/);
  expect(status).toBe(3);
});

it.each([1, 2, 3, 4])('an agent with loader hooks starts (%i)', () => {
  const hooks = `data:text/javascript,${encodeURIComponent('export const load = async (url, context, next) => next(url, context);')}`;
  const body = `import { register } from 'node:module';\nregister(${JSON.stringify(hooks)});\nawait import('commander');`;
  const { status, stderr } = ran(agent('', body));
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

describe('what a target patches neither improves a verdict nor shows our code', () => {
  /** A screen without names, and without the numbers of events: a short stack may be reported twice, by two names. */
  const shown = (text: string) => text.replaceAll(/agent-\d+|out-\d+|#\d+ +|[\d-]+T[\d-]+\S*/g, '…');

  it.each([
    'Error.prepareStackTrace = () => 42;',
    'Object.freeze(Error);',
    'delete globalThis.queueMicrotask;',
    'process.removeAllListeners();',
  ])('%s', (patch) => {
    const reads = "import { readFile } from 'node:fs/promises';";
    const broken =
      "await readFile(import.meta.filename); Promise.reject(new Error('boom')); await new Promise((go) => setTimeout(go, 9));";
    const [plain, patched] = [ran(agent(broken, reads)), ran(agent(patch + broken, reads + patch))];
    expect(patched.stderr).toBe('');
    expect(shown(patched.stdout)).toBe(shown(plain.stdout));
    expect([patched.status, plain.status]).toEqual([1, 1]);
  });
});
