import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { DrillError } from '../core/errors.ts';
import { root, runDrill } from '../drill-run.fixture.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A module in a folder of its own; `log` gets what the module writes there, a line a time. */
function moduleOf(code: (log: string) => string) {
  const folder = mkdtempSync(join(tmpdir(), 'drill-player-'));
  folders.push(folder);
  const log = join(folder, 'log');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'agent.mjs'), code(log));
  return { target: join(folder, 'agent.mjs'), said: () => readFileSync(log, 'utf8').trimEnd().split('\n') };
}

const APART = { stuckAfterMs: 60_000 };
const note = (log: string) => `
  import { appendFileSync } from 'node:fs';
  const note = (words) => appendFileSync(${JSON.stringify(log)}, words + '\\n');`;

test.each(['openai-sdk-agent'])('%s: played apart, the bytes are those of a run in here', async (name) => {
  const target = `fixtures/targets/${name}.ts`;
  const [apart, inside] = [await runDrill({ target, ...APART }), await runDrill({ target })];
  expect(apart.text).toBe(inside.text);
  expect({ ...apart.report, about: null }).toEqual({ ...inside.report, about: null });
  expect(apart.code).toBe(inside.code);
});

test('a plain module is Node’s own to load, also where it imports what only a compiler reads', async () => {
  const { target } = moduleOf(
    () => `import { shout } from './words';
      export default async (task) => shout('the answer to ' + task.id) + import.meta.url.slice(0, 8);`,
  );
  writeFileSync(join(target, '../words.ts'), 'export const shout = (text: string): string => text.toUpperCase();');
  const [apart, inside] = [await runDrill({ target, ...APART }), await runDrill({ target })];
  expect(apart.text).toContain('THE ANSWER TO ');
  expect(apart.text).toBe(inside.text);
});

test('so is one that imports what Node does not see in a CommonJS file', async () => {
  const { target } = moduleOf(() => `import { answer } from './answer.cjs';\nexport default async () => answer;`);
  writeFileSync(join(target, '../answer.cjs'), "module.exports = Object.assign({}, { ['answer']: 'so it is' });");
  const [apart, inside] = [await runDrill({ target, ...APART }), await runDrill({ target })];
  expect(apart.text).toContain('so it is');
  expect(apart.text).toBe(inside.text);
});

test.each([
  ['const a = ;', 1, 11],
  ['\n\nnobody.knows();', 3, 1],
  ["JSON.parse('{');", 1, 6],
  ["\nimport './nowhere.mjs';", 2, undefined],
])('%j, evaluated as Node does it: it is said where', async (code, line, column) => {
  const { target } = moduleOf(() => `${code}\nexport default async () => 'x';`);
  const error = await runDrill({ target, ...APART }).then(
    () => undefined,
    (thrown: DrillError) => thrown,
  );
  expect(error?.problems[0]).toMatchObject({ message: expect.stringMatching(/^the target could not be loaded: /) });
  expect(error?.problems[0]?.place).toMatchObject({ line, ...(column !== undefined && { column }) });
});

test('several at once: the same bytes, two processes a drill', async () => {
  const { target, said } = moduleOf(
    (log) => `${note(log)}
      note('pid ' + process.pid);
      export default async (task) => 'The answer to ' + task.id;`,
  );
  const names = ['timeout_primary', 'all_models_down'];
  const [one, two] = [
    await runDrill({ target, names, ...APART }),
    await runDrill({ target, names, jobs: 2, ...APART }),
  ];
  expect(two.text).toBe(one.text);
  // The other drill is skipped: this target claims nothing that it is about.
  expect(new Set(said()).size).toBe(4);
});

test('each world begins anew: on the global object, in the environment, in its own scope and in what it is handed', async () => {
  const { target, said } = moduleOf(
    (log) => `${note(log)}
      let own = 0;
      export default async (task) => {
        own += 1;
        globalThis.count = (globalThis.count ?? 0) + 1;
        process.env.COUNT = String(Number(process.env.COUNT ?? 0) + 1);
        task.sources.push({ id: 'mine', text: '' });
        if (task.history) task.history.push({ role: 'user', content: 'again' });
        note([process.pid, own, globalThis.count, process.env.COUNT, task.sources.length].join(' '));
        return 'x';
      };`,
  );
  await runDrill({ target, task: ['order_not_found'], ...APART });
  const lines = said().map((line) => line.split(' ').map(Number));
  const pids = [...new Set(lines.map(([pid]) => pid))];
  expect(pids).toHaveLength(2);
  for (const pid of pids) {
    const own = lines.filter(([one]) => one === pid);
    const sources = own[0]?.[4];
    expect(own.map(([, ...counts]) => counts)).toEqual(own.map((_, i) => [i + 1, i + 1, i + 1, sources]));
  }
});

test('what it prints, from its body too, is told as its own, without secrets', async () => {
  const { target } = moduleOf(
    () => `console.log('body', 'sk-' + 'a1'.repeat(12));
      export default async () => { process.stdout.write('no line end'); return 'x'; };`,
  );
  const told: string[] = [];
  const run = await runDrill({ target, json: true, ...APART, stderr: { write: (text) => void told.push(text) } });
  expect(told.join('')).toMatch(/^body \[redacted \w\w\]\n/);
  expect(told.join('')).toContain('no line end');
  expect(() => JSON.parse(run.screen)).not.toThrow();
});

test.each([
  ['is asked to end', "process.kill(process.pid, 'SIGTERM')", 'the target ended its process (SIGTERM)'],
  ['is killed', "process.kill(process.pid, 'SIGKILL')", 'the target ended its process (SIGKILL)'],
  ['aborts', "process.kill(process.pid, 'SIGABRT')", /aborted/],
])(
  'a target that %s in a task: that task is inconclusive, with the reason, and later drills are run',
  async (_, code, why) => {
    const { target } = moduleOf(
      () => `let asked = 0;
      export default async (task) => { if (task.id === 'order_not_found-2') ${code}; return 'x'; };`,
    );
    const run = await runDrill({
      target,
      task: ['order_not_found'],
      names: ['timeout_primary', 'timeout_primary'],
      ...APART,
    });
    expect(run.code).toBe(3);
    const lost = run.trace.filter((e) => e.kind === 'real-io');
    expect(lost).toHaveLength(2);
    expect(lost[0]).toMatchObject({ task: 'order_not_found', fatal: true, ended: true });
    expect(run.report.drills.flatMap((d) => d.reasons.map((r) => r.reason))).toEqual(
      expect.arrayContaining([typeof why === 'string' ? `order_not_found: ${why}` : expect.stringMatching(why)]),
    );
    expect(run.report.drills.flatMap((d) => d.tasks.map((t) => t.verdict))).not.toContain('passed');
  },
);

test('an agent that empties its contract changes nothing that it is judged by', async () => {
  const flawed = join(root, 'fixtures/targets/flawed-orders/skips-the-verifier.ts');
  const { target } = moduleOf(
    () => `import agent, { declares, notices } from ${JSON.stringify(flawed)};
      export { declares, notices };
      export default (task, context) => {
        if (task.contract?.steps) task.contract.steps.length = 0;
        if (task.contract?.permissions) task.contract.permissions.modes = {};
        return agent(task, context);
      };`,
  );
  const run = await runDrill({ target, names: ['no_tool_support'], ...APART });
  expect(run.code).toBe(1);
  const failed = run.report.drills
    .flatMap((d) => d.tasks.flatMap((t) => t.checks))
    .filter((c) => c.verdict === 'failed');
  expect(failed.map((c) => c.check)).toContain('takes-required-steps');
});

test('a run that is over leaves no process', async () => {
  const { target, said } = moduleOf(
    (log) => `${note(log)}
      note(String(process.pid));
      setInterval(() => {}, 1000);
      export default async () => 'x';`,
  );
  await runDrill({ target, ...APART });
  expect(said()).toHaveLength(2);
  for (const pid of said()) expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
});
