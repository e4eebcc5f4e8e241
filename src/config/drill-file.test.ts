import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { GoldenTask } from '../core/golden-task.ts';
import { checkRadius, checkRoles, loadDrill } from './drill-file.ts';
import { fakeCatalogue, fakeToolFault } from './fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

const GOOD = `drill: outage
title: The primary never answers
hypothesis: Every task ends.
workflow: support-answer
phases:
  - { name: out, tasks: 2, faults: [{ fault: server-error, role: primary, status: 503 }] }
  - name: healed
    tasks: 1
expect:
  fails-over: { role: backup, within_ms: 8000 }
`;

function problems(change: (text: string) => string, around: Parameters<typeof loadDrill>[2] = {}): string[] {
  using scratch = new Scratch();
  const path = scratch.write('outage.yaml', change(GOOD));
  return problemsOf(() => loadDrill(path, fakeCatalogue, around));
}

test('a good drill comes back parsed, copied and placeable', () => {
  using scratch = new Scratch();
  const loaded = loadDrill(scratch.write('outage.yaml', GOOD), fakeCatalogue);
  expect(basename(loaded.file)).toBe('outage.yaml');
  expect(loaded.drill.phases[1]).toMatchObject({ load: { arrive: 'in_turn' }, faults: [] });
  expect(loaded.definition['expect']).toEqual({ 'fails-over': { role: 'backup', within_ms: 8000 } });
  expect(loaded.place(['phases', 0, 'faults', 0, 'fault'])).toMatchObject({ line: 6, column: 46 });
});

test.each<[string, (text: string) => string, string[]]>([
  [
    'an unknown fault',
    (text) => text.replace('server-error', 'server-eror'),
    ['6:46 unknown fault "server-eror" | did you mean "server-error"? (faults: hang, server-error)'],
  ],
  [
    'an unknown key of a fault',
    (text) => text.replace('status: 503', 'statsu: 503'),
    [
      '6:75 unknown key "statsu" | did you mean "status"? (known keys: status, shape, fault, role, tool, tenants, tasks, when)',
    ],
  ],
  [
    'a parameter out of bounds',
    (text) => text.replace('503', '200'),
    ['6:83 phases[0].faults[0].status may not be 200 | write a whole number, 500 to 599'],
  ],
  [
    'an unknown check',
    (text) => text.replace('fails-over:', 'fail-over:'),
    ['10:3 unknown check "fail-over" | did you mean "fails-over"? (checks: fails-over, ends-in-time, cites)'],
  ],
  [
    'a bad parameter of a check',
    (text) => text.replace('within_ms: 8000', 'within: 8000'),
    [
      '10:15 missing key expect.fails-over.within_ms | add "within_ms": a whole number, 1 to 3600000',
      '10:31 unknown key "within" | did you mean "within_ms"? (known keys: role, within_ms)',
    ],
  ],
  [
    'an unknown feature',
    (text) => `${text}require: [falback]\n`,
    [expect.stringMatching(/^11:11 unknown feature "falback" \| did you mean "fallback"\?/)],
  ],
  [
    'a name that is not the file’s',
    (text) => text.replace('drill: outage', 'drill: other'),
    ['1:8 the drill is called "other", its file "outage" | write `drill: outage`, or rename the file to other.yaml'],
  ],
  [
    'phases of one name',
    (text) => text.replace('name: healed', 'name: out'),
    ['6:3 phases: phase names must differ | change it'],
  ],
])('%s', (_, change, expected) => {
  expect(problems(change)).toEqual(expected);
});

test.each([
  (text: string) => text.replace(/expect:\n.*\n/, 'expect: {}\n'),
  (text: string) => text.replace(/expect:\n.*\n/, 'expect:\n'),
  (text: string) => text.replace(/expect:\n.*\n/, ''),
])('a drill that claims nothing', (change) => {
  const [problem, ...rest] = problems(change);
  expect(problem).toMatch(/^(9|1):1 a drill that claims nothing proves nothing: .*e\.g\. `expect: { fails-over: {} }`/);
  expect(rest).toEqual([]);
});

test('all problems at once, from the top', () => {
  const found = problems((text) =>
    text.replace('title', 'titel').replace('server-error', 'hnag').replace('fails-over', 'falls-over'),
  );
  expect(found.map((line) => line.split(' |')[0])).toEqual([
    '1:1 missing key title',
    '2:1 unknown key "titel"',
    '6:46 unknown fault "hnag"',
    '10:3 unknown check "falls-over"',
  ]);
});

test('roles, where they are known', () => {
  const wrong = ['6:66 there is no role "primary" in this run | did you mean "primary-1"? (roles: primary-1, backup)'];
  const beside = (text: string) => problems(() => `${text}tag: [x]\n`, { roles: ['primary-1', 'backup'] });
  const unknown = expect.stringMatching(/^\d+:1 unknown key "tag"/);
  expect(beside(GOOD)).toEqual([...wrong, unknown]);
  expect(beside(`${GOOD}require: [breaker]\n`), 'it may be for another target').toEqual([unknown]);
  using scratch = new Scratch();
  const loaded = loadDrill(scratch.write('outage.yaml', GOOD), fakeCatalogue);
  expect(problemsOf(() => checkRoles(loaded, ['primary-1', 'backup']))).toEqual(wrong);
  expect(problemsOf(() => checkRoles(loaded, ['primary']))).toEqual([]);
});

test('its workflow, where the project is known, beside a slip', () => {
  const found = problems((text) => text.replace('support-answer', 'suport-answer').replace('title', 'titel'), {
    cwd: '.',
  });
  expect(found.map((line) => line.split('? (')[0])).toEqual([
    expect.stringMatching(/^1:1 missing key title/),
    expect.stringMatching(/^2:1 unknown key "titel"/),
    '4:11 there are no golden tasks for the workflow "suport-answer" | did you mean "support-answer"',
  ]);
});

test('the blast radius, against the golden tasks of the run', () => {
  using scratch = new Scratch();
  const text = GOOD.replace('status: 503', 'status: 503, tenants: [acme, acne], tasks: [refund]');
  const loaded = loadDrill(scratch.write('outage.yaml', text), fakeCatalogue);
  const tasks = [{ name: 'refunds', tenant: 'acme' }].map((task) => GoldenTask.parse({ ...task, input: 'May I?' }));
  expect(problemsOf(() => checkRadius(loaded, { name: 'support', tasks, tools: [] }))).toEqual([
    '6:104 there is no tenant "acne" in the workflow support | did you mean "acme"? (tenants: acme)',
    '6:119 there is no golden task "refund" in the workflow support | did you mean "refunds"? (golden tasks: refunds)',
  ]);
});

test('a fault of tools names a tool of the workflow, any other a role', () => {
  const catalogue = { ...fakeCatalogue, faults: [...fakeCatalogue.faults, fakeToolFault] };
  const loading = (from: string, to: string) => {
    using scratch = new Scratch();
    return loadDrill(scratch.write('outage.yaml', GOOD.replace(from, to)), catalogue);
  };
  const call = 'fault: server-error, role: primary, status: 503';
  expect(problemsOf(() => loading(call, 'fault: tool-error, role: primary'))).toEqual([
    '6:37 tool-error breaks a tool, not a role | write `tool: …` in place of `role: primary`',
  ]);
  expect(problemsOf(() => loading('role: primary', 'tool: pay'))).toEqual([
    '6:37 server-error breaks a role, not a tool | write `role: …` in place of `tool: pay`',
  ]);
  const loaded = loading(call, 'fault: tool-error, tool: lookup');
  const tools = [{ name: 'look_up', parameters: {} }];
  expect(problemsOf(() => checkRadius(loaded, { name: 'support', tasks: [], tools }))).toEqual([
    '6:64 there is no tool "lookup" in the workflow support | did you mean "look_up"? (tools: look_up)',
  ]);
});
