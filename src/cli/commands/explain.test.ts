import { expect, test } from 'vitest';
import { fakeCatalogue } from '../../config/fake-catalogue.fixture.ts';
import { Scratch } from '../../config/scratch.fixture.ts';
import { protocols } from '../../protocols/index.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { explain } from './explain.ts';

async function explained(name: string, cwd = process.cwd()): Promise<string> {
  const terminal = fakeTerminal({ cwd });
  await explain(name, fakeCatalogue, terminal);
  return terminal.out();
}

test('a fault with its parameters', async () => {
  expect(await explained('server-error')).toBe(`server-error (fault, meaning layer)

The provider answers with a 5xx.

Parameters:
  status  a whole number, 500 to 599 (default 500): HTTP status
  shape   one of json, html (default "json")

Fires: on every call of its role, unless \`when\`, \`tenants\` or \`tasks\` say otherwise: see \`drill explain fault\`.
Effect: no usable reply comes, whatever is sent.
How hard: status; 500 does nothing.

Example, in \`faults\` of a phase:
  { fault: server-error, role: primary, status: 503 }

Or in place of the faults of a drill:
  drill run timeout_primary --fault server-error@primary,status=503
`);
});

test('a check says its severity and feature; required and optional parameters differ', async () => {
  const text = await explained('fails-over');
  expect(text).toContain('fails-over (check, critical, judges a task)');
  expect(text).toContain('within_ms  a whole number, 1 to 3600000 (required): milliseconds from the ask');
  expect(text).toContain('role       text (optional): who must answer');
  expect(text).toContain('Reads: the calls.\nAsked of: drills that expect it.\n');
  expect(text).toContain('Not applicable: the target does not claim the feature: fallback; no fault is armed.');
});

test('a plugin without parameters, a file format with mappings in it', async () => {
  expect(await explained('hang')).toContain('It has no parameters.');
  expect(await explained('golden-task')).toContain('max_latency_ms');
  expect(await explained('config')).toContain('  roles.<name>.price.input  ');
  expect(await explained('drill')).toContain('  phases[].faults[].role  ');
});

test('a drill: its phases with their faults, and its claims', async () => {
  using scratch = new Scratch();
  scratch.write(
    'drills/mine.yaml',
    'drill: mine\ntitle: T\nhypothesis: H\nworkflow: w\ntags: [core]\nrequire: [breaker]\nphases:\n- { name: out, tasks: 2, for_ms: 5, faults: [{ fault: server-error, role: primary, status: 503, when: { calls: [1] } }] }\n- { name: well, tasks: 1, after_ms: 9, load: { every_ms: 7 } }\nexpect: { ends-in-time: {} }\n',
  );
  const text = await explained('mine', scratch.dir);
  expect(text.slice(text.indexOf('T. H'))).toBe(`T. H

Workflow: w
Tags: core
Skipped, unless the target claims: breaker

Phases:
  out: 2 tasks, in turn, for at least 5 ms
    server-error on primary, { when: { calls: [ 1 ], per: task }, status: 503 }
  well: 1 task, one every 7 ms, after 9 ms of quiet, no fault

Expects, beside what its golden tasks and contract bring along:
  ends-in-time: {}
    Every task ends inside its deadline.

Run it:
  drill run mine
`);
});

test('a protocol: its dialects, with a line and an example each', async () => {
  const terminal = fakeTerminal({ cwd: process.cwd() });
  await explain('openai-chat', { ...fakeCatalogue, protocols }, terminal);
  const [, dialects = ''] = terminal.out().split('Dialects, as `dialect` of a role:\n');
  expect(dialects.match(/^ {2}\w+ +\S.*$/gm)).toHaveLength(5);
  expect(dialects).toMatch(/^ {2}azure +Azure OpenAI: .*\n +backup: \{ .*dialect: azure, /m);
});

test('an unknown name', async () => {
  await expect(explained('hnag')).rejects.toMatchObject({
    message: 'there is nothing called "hnag"',
    problems: [{ fix: 'did you mean "hang"? (`drill list` shows all)' }],
  });
  await expect(explained('zebra')).rejects.toMatchObject({ problems: [{ fix: '`drill list` shows all there is' }] });
});

test('a workflow: its contract, its golden tasks, its tools and concepts', async () => {
  using scratch = new Scratch();
  scratch.write(
    'fixtures/golden/orders/contract.yaml',
    'workflow: orders\nstakes: high\noutput: { schema: { type: object }, required: [sum] }\npermissions: { tools: { find: read } }\n',
  );
  scratch.write(
    'fixtures/golden/orders/tools.json',
    '[{ "name": "find", "description": "Finds.", "parameters": { "type": "object" } }]',
  );
  scratch.write(
    'fixtures/golden/orders/a.yaml',
    '- { name: a, input: A, tenant: acme, priority: high, turns: [{ tool: find }, { tool: find }] }\n- { name: b, input: B }\n',
  );
  expect((await explained('orders', scratch.dir)).replace(/\(.*\)/, '(…)')).toBe(`orders (…)

Contract:
  output: [ sum ]
  modes: {}
  stakes: high
  wrong_is_worse_than_none: false
  gates: []
  steps: []

Golden tasks: tenant, priority, tools:
  a: acme, high, find
  b: default, normal

Tools:
  find (reads): Finds.
`);
});
