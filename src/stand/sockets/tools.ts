import type { Scope, Stand } from '../../core/stand.ts';
import { type ToolErrorCode, ToolFailure } from '../../core/tools.ts';
import { header, NetworkFailure, type WireReply, type WireRequest } from '../../core/wire.ts';
import { isRecord, parseJson } from '../../text/json.ts';

/** What a tool's failure is over HTTP; where its reply is lost, the connection breaks. */
const STATUS: Record<ToolErrorCode, number> = {
  error: 500,
  timeout: 504,
  unknown_tool: 404,
  invalid_arguments: 400,
  key_reused: 422,
};

/** The status of a reply to the use of a tool, by the code of its failure; undefined where its connection breaks. */
export const toolStatus = (code: string | null): number | undefined =>
  code === null ? 200 : Object.entries(STATUS).find(([one]) => one === code)?.[1];

/**
 * The tools of a workflow over HTTP: `GET /tools` lists them, `POST /tools/{name}` runs one with its arguments as the JSON
 * body and, where given, an `Idempotency-Key`; `POST /approve` asks the person; `/mcp` is an MCP server of the same tools.
 * `whose` tells of which ask it is, and throws where nothing does: what lists them is nobody's.
 */
export async function answerTools(
  request: WireRequest & { path: string },
  stand: Stand,
  whose: () => Scope,
  signal: AbortSignal,
): Promise<WireReply> {
  const { method, path, headers, body } = request;
  const [, place, tool, ...more] = path.split('?')[0]?.replace(/\/$/, '').split('/') ?? [];
  const tools = stand.tools(whose);
  if (method === 'GET' && place === 'tools' && tool === undefined) return json(200, { tools: tools.schemas });
  const known = place === 'tools' ? tool !== undefined : tool === undefined && (place === 'approve' || place === 'mcp');
  if (!known || more.length > 0)
    return json(404, { error: `there is no ${path}: GET /tools, POST /tools/{name}, POST /approve, POST /mcp` });
  if (method !== 'POST') return json(405, { error: `${path} takes a POST` });
  if (place === 'mcp') return (await import('./mcp.ts')).answerMcp(request, tools, signal);
  const given = parseJson(new TextDecoder().decode(body));
  if (place === 'approve') {
    if (!isRecord(given) || typeof given['tool'] !== 'string')
      return json(400, { error: 'approve takes { tool, args }: the tool is a name' });
    return json(200, { answer: await stand.approve(whose)({ tool: given['tool'], args: given['args'] ?? null }) });
  }
  const key = header(headers, 'idempotency-key');
  try {
    return json(
      200,
      await tools.call(decoded(tool ?? ''), given ?? null, key === undefined ? {} : { idempotency_key: key }),
    );
  } catch (error) {
    if (!(error instanceof ToolFailure)) throw error;
    const { code, message, cut } = error;
    if (cut) throw new NetworkFailure('reset');
    return json(STATUS[code], { error: { code, message } });
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** A whole reply in JSON. */
export function json(status: number, said: unknown): WireReply {
  const bytes = new TextEncoder().encode(JSON.stringify(said));
  async function* body() {
    yield bytes;
  }
  return { status, headers: [['content-type', 'application/json']], length: bytes.length, body: body() };
}
