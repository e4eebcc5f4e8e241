import {
  type CallToolResult,
  createMcpHandler,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server';
import { ToolFailure, type Tools } from '../../core/tools.ts';
import { NetworkFailure, type WireReply, type WireRequest } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';

/**
 * Answers one POST as an MCP server of these tools does, in the revision in which it was asked. The protocol has no
 * idempotency key: where a tool takes none of its own, one may come as `idempotency_key`, in the arguments or in `_meta`.
 */
export async function answerMcp(
  { headers, body }: Pick<WireRequest, 'headers' | 'body'>,
  tools: Tools,
  signal: AbortSignal,
): Promise<WireReply> {
  let cut: unknown;
  const handler = createMcpHandler(() =>
    serverOf(tools, (why) => {
      cut = why;
    }),
  );
  const response = await handler.fetch(
    new Request('http://127.0.0.1/mcp', {
      ...{ method: 'POST', body, signal },
      headers: headers.map(([name, value]): [string, string] => [name, value]),
    }),
  );
  // The head of a stream waits for the first of it: a client that has the head of a reply which never comes waits for long.
  const stream = flowing(response.body, () => cut);
  const first = await stream.next();
  async function* whole() {
    try {
      if (first.done !== true) yield first.value;
      yield* stream;
    } finally {
      await handler.close();
    }
  }
  return { status: response.status, headers: [...response.headers], body: whole() };
}

/** What it answers where the reply is lost is no reply. */
async function* flowing(reply: Response['body'], cut: () => unknown): AsyncGenerator<Uint8Array> {
  if (reply === null) return;
  for await (const bytes of reply) {
    if (cut() !== undefined) throw cut();
    yield bytes;
  }
}

function serverOf(tools: Tools, cutOff: (why: unknown) => void): Server {
  const server = new Server({ name: 'drill', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({
    tools: tools.schemas.map(({ name, description, parameters }) => ({
      ...{ name, inputSchema: { ...parameters, type: 'object' as const } },
      ...(description !== undefined && { description }),
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }): Promise<CallToolResult> => {
    const { name, arguments: given = {}, _meta } = params;
    const { args, key = _meta?.['idempotency_key'] } = keyIn(
      given,
      tools.schemas.find((one) => one.name === name)?.parameters,
    );
    try {
      const value = await tools.call(name, args, typeof key === 'string' ? { idempotency_key: key } : {});
      return {
        content: [{ type: 'text', text: JSON.stringify(value) }],
        ...(isRecord(value) && { structuredContent: value }),
      };
    } catch (error) {
      if (!(error instanceof ToolFailure)) {
        cutOff(error);
        throw error;
      }
      const { code, message, cut } = error;
      if (cut) cutOff(new NetworkFailure('reset'));
      if (code === 'unknown_tool') throw new ProtocolError(ProtocolErrorCode.InvalidParams, message);
      return { isError: true, content: [{ type: 'text', text: JSON.stringify({ error: { code, message } }) }] };
    }
  });
  return server;
}

/** Arguments without the key that stands among them, where it is none of the tool's own. */
function keyIn(given: Json, schema: Json | undefined): { args: Json; key?: unknown } {
  const { idempotency_key: key, ...args } = given;
  const { properties } = schema ?? {};
  return key === undefined || (isRecord(properties) && 'idempotency_key' in properties)
    ? { args: given }
    : { args, key };
}
