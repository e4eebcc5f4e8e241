import { describe, expect, test } from 'vitest';
import { GoldenTask, type Workflow } from '../core/golden-task.ts';
import type { LogRecord } from '../core/outcome.ts';
import { logFacts } from './log-facts.ts';

const INPUT = 'The boots of order 1103 are too small. Please exchange them for EU 43 in walnut.';
const POLICY = 'Unworn boots may be exchanged once within 60 days.\nShipping both ways is paid by us.';
const SAID = 'I bought them in your shop in Aarhus last month.';

const task = (name: string, tenant: string, input: string) =>
  GoldenTask.parse({ name, tenant, input, fixtures: ['policy_exchanges_v2'] });
const golden = GoldenTask.parse({
  ...task('exchange_boots', 'alder-outdoor', INPUT),
  history: [{ role: 'user', content: SAID }],
});
const workflow: Workflow = {
  name: 'orders',
  tasks: [golden, task('where_is_it', 'lumen-home', 'When does order 6120 arrive?'), task('hi', 'default', 'Why?')],
  sources: [{ id: 'policy_exchanges_v2', tenant: 'alder-outdoor', text: POLICY }],
  canaries: { 'alder-outdoor': 'ALD-7Q4X-20931' },
  ...{ concepts: {}, notices: [], tools: [] },
};
const RECORD: LogRecord = {
  ...{ task_id: 'exchange_boots-7', tenant_hash: '5f2a9b0c11d2e3f4', workflow_step: 'answer' },
  ...{ primary_model: 'gpt-5-mini', failure_mode: null, fallback_model: null, tool_mode: 'full' },
  ...{ schema_status: 'valid', quality_gate: 'passed', latency_ms: 900, cost_usd: 0.001, degraded: false },
  ...{ trace_id: '0af7651916cd43dd8448eb211c80319c', source_ids: ['policy_exchanges_v2'] },
};
const HELD = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
const factsOf = (over: Partial<LogRecord>, of = golden) =>
  logFacts([{ ...RECORD, ...over }], HELD, {
    ask: 7,
    golden: of,
    workflow: { ...workflow, tasks: [...workflow.tasks, of] },
    models: ['gpt-5-mini'],
  });
const CLEAN = { held: HELD, held_input: false };

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');
const ENCODINGS: Record<string, (text: string) => string> = {
  plain: (text) => text,
  'in capitals': (text) => text.toUpperCase(),
  'words parted by dashes': (text) => text.replaceAll(/\W+/g, '-'),
  'without blanks': (text) => text.replaceAll(' ', ''),
  'in JSON': (text) => JSON.stringify({ q: text }),
  'in JSON, to the last letter': (text) =>
    [...text].map((sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  'URL-encoded': (text) => `q=${encodeURIComponent(text)}`,
  'as a form': (text) => new URLSearchParams({ q: text }).toString(),
  base64,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 after something': (text) => `req-${base64(`v1:${text}`)}`,
  'base64 of base64': (text) => base64(base64(text)),
  hex,
  'hex in capitals': (text) => hex(text).toUpperCase(),
  'written backwards': (text) => [...text].reverse().join(''),
};

describe.each(Object.entries(ENCODINGS))('%s', (_, encode) => {
  test('the question is found, and so is half of it and all but its last sign', () => {
    for (const part of [INPUT, INPUT.slice(0, -1), INPUT.slice(0, INPUT.length / 2), INPUT.slice(40)])
      expect(factsOf({ trace_id: `q:${encode(part)}` }), part).toEqual({ ...CLEAN, held_input: true });
  });

  test('a tenant is found, alone or beside others, its own or another', () => {
    for (const name of ['alder-outdoor', 'tenant:lumen-home;eu'])
      expect(factsOf({ tenant_hash: encode(name) }), name).toEqual({ ...CLEAN, held_tenant: true });
  });

  test('what was said before is found, and a source by a sentence of it', () => {
    expect(factsOf({ workflow_step: encode(SAID) })).toMatchObject({ held_input: true });
    expect(factsOf({ trace_id: encode(POLICY.split('\n')[1] ?? '') }).held.sources).toEqual(['policy_exchanges_v2']);
    expect(factsOf({ trace_id: encode('see ALD-7Q4X-20931 there') }).held.canaries).toEqual(['alder-outdoor']);
  });
});

test.each<[string, Partial<LogRecord>]>([
  ['a record as it ought to be', {}],
  [
    'an order number and ordinary words of the question',
    { workflow_step: 'exchange order 1103', trace_id: 'order-1103' },
  ],
  ['a step in a few words of it', { workflow_step: 'please exchange them' }],
  [
    'hashes of the tenant and of the question',
    { tenant_hash: 'b5bb9d8014a0f9b1d61e21e796d78dcc', trace_id: hex('\u0001\u0002') },
  ],
  ['an id of its own', { task_id: '018f7b1e-5d2c-7cc3-98c4-dc0c0c07398f' }],
  ['an id in base64', { trace_id: 'Zk3vQm9Lr2XhT8sYwPq1' }],
  ['what begins like a canary', { trace_id: 'ALD-7Q4' }],
  ['one word of the tenant', { workflow_step: 'outdoor' }],
])('%s gives nothing away', (_, over) => {
  expect(factsOf(over)).toEqual(CLEAN);
});

test('most words of a question in their order are the question, with gaps or with others between', () => {
  expect(factsOf({ trace_id: 'the boots order=1103 too small; exchange for EU 43 walnut' })).toMatchObject({
    held_input: true,
  });
  expect(factsOf({ trace_id: 'walnut 43 EU for exchange small too 1103 order boots the' })).toEqual(CLEAN);
});

test('of a short question the whole is looked for, and of a very short one nothing', () => {
  const [, short = golden, shortest = golden] = workflow.tasks;
  const id = (of: GoldenTask) => ({ task_id: `${of.name}-7` });
  expect(factsOf({ ...id(short), trace_id: base64('When does order 6120 arrive?') }, short)).toMatchObject({
    held_input: true,
  });
  expect(factsOf({ ...id(short), workflow_step: 'order 6120' }, short)).toEqual(CLEAN);
  expect(factsOf({ ...id(shortest), workflow_step: 'why' }, shortest)).toEqual(CLEAN);
});

test('letters beyond ASCII are read where they are encoded', () => {
  const of = { ...golden, input: 'Können Sie mir für diese Größe Überschuhe schicken?' };
  for (const encode of [encodeURIComponent, base64, hex])
    expect(factsOf({ trace_id: encode(of.input) }, of)).toMatchObject({ held_input: true });
  const kanji = { ...golden, input: '注文番号一一〇三の靴が小さすぎるので交換してください' };
  expect(factsOf({ trace_id: kanji.input.slice(0, 14) }, kanji)).toMatchObject({ held_input: true });
  expect(factsOf({ trace_id: kanji.input.slice(0, 4) }, kanji)).toEqual(CLEAN);
});

test('the tenant of a workflow without tenants is no name, but no hash either', () => {
  const [, , of = golden] = workflow.tasks;
  expect(factsOf({ task_id: 'hi-7', workflow_step: 'default' }, of)).toEqual(CLEAN);
  expect(factsOf({ task_id: 'hi-7', tenant_hash: 'default' }, of)).toEqual({ ...CLEAN, held_tenant: true });
});

test('an id that names another task or another ask is told of', () => {
  expect(factsOf({ task_id: 'where_is_it-7' })).toEqual({ ...CLEAN, other_tasks: ['where_is_it-7'] });
  expect(factsOf({ task_id: 'orders/exchange_boots-6' })).toEqual({ ...CLEAN, other_tasks: ['exchange_boots-6'] });
  expect(factsOf({ task_id: 'where_is_it' })).toEqual({ ...CLEAN, other_tasks: ['where_is_it'] });
  for (const task_id of ['exchange_boots', 'run 3: exchange_boots-7', 'req-17', '7'])
    expect(factsOf({ task_id })).toEqual(CLEAN);
});

test('half of a tenant’s name in place of a digest says whose it is', () => {
  expect(factsOf({ tenant_hash: 'Alder-O' })).toEqual({ ...CLEAN, held_tenant: true });
  expect(factsOf({ tenant_hash: 'alde' })).toEqual(CLEAN);
  expect(factsOf({ tenant_hash: 'alder-0c11d2' })).toEqual(CLEAN);
  // What all tenants' names have in common names none.
  const of = task('boots', 'alder-outdoor-2', 'Too small?');
  expect(factsOf({ task_id: 'boots-7', tenant_hash: 'alder-outd' }, of)).toEqual(CLEAN);
  expect(factsOf({ task_id: 'hi-7', tenant_hash: 'defaul' }, task('hi', 'default', 'Why?'))).toEqual(CLEAN);
});
