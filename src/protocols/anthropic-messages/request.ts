import { z } from 'zod';
import type { Gathered } from '../../core/gathered.ts';
import type { CallBody, CallRefused, Image, Message, ToolCall } from '../../core/model-call.ts';
import type { Memory, Stamp } from '../../core/protocol.ts';
import { header, type WireRequest } from '../../core/wire.ts';
import { isRecord, type Json, parseJson } from '../../text/json.ts';
import { listed } from '../json.ts';
import {
  type Complaint,
  choosing,
  looseSchema,
  offered,
  paramsIn,
  parseRequest,
  post,
  readBody,
  refused,
  type ToolChoice,
  unpairedToolCall,
} from '../request.ts';
import {
  DocumentBlock,
  documentBytes,
  documentText,
  Picture,
  pictureOf,
  SearchResult,
  searchResultText,
  Text,
  writePicture,
} from './blocks.ts';

const VERSIONS = ['2023-06-01', '2026-10-21'];
/** Required on the wire; used where the caller sets no limit of its own. */
const DEFAULT_MAX_TOKENS = 4096;

/** Blocks a workflow's text is not in; they are accepted and not looked into. */
const Other = z.looseObject({
  type: z.enum([
    'redacted_thinking',
    'server_tool_use',
    'web_search_tool_result',
    'web_fetch_tool_result',
    'container_upload',
  ]),
});
const Thinking = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() });
const Result = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [Text, Picture, DocumentBlock, SearchResult, Other]))])
    .optional(),
});
const Use = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  // A record of zod's own would lose a key called __proto__.
  input: z.custom<Json>(isRecord),
});
const Turn = z.discriminatedUnion('role', [
  z.looseObject({
    role: z.literal('user'),
    content: z.union([
      z.string().min(1),
      z.array(z.discriminatedUnion('type', [Text, Result, Picture, DocumentBlock, SearchResult, Other])).min(1),
    ]),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([z.string().min(1), z.array(z.discriminatedUnion('type', [Text, Use, Thinking, Other])).min(1)]),
  }),
]);
const Tool = z.looseObject({
  /** Absent or `custom` for the caller's own tools; the provider's own ones have a dated type and no schema. */
  type: z.string().nullish(),
  name: z.string().regex(/^[\w-]{1,128}$/),
  description: z.string().optional(),
  input_schema: z.record(z.string(), z.unknown()).optional(),
});

const Body = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.number().int().min(1),
  messages: z.array(Turn).min(1),
  system: z.union([z.string(), z.array(Text)]).optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z
    .looseObject({
      type: z.string().optional(),
      name: z.string().optional(),
      disable_parallel_tool_use: z.boolean().optional(),
    })
    .optional(),
  output_config: z
    .looseObject({
      format: z.looseObject({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) }).nullish(),
    })
    .optional(),
  temperature: z.number().min(0).max(1).optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
  stream: z.boolean().optional(),
});

/** Fields of other APIs: what a payload forwarded as it is would carry. */
const FOREIGN = ['response_format', 'max_completion_tokens', 'stream_options', 'n', 'stop', 'parallel_tool_calls'];
const REMOVED_2026 = ['temperature', 'top_p', 'top_k'];

export function readCall(request: WireRequest, memory?: Memory): CallBody | CallRefused {
  const body = readBody(request);
  const version = header(request.headers, 'anthropic-version');
  if (version === undefined) return refused(body, { message: 'anthropic-version: header is required' });
  if (!VERSIONS.includes(version))
    return refused(body, { message: `anthropic-version: "${version}" is not a valid version` });
  if (body === undefined) return refused(body, { message: 'The request body is not valid JSON' });
  const foreign = version === '2026-10-21' ? [...FOREIGN, ...REMOVED_2026] : FOREIGN;
  const read = parseRequest(Body, body, foreign);
  if ('complaint' in read) return refused(body, inOwnWords(read.complaint));
  const { value } = read;
  const bare = (value.tools ?? []).findIndex((t) => ownTool(t) && t.input_schema === undefined);
  if (bare !== -1) return refused(body, { message: `tools.${bare}.input_schema: Field required` });
  const foreignThought = memory && unsignedIn(value.messages, memory);
  if (foreignThought !== undefined)
    return refused(body, { message: `${foreignThought}: Invalid \`signature\` in \`thinking\` block` });
  const turns = value.messages.flatMap(readTurn);
  const unpaired = unpairedToolCall(turns);
  if (unpaired !== undefined)
    return refused(body, {
      message:
        unpaired.missing === 'call'
          ? `messages: \`tool_result\` block has an unexpected \`tool_use_id\`: ${unpaired.id}`
          : `messages: \`tool_use\` id without a \`tool_result\` block immediately after: ${unpaired.id}`,
    });
  const format = value.output_config?.format;
  const loose = format == null ? undefined : looseSchema(format.schema);
  // Unlike OpenAI's, these schemas may leave properties optional; they must be closed.
  if (loose?.startsWith("'additionalProperties'"))
    return refused(body, { message: `output_config.format.schema: ${loose}`, mode: 'schema_error' });
  const system = value.system === undefined ? '' : textOf(value.system);
  return {
    protocol: 'anthropic-messages',
    model: value.model,
    messages: [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), ...turns],
    ...choosing(
      (value.tools ?? []).filter(ownTool).map((t) => offered(t.name, t.description, t.input_schema)),
      choiceOf(value.tool_choice),
    ),
    ...(format != null && { responseSchema: { name: 'response', schema: format.schema } }),
    maxOutputTokens: value.max_tokens,
    ...(value.temperature !== undefined && { temperature: value.temperature }),
    stream: value.stream === true,
    ...(value.tool_choice?.disable_parallel_tool_use === true && { parallelCalls: false }),
    params: paramsIn(body, ['model', 'messages', 'system']),
    ...(thinks(value.thinking) && { reasoning: true }),
    wishes: { version },
  };
}

/** Where a thought stands that is not this provider's own. */
function unsignedIn(messages: z.output<typeof Body>['messages'], memory: Memory): string | undefined {
  for (const [i, { content }] of messages.entries())
    for (const [k, block] of (typeof content === 'string' ? [] : content).entries())
      if (block.type === 'thinking' && !memory.has(block.signature)) return `messages.${i}.content.${k}`;
  return undefined;
}

/** A thought is known again by its signature. */
export function remembers(_call: CallBody, _stamp: Stamp, { reasoning }: Gathered): [string, Message[]][] {
  return reasoning?.signature === undefined ? [] : [[reasoning.signature, []]];
}

const thinks = (thinking: z.output<typeof Body>['thinking']) =>
  thinking?.type === 'enabled' || thinking?.type === 'adaptive';

function choiceOf({ type, name }: NonNullable<z.output<typeof Body>['tool_choice']> = {}): ToolChoice | undefined {
  if (type === 'none' || type === 'any') return type;
  return type === 'tool' && name !== undefined ? [name] : undefined;
}

const ownTool = (tool: z.output<typeof Tool>) => tool.type == null || tool.type === 'custom';

function inOwnWords({ path, what, detail }: Complaint): { message: string; param: string } {
  const param = path.join('.');
  if (what === 'missing') return { message: `${param}: Field required`, param };
  if (what === 'unexpected') return { message: `${param}: Extra inputs are not permitted`, param };
  return { message: `${param}: Input should be valid (${detail})`, param };
}

type Block =
  | z.output<typeof DocumentBlock>
  | z.output<typeof SearchResult>
  | z.output<typeof Picture>
  | z.output<typeof Text>
  | z.output<typeof Result>
  | z.output<typeof Use>
  | z.output<typeof Thinking>
  | z.output<typeof Other>;

function textOf(content: string | readonly Block[]): string {
  if (typeof content === 'string') return content;
  return content.map(wordsOf).join('');
}

/** Texts that belong together stand as they are; whatever else has words stands apart from them. */
function wordsOf(block: Block): string {
  if (block.type === 'text') return block.text;
  if (block.type === 'document') return documentText(block);
  return block.type === 'search_result' ? searchResultText(block) : '';
}

/** One turn may hold several tool results beside text: each is a message of its own. */
function readTurn({ role, content }: z.output<typeof Turn>): Message[] {
  const blocks: readonly Block[] = typeof content === 'string' ? [] : content;
  const text = textOf(content);
  const toolCalls: ToolCall[] = [];
  const results: Message[] = [];
  const images: Image[] = [];
  for (const block of blocks) {
    if (block.type === 'image') images.push(pictureOf(block.source));
    if (block.type === 'document') images.push(...documentBytes(block));
    if (block.type === 'tool_use')
      toolCalls.push({ id: block.id, name: block.name, arguments: JSON.stringify(block.input) });
    if (block.type === 'tool_result')
      results.push({ role: 'tool', content: textOf(block.content ?? ''), toolCallId: block.tool_use_id });
  }
  if (role === 'assistant') return [{ role, content: text, ...(toolCalls.length > 0 && { toolCalls }) }];
  if (text === '' && images.length === 0 && results.length > 0) return results;
  return [...results, { role, content: text, ...(images.length > 0 && { images }) }];
}

export function writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }): WireRequest {
  const system = call.messages.filter((m) => m.role === 'system').map((m) => m.content);
  const { responseSchema: format, mustCall = [] } = call;
  const body = {
    model: call.model,
    max_tokens: call.maxOutputTokens ?? DEFAULT_MAX_TOKENS,
    system: listed(system)?.join('\n\n'),
    messages: writeTurns(call.messages.filter((m) => m.role !== 'system')),
    tools: listed(call.tools.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }))),
    tool_choice: mustCall.length > 1 ? { type: 'any' } : mustCall.map((name) => ({ type: 'tool', name }))[0],
    output_config: format && { format: { type: 'json_schema', schema: format.schema } },
    temperature: call.temperature,
    stream: call.stream || undefined,
  };
  const url = `${endpoint.base_url.replace(/\/+$/, '')}/v1/messages`;
  const api = [
    ['anthropic-version', '2023-06-01'],
    ['x-api-key', endpoint.api_key],
  ] as const;
  return post(call, url, api, body);
}

/** Tool results are blocks of the user turn that follows the tool calls, all of them in one turn. */
function writeTurns(messages: readonly Message[]): { role: string; content: object[] }[] {
  const turns: { role: string; content: object[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const blocks = writeBlocks(message);
    const last = turns.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else turns.push({ role, content: blocks });
  }
  return turns;
}

function writeBlocks({ role, content, images = [], toolCalls, toolCallId }: Message): object[] {
  if (role === 'tool') return [{ type: 'tool_result', tool_use_id: toolCallId, content }];
  const uses = (toolCalls ?? []).map((call) => {
    const input = parseJson(call.arguments);
    return { type: 'tool_use', id: call.id, name: call.name, input: isRecord(input) ? input : {} };
  });
  // An empty text block is an error here, while other APIs send empty text beside tool calls.
  return [...images.map(writePicture), ...(content === '' ? [] : [{ type: 'text', text: content }]), ...uses];
}
