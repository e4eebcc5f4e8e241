import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { toolError } from '../../faults/tool-error.ts';
import { toolReplyLost } from '../../faults/tool-reply-lost.ts';
import { onSockets } from './open.fixture.ts';

const refund = { order_id: '991', amount_usd: 40 };
type Open = Awaited<ReturnType<typeof onSockets>>;
const ledger = ({ of }: Open) =>
  of('tool-result').map(({ task, ok, error, effect }) => [task, ok ? 'ok' : error, effect]);

/** A client in one of the two revisions of the protocol. */
async function client(url: string | undefined, mode: 'legacy' | 'auto') {
  const mcp = new Client({ name: 'agent', version: '1' }, { versionNegotiation: { mode } });
  await mcp.connect(new StreamableHTTPClientTransport(new URL(url ?? '')));
  return {
    mcp,
    refund: (more: object = {}, meta: object = {}) =>
      mcp.callTool({ name: 'issue_refund', arguments: { ...refund, ...more }, _meta: { ...meta } }),
    [Symbol.asyncDispose]: () => mcp.close(),
  };
}

/** The same over plain HTTP. */
const post = (url: string | undefined, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url ?? '', { method: 'POST', body: JSON.stringify(body), headers });

describe.each([
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const)('an MCP client in %s mode', (mode, revision) => {
  it('connects and lists the tools while nobody is asked, and calls one for an ask', async () => {
    await using stand = await onSockets();
    await using agent = await client(stand.sockets.env()['DRILL_MCP_URL'], mode);
    expect(agent.mcp.getNegotiatedProtocolVersion()).toBe(revision);
    const { tools } = await agent.mcp.listTools();
    expect(tools).toMatchObject([{ name: 'issue_refund', inputSchema: { required: ['order_id', 'amount_usd'] } }]);
    expect(stand.events).toEqual([]);
    stand.begin('refund');
    const { content, isError } = await agent.refund();
    expect([content, isError ?? false]).toEqual([[{ type: 'text', text: '{"refund_id":"rf_1"}' }], false]);
    expect(ledger(stand)).toEqual([['refund', 'ok', 'new']]);
    expect(stand.of('tool-use')).toMatchObject([{ foreseen: true, key: null }]);
  });

  it.each([
    ['the arguments', { idempotency_key: 'k' }, {}],
    ['_meta', {}, { idempotency_key: 'k' }],
  ])('a key in %s makes a second call safe where the reply was lost', async (_, more, meta) => {
    await using stand = await onSockets({ fault: toolReplyLost });
    await using agent = await client(stand.sockets.env()['DRILL_MCP_URL'], mode);
    stand.begin('refund');
    await expect(agent.refund(more, meta)).rejects.toThrow();
    await agent.refund(more, meta);
    expect(stand.of('tool-use')).toMatchObject([
      { foreseen: true, key: 'k' },
      { foreseen: true, key: 'k' },
    ]);
    expect(ledger(stand)).toEqual([
      ['refund', 'lost', 'new'],
      ['refund', 'ok', 'replayed'],
    ]);
  });

  it('without a key it takes effect twice', async () => {
    await using stand = await onSockets({ fault: toolReplyLost });
    await using agent = await client(stand.sockets.env()['DRILL_MCP_URL'], mode);
    stand.begin('refund');
    await expect(agent.refund()).rejects.toThrow();
    await agent.refund();
    expect(ledger(stand).map(([, , effect]) => effect)).toEqual(['new', 'new']);
  });

  it('what a tool says of a failure is a result; a tool that does not exist is none', async () => {
    await using stand = await onSockets({ fault: toolError });
    await using agent = await client(stand.sockets.env()['DRILL_MCP_URL'], mode);
    stand.begin('refund');
    expect(await agent.refund()).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('"error"') }],
    });
    expect(await agent.refund({ amount_usd: undefined })).toMatchObject({ isError: true });
    await expect(agent.mcp.callTool({ name: 'no_such', arguments: {} })).rejects.toThrow('there is no tool no_such');
  });

  it('a trace in _meta tells whose call it is, where several are asked', async () => {
    await using stand = await onSockets();
    await using agent = await client(stand.sockets.env()['DRILL_MCP_URL'], mode);
    const [one, other] = [stand.begin('one'), stand.begin('other')];
    const { traceparent } = stand.sockets.headers(one.task);
    await agent.refund({}, { traceparent });
    await agent.refund({}, { task: other.task.id });
    await expect(agent.refund()).rejects.toThrow();
    expect(ledger(stand).map(([task]) => task)).toEqual(['one', 'other']);
    expect(stand.of('unattributed-call')).toMatchObject([{ role: 'tools', asks: 2 }]);
  });
});

it('over HTTP, a lost reply breaks the connection when the effect is there', async () => {
  await using stand = await onSockets({ fault: toolReplyLost });
  const url = stand.sockets.env()['DRILL_TOOLS_URL'];
  expect(await (await fetch(url ?? '')).json()).toMatchObject({ tools: [{ name: 'issue_refund' }] });
  stand.begin('refund');
  const call = () => post(`${url}/issue_refund`, refund, { 'idempotency-key': 'k' });
  await expect(call()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  expect(ledger(stand)).toEqual([['refund', 'lost', 'new']]);
  expect(await (await call()).json()).toEqual({ refund_id: 'rf_1' });
  expect(ledger(stand).at(-1)).toEqual(['refund', 'ok', 'replayed']);
});

it('over HTTP, a person is asked, and what is no tool is told', async () => {
  await using stand = await onSockets();
  const { DRILL_TOOLS_URL: url, DRILL_APPROVE_URL: approve, DRILL_MCP_URL: mcp } = stand.sockets.env();
  stand.begin('refund');
  expect(await (await post(approve, { tool: 'issue_refund', args: refund })).json()).toEqual({ answer: 'granted' });
  for (const path of ['/no_such', '/%zz']) expect((await post(url + path, {})).status).toBe(404);
  expect((await post(`${url}/issue_refund`, { order_id: '991' })).status).toBe(400);
  expect((await post(`${approve}/more`, {})).status).toBe(404);
  // The server's stream of its own has nothing to say, and what is no message is refused.
  expect((await fetch(mcp ?? '', { headers: { accept: 'text/event-stream' } })).status).toBe(405);
  expect((await post(mcp, { no: 'message' })).status).toBeGreaterThanOrEqual(400);
  expect(
    (await post(mcp, 'text', { 'content-type': 'application/json', accept: '*/*' })).status,
  ).toBeGreaterThanOrEqual(400);
});
