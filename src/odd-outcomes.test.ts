import { describe, expect, it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

/** Runs an agent that gives back, or does, something odd once the primary has failed. */
async function onOutage(odd: string) {
  using project = new Project({
    'my-tasks/hours.json': '{ "name": "hours", "input": "When?", "must_include": ["10 am"] }',
    'agent.mjs': `
const post = async (role, task) => {
  const body = JSON.stringify({ model: role.model, messages: [{ role: 'user', content: task.input }] });
  const reply = await fetch(role.base_url + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error('status ' + reply.status);
  return (await reply.json()).choices[0].message.content;
};
const nestedText = (levels, open, close) => open.repeat(levels) + '1' + close.repeat(levels);
const nested = (...how) => JSON.parse(nestedText(...how));
export default async (task, { roles }) => {
  try { return await post(roles.primary, task); } catch { ${odd} }
  return post(roles.backup, task);
};
export const declares = { features: ['fallback', 'deadline', 'notice'] };
const at = (model) => ({ provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1', model });
export const roles = { primary: at('gpt-5-mini'), backup: at('gpt-5-nano') };
`,
  });
  const run = await runDrill({
    cwd: project.cwd,
    target: './agent.mjs',
    tasks: 'my-tasks',
    fault: ['server-error@primary'],
  });
  const [drill] = run.report.drills;
  return {
    code: run.code,
    reasons: drill?.reasons,
    outcome: drill?.tasks[0]?.outcome,
    checks: drill?.tasks[0]?.checks,
  };
}

describe('an outcome that cannot be stored is a finding of its task', () => {
  const NO_JSON = "the target's outcome cannot become JSON: ";
  it.each([
    ['goes in a circle', 'const data = {}; data.self = data;', 'TypeError: Converting circular structure to JSON'],
    ['holds a BigInt', 'const data = { n: 1n };', 'TypeError: Do not know how to serialize a BigInt'],
    ['nests too deep', "const data = nested(101, '{\"a\":', '}');", 'RangeError: it nests deeper than 100 levels'],
    [
      'nests far too deep',
      "const data = { a: nested(200_000, '[', ']') };",
      'RangeError: Maximum call stack size exceeded',
    ],
    ['has a getter that throws', "const data = { get a() { throw new Error('boom'); } };", 'Error: boom'],
    ['has a toJSON that throws', "const data = { toJSON() { throw new Error('boom'); } };", 'Error: boom'],
    [
      'throws what has no words',
      'const data = { toJSON() { throw Object.create(null); } };',
      'something that cannot be',
    ],
  ])('its data %s', async (_, data, why) => {
    const { code, outcome } = await onOutage(`${data} return { kind: 'answered', answer: '10 am', data };`);
    expect(outcome).toEqual({ kind: 'failed', error: expect.stringContaining(NO_JSON + why) });
    expect(code).toBe(1);
  });

  it.each([
    ['a getter of its own throws', "return { get kind() { throw new Error('boom'); } };", `${NO_JSON}Error: boom`],
    [
      'a toJSON makes another shape of it',
      "return { kind: 'answered', data: { toJSON: () => 'text' } };",
      /wrong shape: data may not be "text": write a mapping/,
    ],
    ['it throws what has no words', 'throw Object.create(null);', 'something that cannot be told in words'],
    [
      'it throws an error without a class',
      "throw Object.defineProperty(new Error('x'), 'message', { get() { throw new Error('boom'); } });",
      'something that cannot be told in words',
    ],
  ])('%s', async (_, odd, why) => {
    const { code, outcome } = await onOutage(odd);
    expect(outcome).toEqual({ kind: 'failed', error: expect.stringMatching(why) });
    expect(code).toBe(1);
  });

  it('what JSON leaves out is left out before it is judged', async () => {
    const { outcome } = await onOutage(
      "return { kind: 'answered', answer: '10 am', data: { at: new Date(0), f() {}, n: NaN, m: undefined } };",
    );
    expect(outcome).toMatchObject({ kind: 'answered', data: { at: '1970-01-01T00:00:00.000Z', n: null } });
  });
});

describe('an outcome of a wrong shape', () => {
  it.each([
    [
      'a kind and keys that were mistyped',
      "{ kind: 'answerd', anser: '10 am', degraded: true, notise: 'Slower today.' }",
      [
        /^kind may not be "answerd": did you mean "answered"\? \(/,
        'unknown key "anser": did you mean "answer"?',
        'unknown key "notise": did you mean "notice"?',
      ],
    ],
    ['no kind', "{ answer: '10 am' }", [/^missing key kind: add "kind": one of answered, /]],
    ['nothing', 'undefined', [/^it is neither a text nor a mapping/]],
    ['a wrong part', "{ kind: 'answered', answer: 'x', citations: [7] }", ['citations[0] may not be 7: write text']],
    [
      'half a notice',
      "{ kind: 'answered', answer: 'x', notice: { works: 'all' } }",
      [
        /^missing key notice.limited/,
        /^missing key notice.action/,
        /^missing key notice.saved/,
        /^missing key notice.next/,
      ],
    ],
    [
      'an answer under another key',
      "{ kind: 'answered', anser: '10 am' }",
      ['it is answered and has neither answer nor data', 'unknown key "anser": did you mean "answer"?'],
    ],
    [
      'another spelling of a key',
      "{ kind: 'answered', answer: '10 am', toolMode: 'full' }",
      ['unknown key "toolMode": did you mean "tool_mode"?'],
    ],
  ])('is the one finding of its task: %s', async (_, given, problems) => {
    const { code, checks } = await onOutage(`return ${given};`);
    expect(code).toBe(1);
    const found = checks?.filter((cell) => cell.verdict === 'failed') ?? [];
    expect(found.map((cell) => cell.check)).toEqual(['ends-inside-deadline']);
    const shape = "the target's outcome has a wrong shape: ";
    expect(found[0]?.reason).toContain(shape);
    const said = found[0]?.reason.slice(shape.length).split('; ') ?? [];
    expect(said).toEqual(problems.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))));
    expect(checks?.find((cell) => cell.check === 'admits-degraded-mode')).toMatchObject({
      verdict: 'not_applicable',
      reason: 'the outcome cannot be read',
    });
  });

  it('may have keys of its own', async () => {
    const { outcome } = await onOutage(
      "return { kind: 'answered', answer: '10 am', status: 1, stats: 2, cost: 3, trace_id: 'x' };",
    );
    expect(outcome).toEqual({ kind: 'answered', answer: '10 am' });
  });
});

it('an answer that is JSON, and nests too deep to be read, is no structured output', async () => {
  const { code, outcome } = await onOutage("return nestedText(100_000, '{\"a\":', '}');");
  expect(outcome).toMatchObject({ kind: 'answered' });
  expect(code).toBe(1);
});

it('a crash after the answer is told as what it is, not as a socket', async () => {
  const { code, reasons } = await onOutage("setTimeout(() => { throw new Error('late'); }, 3000);");
  expect(code).toBe(3);
  expect(reasons).toContainEqual({
    reason: expect.stringMatching(/^the target \S.*: Error: late, in no task's time$/),
    fix: expect.stringMatching(/^A process of its own would have ended there/),
  });
});
