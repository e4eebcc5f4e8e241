import { z } from 'zod';
import type { CallBody, CallRefused, Message, ToolCall } from '../../core/model-call.ts';
import type { Protocol } from '../../core/protocol.ts';
import { keyIn } from '../../core/protocol.ts';
import type { WireRequest } from '../../core/wire.ts';
import { asRecord, listed } from '../json.ts';
import { fromUrl, toUrl } from '../picture.ts';
import {
  type Complaint,
  choosing,
  fieldAt,
  looseSchema,
  offered,
  openaiChoice,
  paramsIn,
  parseRequest,
  post,
  readBody,
  refused,
  unpairedToolCall,
  writeChoice,
} from '../request.ts';
import { asksForThoughts, type Dialect } from './dialect.ts';

const Content = z.union([
  z.string(),
  z.array(
    z.looseObject({
      type: z.string(),
      text: z.string().optional(),
      image_url: z.looseObject({ url: z.string() }).optional(),
    }),
  ),
]);
const Tokens = z.number().int().min(1).nullish();

const Call = z.looseObject({
  id: z.string(),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const Turn = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer', 'user']), content: Content }),
  z.looseObject({
    role: z.literal('assistant'),
    content: Content.nullish(),
    tool_calls: z.array(Call).min(1).nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), content: Content, tool_call_id: z.string() }),
]);

const Tool = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({
    name: z.string().regex(/^[\w-]{1,64}$/),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
});

const Format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['text', 'json_object']) }),
  z.looseObject({
    type: z.literal('json_schema'),
    json_schema: z.looseObject({
      name: z.string(),
      schema: z.record(z.string(), z.unknown()).optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const Body = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Turn).min(1),
  tools: z.array(Tool).min(1).nullish(),
  tool_choice: z.unknown().optional(),
  response_format: Format.nullish(),
  max_completion_tokens: Tokens,
  max_tokens: Tokens,
  temperature: z.number().min(0).max(2).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

/** Fields of other APIs: what a payload forwarded as it is would carry. */
const FOREIGN = ['system', 'stop_sequences', 'output_config', 'thinking', 'contents', 'max_output_tokens'];

/** Both ends of a request, as one server has it. */
export const requests = (own: Dialect): Pick<Protocol, 'readCall' | 'writeCall'> => ({
  readCall: (request) => readCall(request, own),
  writeCall: (call, endpoint) => writeCall(call, endpoint, own),
});

function readCall(request: WireRequest, own: Dialect): CallBody | CallRefused {
  const { modelIn, wrongUrl, foreign = [], complain = inOwnWords } = own;
  const url = new URL(request.url);
  const sent = readBody(request);
  const model = modelIn?.(url);
  const body = sent && { ...(model !== undefined && { model }), ...sent };
  const lost = wrongUrl?.(url);
  if (lost !== undefined) return refused(body, lost);
  if (body === undefined) return refused(body, { message: 'The JSON body of the request could not be parsed.' });
  const read = parseRequest(Body, body, [...FOREIGN, ...foreign]);
  if ('complaint' in read) return refused(body, complain(read.complaint));
  const { value } = read;
  if (value.stream_options != null && value.stream !== true)
    return refused(body, {
      message: "'stream_options' is only allowed when 'stream' is enabled.",
      param: 'stream_options',
    });
  const messages = value.messages.map(readTurn);
  const unpaired = unpairedToolCall(messages);
  if (unpaired !== undefined)
    return refused(body, {
      message:
        unpaired.missing === 'call'
          ? "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
          : `An assistant message with 'tool_calls' must be followed by a tool message for each 'tool_call_id'; without one: ${unpaired.id}`,
      param: unpaired.missing === 'call' ? `messages.[${unpaired.at}].role` : 'messages',
    });
  const format = value.response_format?.type === 'json_schema' ? value.response_format.json_schema : undefined;
  const loose = format?.strict === true ? looseSchema(format.schema) : undefined;
  if (format !== undefined && loose !== undefined)
    return refused(body, {
      message: `Invalid schema for response_format '${format.name}': ${loose}.`,
      param: 'response_format',
      mode: 'schema_error',
    });
  const limit = own.limit === undefined ? (value.max_completion_tokens ?? value.max_tokens) : value[own.limit];
  const maxOutputTokens = limit ?? undefined;
  return {
    protocol: 'openai-chat',
    model: value.model,
    messages,
    ...choosing(
      (value.tools ?? []).map(({ function: f }) => offered(f.name, f.description, f.parameters)),
      openaiChoice(value.tool_choice, (choice) => asRecord(choice['function'])['name']),
    ),
    ...(format !== undefined && { responseSchema: { name: format.name, schema: format.schema ?? {} } }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(value.temperature != null && { temperature: value.temperature }),
    stream: value.stream === true,
    ...(value.parallel_tool_calls === false && { parallelCalls: false }),
    params: paramsIn(body, ['model', 'messages']),
    ...(own.thoughts !== undefined && asksForThoughts(body) && { reasoning: true }),
    ...(value.stream_options?.include_usage === true && { wishes: { include_usage: true } }),
  };
}

function inOwnWords({ path, what, detail }: Complaint): { message: string; param: string } {
  const param = fieldAt(path);
  if (what === 'missing') return { message: `Missing required parameter: '${param}'.`, param };
  if (what === 'unexpected') return { message: `Unrecognized request argument supplied: ${param}`, param };
  return { message: `Invalid value for '${param}': ${detail}.`, param };
}

const textOf = (content: z.output<typeof Content> | null | undefined): string =>
  typeof content === 'string' ? content : (content ?? []).map((piece) => piece.text ?? '').join('');

/** A picture's URL holds it, or says where it is. */
function imagesOf(content: z.output<typeof Content> | null | undefined): Pick<Message, 'images'> {
  if (typeof content === 'string') return {};
  const urls = (content ?? []).flatMap((piece) => piece.image_url?.url ?? []);
  return urls.length === 0 ? {} : { images: urls.map(fromUrl) };
}

function readTurn(turn: z.output<typeof Turn>): Message {
  const content = textOf(turn.content);
  if (turn.role === 'tool') return { role: 'tool', content, toolCallId: turn.tool_call_id };
  if (turn.role !== 'assistant')
    return { role: turn.role === 'developer' ? 'system' : turn.role, content, ...imagesOf(turn.content) };
  const toolCalls = turn.tool_calls?.map((c) => ({ id: c.id, ...c.function }));
  return {
    role: 'assistant',
    content,
    ...(toolCalls && { toolCalls: toolCalls.map(({ id, name, arguments: args }) => ({ id, name, arguments: args })) }),
  };
}

function writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }, own: Dialect): WireRequest {
  const { limit = 'max_completion_tokens', urlOf = (base) => `${base}/chat/completions`, keyHeader } = own;
  const { responseSchema: format } = call;
  const body = {
    model: call.model,
    messages: call.messages.map(writeTurn),
    tools: listed(call.tools.map((tool) => ({ type: 'function', function: tool }))),
    tool_choice: writeChoice(call, (name) => ({ type: 'function', function: { name } })),
    response_format: format && {
      type: 'json_schema',
      // Strict only where the schema keeps the rules of strict ones: otherwise the provider would reject it.
      json_schema: { name: format.name, schema: format.schema, strict: looseSchema(format.schema) === undefined },
    },
    [limit]: call.maxOutputTokens,
    temperature: call.temperature,
    stream: call.stream || undefined,
    ...(call.stream && call.wishes?.['include_usage'] === true && { stream_options: { include_usage: true } }),
  };
  const { api_key } = endpoint;
  const url = urlOf(endpoint.base_url.replace(/\/+$/, ''), call.model);
  return post(call, url, [keyIn(keyHeader, api_key)], body);
}

function writeTurn({ role, content, images = [], toolCalls, toolCallId }: Message): object {
  if (role === 'tool') return { role, tool_call_id: toolCallId, content };
  if (images.length > 0)
    return {
      role,
      content: [
        ...images.map((image) => ({ type: 'image_url', image_url: { url: toUrl(image) } })),
        { type: 'text', text: content },
      ],
    };
  if (toolCalls === undefined || toolCalls.length === 0) return { role, content };
  return { role, content: content === '' ? null : content, tool_calls: toolCalls.map(writeToolCall) };
}

/** As it stands in a message, of whichever end. */
export const writeToolCall = ({ id, name, arguments: args }: ToolCall) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
