import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';
import { loadWorkflow, taskFiles } from './workflow-folder.ts';

const SOUND = {
  'contract.yaml': `workflow: orders
wrong_is_worse_than_none: true
gates: [cites]
permissions:
  tools:
    find: read
    pay: { write: true, approval: human, claimed_by: paid }
`,
  'concepts.yaml': `paid:
  says: [was paid]
  positive: [It was paid., The bill was paid., All was paid.]
  negative: [It will be paid., Pay it., Nothing.]
`,
  'tools.yaml': `- name: find
  parameters: { type: object, properties: { order: { type: string } }, required: [order] }
- name: pay
  description: Pays.
  parameters: { type: object, properties: { sum: { type: number } }, additionalProperties: false }
`,
  'a.yaml': `name: a
input: A
must_not: [{ concept: paid }]
answer: { risk: low, next: { sum: 3 } }
tools: [find]
turns:
  - { tool: find, args: { order: "1" } }
  - tool: pay
    args: { sum: 3 }
misreadings: [{ field: next.sum, how: units, value: 300 }]
`,
};

function load(over: Record<string, string> = {}) {
  using scratch = new Scratch();
  for (const [name, text] of Object.entries({ ...SOUND, ...over })) scratch.write(`orders/${name}`, text);
  const dir = join(scratch.dir, 'orders');
  return { ...loadWorkflow(dir, [], fakeCatalogue), files: taskFiles(dir).length };
}

test('concepts and tools stand in files of their own, which are no golden tasks', () => {
  const { concepts, tools, tasks, files } = load();
  expect(concepts['paid']).toMatchObject({ says: ['was paid'], unless: [] });
  expect(tools.map((tool) => tool.name)).toEqual(['find', 'pay']);
  expect([tasks.length, files]).toEqual([1, 1]);
});

test('without those files there are none', () => {
  using scratch = new Scratch();
  scratch.write('orders/a.yaml', 'name: a\ninput: A\n');
  expect(loadWorkflow(join(scratch.dir, 'orders'), [], fakeCatalogue)).toMatchObject({ concepts: {}, tools: [] });
});

const changed = (file: keyof typeof SOUND, from: string, to: string) => ({ [file]: SOUND[file].replace(from, to) });

test.each<[string, Record<string, string>, RegExp[]]>([
  [
    'a concept nobody defined',
    { ...changed('a.yaml', 'concept: paid', 'concept: payed'), ...changed('contract.yaml', 'by: paid', 'by: payd') },
    [
      /^7:54 there is no concept "payd" \| did you mean "paid"/,
      /^3:23 there is no concept "payed" \| concepts: paid; or add it to concepts\.yaml$/,
    ],
  ],
  [
    'sentences that a concept misjudges',
    changed(
      'concepts.yaml',
      'The bill was paid., All was paid.]\n  negative: [It will be paid.',
      'The bill., All was paid.]\n  negative: [It was paid',
    ),
    [
      /^3:28 the concept "paid" does not find itself in this sentence \| add a pattern/,
      /^4:14 the concept "paid" finds itself in this sentence \| narrow/,
    ],
  ],
  [
    'an unreadable pattern',
    changed('concepts.yaml', '[was paid]', '["(?=a)"]'),
    [/^2:10 bad pattern: .*no look-around/],
  ],
  [
    'too few sentences',
    changed('concepts.yaml', ', Pay it., Nothing.', ''),
    [/^4:13 paid\.negative may not be a list of 1 \| write a list of 3 to 50: text/],
  ],
  [
    'tools that nobody offers',
    { ...changed('a.yaml', '[find]', '[fnd]'), ...changed('tools.yaml', 'name: pay', 'name: repay') },
    [
      /^7:5 there is no tool "pay" \| tools: find, repay/,
      /^5:9 there is no tool "fnd" \| did you mean "find"\? .*or add it to tools\.yaml/,
      /^8:11 there is no tool "pay"/,
    ],
  ],
  [
    'a required argument that the tool does not have',
    changed('tools.yaml', 'required: [order]', 'required: [oder]'),
    [
      /^2:83 in the JSON Schema, "required" names "oder", which is no property \| did you mean "order"\? \(properties: order\)/,
    ],
  ],
  [
    'arguments a tool does not take',
    changed('a.yaml', 'sum: 3 }\nmis', 'sum: x, extra: 1 }\nmis'),
    [/^9:18 the tool does not take these arguments: .*type/, /^9:1\d the tool does not take .*"extra"/],
  ],
  [
    'a tool whose parameters are no schema, or have patterns',
    changed('tools.yaml', 'sum: { type: number }', 'sum: { type: text, pattern: x }'),
    [/^5:58 in the JSON Schema, "type" is broken/, /^5:73 a tool’s parameters may not have patterns/],
  ],
  [
    'two tools of one name',
    { 'tools.yaml': `${SOUND['tools.yaml']}${SOUND['tools.yaml'].split('- name: pay')[0]}` },
    [/^6:9 two tools are called "find" \| rename one/],
  ],
  [
    'data of a tenant that no task has',
    changed('contract.yaml', 'gates:', 'residency: { acmee: [eu] }\ngates:'),
    [/^3:14 no golden task is of the tenant "acmee" \| tenants: default/],
  ],
  [
    'a gate that is no check',
    changed('contract.yaml', '[cites]', '[cite]'),
    [/^3:9 there is no check "cite" \| did you mean "cites"\? \(gates: cites\)/],
  ],
  [
    'a gate that does not judge an answer',
    changed('contract.yaml', '[cites]', '[cites, fails-over]'),
    [/^3:16 "fails-over" cannot be a gate: it does not judge what an answer says \| gates: cites$/],
  ],
  [
    'no gate where one is needed',
    changed('contract.yaml', 'gates: [cites]\n', ''),
    [/^2:27 where a wrong answer is worse .* \| name checks in `gates`/],
  ],
  [
    'a misreading of no field',
    changed('a.yaml', 'next.sum', 'next.sums'),
    [/^10:24 the canonical answer has no field "next\.sums" \| did you mean "next\.sum"/],
  ],
  [
    'slips in the keys of files that can be read all the same',
    {
      ...changed('contract.yaml', 'gates: [cites]', 'gates: [cite]\nstake: high'),
      ...changed('a.yaml', 'tools: [find]', 'tools: [fnd]\nfixture: [x]'),
    },
    [
      /^4:1 unknown key "stake" \| did you mean "stakes"/,
      /^6:1 unknown key "fixture" \| did you mean "fixtures"/,
      /^3:9 there is no check "cite"/,
      /^5:9 there is no tool "fnd"/,
    ],
  ],
  [
    'a file that cannot be read, alone',
    changed('tools.yaml', 'name: pay', 'nam: pay'),
    [/^3:3 missing key \[1\]\.name/, /^3:3 unknown key "nam"/],
  ],
])('%s', (_, over, expected) => {
  const found = problemsOf(() => load(over));
  expect(found).toHaveLength(expected.length);
  for (const [i, pattern] of expected.entries()) expect(found[i]).toMatch(pattern);
});

test('tools that nobody knows are looked for where they are, or would be', () => {
  const over = (tools: Record<string, string>) =>
    problemsOf(() => {
      using scratch = new Scratch();
      const files = { 'a.yaml': 'name: a\ninput: A\ntools: [fnd]\n', ...tools };
      for (const [name, text] of Object.entries(files)) scratch.write(`orders/${name}`, text);
      loadWorkflow(join(scratch.dir, 'orders'), [], fakeCatalogue);
    });
  const find = '[{ "name": "find", "parameters": { "type": "object" } }]';
  expect(over({ 'tools.json': find })).toEqual([
    '3:9 there is no tool "fnd" | did you mean "find"? (tools: find); or add it to tools.json',
  ]);
  expect(over({})).toEqual(['3:9 there is no tool "fnd" | add it to tools.json']);
});

test('a slip in the name of a usual role switches no limit off', () => {
  const modes = (role: string) =>
    changed('contract.yaml', 'permissions:\n', `permissions:\n  modes: { ${role}: plan-only }\n`);
  expect(problemsOf(() => load(modes('bakup')))).toEqual([
    expect.stringMatching(/^5:12 "bakup" is not the role "backup"/),
  ]);
  expect(problemsOf(() => load({ ...modes('backup-2') }))).toEqual([]);
  const steps = changed('contract.yaml', 'permissions:\n', 'steps: [{ name: verify, role: verfier }]\npermissions:\n');
  expect(problemsOf(() => load(steps))).toEqual([expect.stringContaining('"verfier" is not the role "verifier"')]);
});
