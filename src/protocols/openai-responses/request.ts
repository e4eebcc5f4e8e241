import { z } from 'zod';
import type { CallBody, CallRefused, Image, Message } from '../../core/model-call.ts';
import type { Memory } from '../../core/protocol.ts';
import type { WireRequest } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import { asList, listed } from '../json.ts';
import { toUrl } from '../picture.ts';
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
  writeChoice,
} from '../request.ts';
import { askedIn, wantsSealed, wantsSummary, wishesIn } from './asked.ts';
import { asTurns, ID_BEGINS, type Item, Items, messageOf } from './items.ts';
import { thoughtBefore } from './memory.ts';

/** The real API takes no lower limit. */
const LEAST_TOKENS = 16;

const Schema = z.record(z.string(), z.unknown());

const FunctionTool = z.looseObject({
  type: z.literal('function'),
  name: z.string().regex(/^[\w-]{1,128}$/),
  description: z.string().nullish(),
  parameters: Schema.nullish(),
  strict: z.boolean().nullish(),
});
/** Tools of the provider's own, and containers of tools; they are accepted and not looked into. */
const OtherTool = z.looseObject({
  type: z.enum([
    'apply_patch',
    'code_interpreter',
    'computer',
    'computer_use_preview',
    'custom',
    'file_search',
    'image_generation',
    'local_shell',
    'mcp',
    'namespace',
    'programmatic_tool_calling',
    'shell',
    'tool_search',
    'web_search',
    'web_search_2025_08_26',
    'web_search_preview',
    'web_search_preview_2025_03_11',
  ]),
});

const Format = z.discriminatedUnion('type', [
  z.looseObject({ type: z.enum(['text', 'json_object']) }),
  z.looseObject({
    type: z.literal('json_schema'),
    name: z.string().regex(/^[\w-]{1,64}$/),
    schema: Schema,
    strict: z.boolean().nullish(),
  }),
]);

const Body = z.looseObject({
  model: z.string().min(1),
  input: Items.optional(),
  instructions: z.string().nullish(),
  tools: z.array(z.discriminatedUnion('type', [FunctionTool, OtherTool])).nullish(),
  tool_choice: z.unknown().optional(),
  text: z.looseObject({ format: Format.nullish() }).nullish(),
  max_output_tokens: z.number().int().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
});

/** Where this API has put what others call by these names. */
const MOVED: Record<string, string> = {
  messages: 'input',
  max_tokens: 'max_output_tokens',
  max_completion_tokens: 'max_output_tokens',
  response_format: 'text.format',
  reasoning_effort: 'reasoning.effort',
};

/** Fields of other APIs: what a payload forwarded as it is would carry. */
const FOREIGN = [
  ...Object.keys(MOVED),
  'system',
  'stop',
  'stop_sequences',
  'n',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'functions',
  'output_config',
  'thinking',
  'contents',
  'generationConfig',
];
const FOREIGN_IN_MESSAGES = ['tool_calls', 'tool_call_id', 'function_call'];

/** Why a request is turned away. */
type Refusal = Parameters<typeof refused>[1];

export function readCall(request: WireRequest, memory?: Memory): CallBody | CallRefused {
  const body = readBody(request);
  if (body === undefined)
    return refused(body, { message: 'We could not parse the JSON body of your request: it is not valid JSON.' });
  const read = parseRequest(Body, body, FOREIGN);
  if ('complaint' in read) return refused(body, inOwnWords(read.complaint));
  const { value } = read;
  const { input = [], previous_response_id: previous } = value;
  const refusal =
    foreignInMessages(body) ??
    badNumber(value) ??
    looseTool(value) ??
    looseFormat(value) ??
    foreignId(input) ??
    (memory === undefined ? undefined : unknownTo(memory, value));
  if (refusal !== undefined) return refused(body, refusal);

  const said = input.flatMap((item) =>
    item.type === 'item_reference' ? (memory?.get(item.id) ?? []) : (messageOf(item) ?? []),
  );
  const before = previous == null ? [] : (memory?.get(previous) ?? []);
  const messages = asTurns([...before, ...said]);
  // What is only referred to cannot be seen without the memory.
  const blind = memory === undefined && (previous != null || input.some(({ type }) => type === 'item_reference'));
  const unpaired = blind ? undefined : unpairedCall(messages);
  if (unpaired !== undefined) return refused(body, unpaired);

  const format = value.text?.format?.type === 'json_schema' ? value.text.format : undefined;
  const { instructions: rules, max_output_tokens: limit, temperature } = value;
  const asked = wishesIn(body);
  return {
    protocol: 'openai-responses',
    model: value.model,
    messages: [...(rules == null ? [] : [{ role: 'system' as const, content: rules }]), ...messages],
    ...choosing(
      functionsIn(value).map((tool) => offered(tool.name, tool.description, tool.parameters)),
      openaiChoice(value.tool_choice, (choice) => (choice['type'] === 'function' ? choice['name'] : undefined)),
    ),
    ...(format !== undefined && { responseSchema: { name: format.name, schema: format.schema } }),
    ...(limit != null && { maxOutputTokens: limit }),
    ...(temperature != null && { temperature }),
    stream: value.stream === true,
    ...(value.parallel_tool_calls === false && { parallelCalls: false }),
    params: paramsIn(body, ['model', 'input', 'instructions', 'previous_response_id']),
    ...(thinksAloud(askedIn(asked)) && { reasoning: true }),
    ...asked,
  };
}

type Read = z.output<typeof Body>;

const thinksAloud = (asked: Json) => wantsSummary(asked) || wantsSealed(asked);

const functionsIn = ({ tools }: Read) =>
  (tools ?? []).filter((tool): tool is z.output<typeof FunctionTool> => tool.type === 'function');

/** In OpenAI's words for this API. */
function inOwnWords({ path, what, detail }: Complaint): Refusal {
  const param = fieldAt(path);
  const moved = Object.hasOwn(MOVED, param) ? MOVED[param] : undefined;
  if (moved !== undefined)
    return {
      message: `Unsupported parameter: '${param}'. In the Responses API, this parameter has moved to '${moved}'. Try again with the new parameter.`,
      code: 'unsupported_parameter',
    };
  if (what === 'unexpected') return unknownParameter(param);
  if (what === 'missing')
    return { message: `Missing required parameter: '${param}'.`, param, code: 'missing_required_parameter' };
  const code = /^expected/.test(detail) ? 'invalid_type' : 'invalid_value';
  return { message: `Invalid ${code === 'invalid_type' ? 'type' : 'value'} for '${param}': ${detail}.`, param, code };
}

const unknownParameter = (param: string): Refusal => ({
  message: `Unknown parameter: '${param}'.`,
  param,
  code: 'unknown_parameter',
});

/** What turns of other APIs carry. */
function foreignInMessages(body: Json): Refusal | undefined {
  for (const [i, item] of asList(body['input']).entries()) {
    const foreign = isRecord(item) && 'role' in item && FOREIGN_IN_MESSAGES.find((name) => item[name] != null);
    if (typeof foreign === 'string') return unknownParameter(`input[${i}].${foreign}`);
  }
  return undefined;
}

function badNumber({ max_output_tokens: limit, input, previous_response_id, conversation }: Read): Refusal | undefined {
  if (limit != null && limit < LEAST_TOKENS)
    return {
      message: `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${LEAST_TOKENS}, but got ${limit} instead.`,
      param: 'max_output_tokens',
      code: 'integer_below_min_value',
    };
  if (input !== undefined || previous_response_id != null || conversation != null) return undefined;
  return { message: "Missing required parameter: 'input'.", param: 'input', code: 'missing_required_parameter' };
}

function looseTool({ tools }: Read): Refusal | undefined {
  for (const [i, tool] of (tools ?? []).entries()) {
    const loose = tool.type === 'function' && tool.strict === true ? looseSchema(tool.parameters ?? {}) : undefined;
    if (loose !== undefined)
      return {
        message: `Invalid schema for function '${String(tool['name'])}': ${loose}.`,
        param: `tools[${i}].parameters`,
        mode: 'schema_error',
        code: 'invalid_function_parameters',
      };
  }
  return undefined;
}

function looseFormat({ text }: Read): Refusal | undefined {
  const format = text?.format;
  if (format?.type !== 'json_schema' || format.strict !== true) return undefined;
  const loose = looseSchema(format.schema);
  if (loose === undefined) return undefined;
  return {
    message: `Invalid schema for response_format '${format.name}': ${loose}.`,
    param: 'text.format.schema',
    mode: 'schema_error',
    code: 'invalid_json_schema',
  };
}

/** An id that another provider gave. */
function foreignId(input: readonly Item[]): Refusal | undefined {
  for (const [i, item] of input.entries()) {
    const begins = ID_BEGINS[item.type];
    if (begins === undefined || item.id == null || item.id.startsWith(begins)) continue;
    const param = `input[${i}].id`;
    return {
      message: `Invalid '${param}': '${item.id}'. Expected an ID that begins with '${begins}'.`,
      param,
      code: 'invalid_value',
    };
  }
  return undefined;
}

/** What the provider has never said, or has not kept. */
function unknownTo(memory: Memory, { previous_response_id: previous, conversation, input = [], store }: Read) {
  if (previous != null && !(previous.startsWith('resp') && memory.has(previous)))
    return {
      message: `Previous response with id '${previous}' not found.`,
      param: 'previous_response_id',
      code: 'previous_response_not_found',
    };
  if (conversation != null) {
    const id = typeof conversation === 'string' ? conversation : conversation.id;
    return { message: `Conversation with id '${id}' not found.`, status: 404 };
  }
  const seen = new Set<string>();
  for (const item of input) {
    const refusal = notKept(item, memory, store === false) ?? (previous == null ? bare(item, memory, seen) : undefined);
    if (refusal !== undefined) return refusal;
    if (item.id != null) seen.add(item.id);
  }
  return undefined;
}

/** A reference, or a thought that is neither kept nor brought along under the provider's own seal. */
function notKept(item: Item, memory: Memory, unstored: boolean): Refusal | undefined {
  if (item.type === 'reasoning' && item.encrypted_content != null) {
    if (memory.has(item.encrypted_content)) return undefined;
    const told = `${item.encrypted_content.slice(0, 4)}...${item.encrypted_content.slice(-4)}`;
    return { message: `The encrypted content ${told} could not be verified.`, code: 'invalid_encrypted_content' };
  }
  if (item.type !== 'item_reference' && item.type !== 'reasoning') return undefined;
  const { id } = item;
  if (id == null || (!id.startsWith('resp') && memory.has(id))) return undefined;
  const why = unstored
    ? ' Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.'
    : '';
  return { message: `Item with id '${id}' not found.${why}`, param: 'input', status: 404 };
}

/** A kept item without the thought that led to it. */
function bare({ id, type }: Item, memory: Memory, seen: ReadonlySet<string>): Refusal | undefined {
  const thought = id == null ? undefined : thoughtBefore(id, memory);
  if (thought === undefined || seen.has(thought)) return undefined;
  const kind = type !== 'item_reference' ? type : id?.startsWith('fc') ? 'function_call' : 'message';
  return {
    message: `Item '${id}' of type '${kind}' was provided without its required 'reasoning' item: '${thought}'.`,
    param: 'input',
  };
}

/** Every call needs its output somewhere after it, and every output its call before it; unlike turns, items need not be neighbours. */
function unpairedCall(messages: readonly Message[]): Refusal | undefined {
  const open = new Set<string>();
  const known = new Set<string>();
  for (const { toolCalls = [], toolCallId } of messages) {
    for (const { id } of toolCalls) for (const set of [open, known]) set.add(id);
    if (toolCallId === undefined) continue;
    if (!known.has(toolCallId))
      return { message: `No tool call found for function call output with call_id ${toolCallId}.`, param: 'input' };
    open.delete(toolCallId);
  }
  const [unanswered] = open;
  return unanswered === undefined
    ? undefined
    : { message: `No tool output found for function call ${unanswered}.`, param: 'input' };
}

/** The caller's end keeps its conversations itself: nothing of them is to be stored elsewhere. */
export function writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }): WireRequest {
  const { responseSchema: format, maxOutputTokens: limit } = call;
  const body = {
    model: call.model,
    input: call.messages.flatMap(writeItems),
    tools: listed(call.tools.map((tool) => ({ type: 'function', ...tool, strict: isStrict(tool.parameters) }))),
    tool_choice: writeChoice(call, (name) => ({ type: 'function', name })),
    text: format && {
      format: { type: 'json_schema', name: format.name, schema: format.schema, strict: isStrict(format.schema) },
    },
    max_output_tokens: limit === undefined ? undefined : Math.max(LEAST_TOKENS, limit),
    temperature: call.temperature,
    stream: call.stream || undefined,
    store: false,
  };
  const url = `${endpoint.base_url.replace(/\/+$/, '')}/responses`;
  return post(call, url, [['authorization', `Bearer ${endpoint.api_key}`]], body);
}

/** Strict only where the schema keeps the rules of strict ones: otherwise the provider would reject it. */
const isStrict = (schema: Json): boolean => looseSchema(schema) === undefined;

function writeItems({ role, content, images = [], toolCalls = [], toolCallId }: Message): object[] {
  if (role === 'tool') return [{ type: 'function_call_output', call_id: toolCallId, output: content }];
  const calls = toolCalls.map(({ id, name, arguments: args }) => ({
    type: 'function_call',
    call_id: id,
    name,
    arguments: args,
  }));
  if (content === '' && calls.length > 0) return calls;
  if (images.length === 0) return [{ role, content }, ...calls];
  return [{ role, content: [...images.map(writePicture), { type: 'input_text', text: content }] }];
}

const writePicture = (image: Image): object =>
  image.media_type === 'application/pdf'
    ? { type: 'input_file', filename: 'document.pdf', file_data: toUrl(image) }
    : { type: 'input_image', image_url: toUrl(image), detail: 'auto' };
