import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';
import { loadWorkflow } from './workflow-folder.ts';

const TASK = { name: 'refund', input: 'May I?', tenant: 'acme', fixtures: ['policy', 'order'] };

function folder(scratch: Scratch, tasks: Record<string, string>): { dir: string; sources: string } {
  scratch.write('support/sources/acme/order.json', '{"id": 991}');
  scratch.write('support/sources/acme/tenant.yaml', 'name: acme\ncanary: canary-acme-1\n');
  scratch.write('shared/policy.md', 'Thirty days.');
  for (const [name, text] of Object.entries(tasks)) scratch.write(`support/${name}`, text);
  return { dir: join(scratch.dir, 'support'), sources: join(scratch.dir, 'shared') };
}

function load(tasks: Record<string, string>) {
  using scratch = new Scratch();
  const { dir, sources } = folder(scratch, tasks);
  return loadWorkflow(dir, [sources], fakeCatalogue);
}

const problems = (tasks: Record<string, string>): string[] => problemsOf(() => load(tasks));

test('a folder with contract, tasks, sources and canaries', () => {
  const workflow = load({
    'contract.yaml': 'workflow: support\noutput: { schema: answer.schema.json, required: [answer] }\n',
    'answer.schema.json': '{ "type": "object" }',
    'b.json': JSON.stringify(TASK),
    'a.yaml': '- { name: one, input: A }\n- { name: two, input: B }\n',
  });
  expect(workflow.name).toBe('support');
  expect(workflow.contract?.output).toEqual({ schema: { type: 'object' }, required: ['answer'] });
  expect(workflow.tasks.map((task) => task.name)).toEqual(['one', 'two', 'refund']);
  expect(workflow.sources).toEqual([
    { id: 'policy', tenant: 'acme', text: 'Thirty days.' },
    { id: 'order', tenant: 'acme', text: '{"id": 991}' },
  ]);
  expect(workflow.canaries).toEqual({ acme: 'canary-acme-1' });
});

test('three tasks and nothing else are enough', () => {
  using scratch = new Scratch();
  scratch.write('t/x.yaml', '- { name: a, input: A }\n- { name: b, input: B }\n- { name: c, input: C }\n');
  expect(loadWorkflow(join(scratch.dir, 't'), [], fakeCatalogue)).toMatchObject({
    name: 't',
    sources: [],
    canaries: {},
  });
});

test('a picture is a source', () => {
  using scratch = new Scratch();
  const { dir, sources } = folder(scratch, { 'a.json': JSON.stringify({ ...TASK, fixtures: ['photo', 'scan'] }) });
  scratch.write('shared/acme/photo.png', 'PNG');
  scratch.write('shared/acme/scan.jpeg', 'JPEG');
  expect(loadWorkflow(dir, [sources], fakeCatalogue).sources).toEqual([
    { id: 'photo', tenant: 'acme', text: '', image: { media_type: 'image/png', data: 'UE5H' } },
    { id: 'scan', tenant: 'acme', text: '', image: { media_type: 'image/jpeg', data: 'SlBFRw==' } },
  ]);
  scratch.write('shared/acme/photo.png', '');
  expect(() => loadWorkflow(dir, [sources], fakeCatalogue)).toThrow('the file is empty');
});

test('a tenant’s own source comes before a shared one', () => {
  using scratch = new Scratch();
  const { dir, sources } = folder(scratch, { 'a.json': JSON.stringify({ ...TASK, fixtures: ['policy'] }) });
  scratch.write('shared/acme/policy.txt', 'Sixty days.');
  expect(loadWorkflow(dir, [sources], fakeCatalogue).sources[0]?.text).toBe('Sixty days.');
});

test.each<[string, Record<string, string>, RegExp[]]>([
  [
    'a missing source',
    { 'a.yaml': 'name: a\ninput: A\ntenant: acme\nfixtures: [polisy]\n' },
    [/^4:12 there is no source "polisy" for the tenant "acme" \| add .*acme\/polisy\.md; or did you mean "policy"\?/],
  ],
  ['a source outside', { 'a.yaml': 'name: a\ninput: A\nfixtures: [../x]\n' }, [/^3:12 "\.\.\/x" leaves the sources/]],
  ['an absolute source', { 'a.yaml': 'name: a\ninput: A\nfixtures: [/etc/x]\n' }, [/^3:12 "\/etc\/x" leaves/]],
  [
    'two tasks of one name',
    { 'a.yaml': 'name: a\ninput: A\n', 'b.yaml': '- name: a\n  input: B\n' },
    [/^1:9 two golden tasks are called "a"; the first is at .*a\.yaml:1:7 \| rename one/],
  ],
  [
    'a required source that is no fixture',
    { 'a.yaml': 'name: a\ninput: A\ntenant: acme\nfixtures: [policy]\nrequired_sources: [polcy]\n' },
    [/^5:20 required source "polcy" .* did you mean "policy"/],
  ],
  [
    'a bad pattern',
    { 'a.yaml': 'name: a\ninput: A\nmust_not: [{ pattern: "(?=x)" }]\n' },
    [/^3:23 bad pattern: .*no look-around/],
  ],
  [
    'every file at once',
    { 'a.yaml': 'name: a\n', 'b.yaml': 'nmae: b\ninput: B\n', 'contract.yaml': 'workflow: other\n' },
    [
      /^1:11 the contract is for the workflow "other", not "support"/,
      /^1:1 missing key input/,
      /^1:1 missing key name/,
      /^1:1 unknown key "nmae" \| did you mean "name"/,
    ],
  ],
  ['no task', {}, [/the folder holds no golden task/]],
  [
    'a missing output schema',
    { 'a.yaml': 'name: a\ninput: A\n', 'contract.yaml': 'workflow: support\noutput: { schema: x.json }\n' },
    [/^2:19 there is no file "x\.json" beside the contract/],
  ],
])('%s', (_, tasks, expected) => {
  const found = problems(tasks);
  expect(found).toHaveLength(expected.length);
  for (const [i, pattern] of expected.entries()) expect(found[i]).toMatch(pattern);
});

test('a folder that is not there', () => {
  expect(problemsOf(() => loadWorkflow('/no/such/folder', [], fakeCatalogue))[0]).toMatch(
    /there is no such folder of golden tasks/,
  );
});
