import { describe, expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

/** A process that calls its tool over the wire, and sends a call whose connection broke again: with its key, or without. */
const AGENT = `
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [wire, keyed] = process.argv.slice(2);
const { DRILL_ROLES, DRILL_TOOLS_URL, DRILL_MCP_URL } = process.env;
let line = '';
for await (const piece of process.stdin) line += piece;
const task = JSON.parse(line);
const idempotency_key = keyed === 'keyed' ? task.id : undefined;

const post = async (url, body, headers) => {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
  return reply.json();
};
async function overHttp() {
  const key = idempotency_key && { 'idempotency-key': idempotency_key };
  const { tools } = await (await fetch(DRILL_TOOLS_URL)).json();
  return { tools, call: (name, args) => post(DRILL_TOOLS_URL + '/' + name, args, key), close() {} };
}
async function overMcp() {
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(DRILL_MCP_URL)));
  const { tools } = await client.listTools();
  return {
    tools: tools.map(({ inputSchema: parameters, ...one }) => ({ ...one, parameters })),
    call: async (name, args) => (await client.callTool({ name, arguments: { ...args, idempotency_key } })).structuredContent,
    close: () => client.close(),
  };
}
const { tools, call, close } = await (wire === 'mcp' ? overMcp() : overHttp());

const { base_url, model } = JSON.parse(DRILL_ROLES).primary;
const messages = [{ role: 'user', content: task.input }];
const offered = tools.map((one) => ({ type: 'function', function: one }));
for (;;) {
  const { choices: [{ message }] } = await post(base_url + '/chat/completions', { model, messages, tools: offered });
  if (!message.tool_calls) {
    console.log(message.content);
    break;
  }
  messages.push(message);
  for (const { id, function: { name, arguments: text } } of message.tool_calls) {
    const args = JSON.parse(text);
    const result = await call(name, args).catch(() => call(name, args));
    messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(result) });
  }
}
await close();
`;
const FILES = {
  'agent.mjs': AGENT,
  'my-tasks/swap.yaml': `
name: swap
input: Please swap the lamp of order 7.
answer: The lamp of order 7 is swapped.
answer_if_not_done: The lamp of order 7 cannot be swapped now.
turns: [{ tool: book_swap, args: { order: '7' }, returns: { booked: '7' } }]
`,
  'my-tasks/tools.json': JSON.stringify([
    {
      ...{ name: 'book_swap', description: 'Books a swap.' },
      parameters: {
        type: 'object',
        properties: { order: { type: 'string' } },
        required: ['order'],
        additionalProperties: false,
      },
    },
  ]),
  'my-tasks/contract.yaml': 'workflow: my-tasks\npermissions: { tools: { book_swap: { write: true } } }\n',
  'drills/lost.yaml': `
drill: lost
title: The reply of a write is lost
hypothesis: It is sent again and takes effect once.
workflow: my-tasks
phases: [{ name: once, tasks: 1, faults: [{ fault: tool-reply-lost, tool: book_swap, when: { calls: [1] } }] }]
expect: { acts-once: {} }
`,
};
const mine = (...words: string[]) => {
  const declares = `{ features: [deadline, idempotency], chain: [primary], fails_over_on: [], deadline_ms: 60000 }`;
  return `{ command: [${[process.execPath, 'agent.mjs', ...words].join(', ')}], declares: ${declares} }`;
};
const CONFIG = `
roles: { primary: { provider: openai, protocol: openai-chat, base_url: 'https://api.openai.com/v1', model: gpt-5-mini, latency: low } }
targets:
  http-keyed: ${mine('http', 'keyed')}
  http-bare: ${mine('http', 'bare')}
  mcp-keyed: ${mine('mcp', 'keyed')}
  mcp-bare: ${mine('mcp', 'bare')}
`;

describe.each(['http', 'mcp'])('a reply lost over %s when the write is done', (wire) => {
  it.concurrent.each([
    [
      'keyed',
      'passed',
      ['new', 'replayed'],
      '2 uses that write, 1 of them a repetition under its key, 0 effects twice',
    ],
    ['bare', 'failed', ['new', 'new'], 'book_swap took effect 2 times with the same arguments'],
  ] as const)('sent again %s: %s', async (how, verdict, effects, reason) => {
    using project = new Project({ ...FILES, 'drill.config.yaml': CONFIG });
    const { report, trace } = await runDrill({
      cwd: project.cwd,
      names: ['lost'],
      target: `${wire}-${how}`,
      tasks: 'my-tasks',
    });
    expect(report.drills[0]?.reasons).toEqual([]);
    expect(report.verdict).toBe(verdict);
    const results = eventsOf(trace, 'tool-result').filter(({ phase }) => phase === 'once');
    expect(results.map(({ error, effect }) => [error, effect])).toEqual([
      ['lost', effects[0]],
      [null, effects[1]],
    ]);
    const cell = report.drills[0]?.tasks[0]?.checks.find(({ check }) => check === 'acts-once');
    expect(cell).toMatchObject({ verdict, reason });
  });
});
