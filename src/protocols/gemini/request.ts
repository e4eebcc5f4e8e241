import { orElse } from '../../core/errors.ts';
import type { CallBody, CallRefused, Image, Message, ToolCall } from '../../core/model-call.ts';
import { defined } from '../../core/own-copy.ts';
import type { Memory } from '../../core/protocol.ts';
import type { WireRequest } from '../../core/wire.ts';
import { isRecord, type Json, parseJson } from '../../text/json.ts';
import { listed } from '../json.ts';
import { isUrl } from '../picture.ts';
import {
  type Complaint,
  choosing,
  fieldAt,
  offered,
  paramsIn,
  parseRequest,
  post,
  readBody,
  refused,
  type ToolChoice,
} from '../request.ts';
import { Body, type Content, inCamelCase, type Part } from './body.ts';
import { asJsonSchema, snakeCase, strangeField } from './schema.ts';
import { forgedThought, SKIP, signs, unsignedCall } from './signatures.ts';

/** The Developer API's path and Vertex's; a base URL may hold the version, and at Vertex all that comes before `models`. */
const PATH = /(?:\/v\d\w*)?(?:\/projects\/[^/]+\/locations\/[^/]+)?(?:\/publishers\/google)?\/models\/([^/]+):(\w+)$/;
const METHODS = ['generateContent', 'streamGenerateContent'];

/** What a URL path asks of which model, and what comes before all that. */
export function target(pathname: string): { base: string; model: string; method: string } | undefined {
  const [end, model, method] = PATH.exec(pathname) ?? [];
  if (end === undefined || model === undefined || method === undefined) return undefined;
  return { base: pathname.slice(0, -end.length), model: decoded(model), method };
}

const decoded = (segment: string): string => orElse(() => decodeURIComponent(segment), segment);

export function baseOf(pathname: string): string | undefined {
  const to = target(pathname);
  return to !== undefined && METHODS.includes(to.method) ? to.base : undefined;
}

type Refusal = Parameters<typeof refused>[1];

const FUNCTION_NAME = /^[a-zA-Z_][\w.:-]{0,63}$/;

export function readCall(request: WireRequest, memory?: Memory): CallBody | CallRefused {
  const url = new URL(request.url);
  const { model = '', method } = target(url.pathname) ?? {};
  const no = (refusal: Refusal) => refused({ model }, refusal);
  const sent = readBody(request);
  if (sent === undefined) return no({ message: 'Invalid JSON payload received. Unexpected token.' });
  const body = inCamelCase(sent);
  const read = parseRequest(Body, isRecord(body) ? body : {});
  if ('complaint' in read) return no(inOwnWords(read.complaint));
  const { value } = read;
  const { contents = [], generationConfig: config = {}, systemInstruction, tools = [] } = value;
  const steps = stepsOf(contents);
  const refusal = wrongIn(value, steps, model, memory);
  if (refusal !== undefined) return no(refusal);

  const system = textOf(systemInstruction?.parts);
  const stream = method === 'streamGenerateContent';
  const schema = config.responseJsonSchema ?? (config.responseSchema && asJsonSchema(config.responseSchema));
  return {
    protocol: 'gemini',
    model,
    messages: [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), ...readTurns(steps)],
    ...choosing(
      tools
        .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
        .map(({ name, description, parameters, parametersJsonSchema }) =>
          offered(name, description, parametersJsonSchema ?? asJsonSchema(parameters ?? {})),
        ),
      choiceIn(value),
    ),
    ...(schema && { responseSchema: { name: 'response', schema } }),
    ...defined({ maxOutputTokens: config.maxOutputTokens, temperature: config.temperature }),
    stream,
    params: [
      ...paramsIn(value, ['model', 'contents', 'systemInstruction', 'generationConfig']),
      ...Object.keys(config),
    ],
    ...(config.thinkingConfig?.includeThoughts === true && { reasoning: true }),
    ...(stream && url.searchParams.get('alt') !== 'sse' && { wishes: { array: true } }),
  };
}

function choiceIn({ toolConfig }: Body): ToolChoice | undefined {
  const { mode, allowedFunctionNames: names = [] } = toolConfig?.functionCallingConfig ?? {};
  if (mode === 'NONE') return 'none';
  if (mode !== 'ANY') return undefined;
  return names.length > 0 ? names : 'any';
}

function inOwnWords({ path, what, detail }: Complaint): Refusal {
  if (what === 'unexpected') {
    const param = fieldAt(path.slice(0, -1), snakeCase);
    const where = param === '' ? '' : ` at '${param}'`;
    return { message: unknownName(String(path.at(-1)), where), param };
  }
  const param = fieldAt(path, snakeCase);
  if (what === 'missing') return { message: `* GenerateContentRequest.${param}: value is not specified`, param };
  return { message: `Invalid value at '${param}' (${detail})`, param };
}

const unknownName = (name: string, where: string) =>
  `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;

/** Contents of the model's that follow one another belong together, and so do those of results alone. */
function stepsOf(contents: readonly Content[]): Content[] {
  const steps: (Content & { parts: Part[] })[] = [];
  for (const { role, parts = [] } of contents) {
    const last = steps.at(-1);
    const results =
      last !== undefined && [...last.parts, ...parts].every((part) => part.functionResponse !== undefined);
    // A streamed reply is kept by Google's own client in as many contents as it came in pieces.
    if (last !== undefined && last.role === role && (role === 'model' || results)) last.parts.push(...parts);
    else steps.push({ ...(role !== undefined && { role }), parts: [...parts] });
  }
  return steps;
}

/** What is in its place and still not taken. */
function wrongIn(
  body: Body,
  steps: readonly Content[],
  model: string,
  memory: Memory | undefined,
): Refusal | undefined {
  const { contents = [] } = body;
  if (contents.length === 0)
    return { message: '* GenerateContentRequest.contents: contents is not specified', param: 'contents' };
  const stranger = contents.findIndex(({ role = 'user' }) => role !== 'user' && role !== 'model');
  if (stranger !== -1) return { message: 'Please use a valid role: user, model.', param: `contents[${stranger}].role` };
  const mute = contents.findIndex(({ parts = [] }) => parts.length === 0);
  if (mute !== -1) {
    const param = `contents[${mute}].parts`;
    return { message: `* GenerateContentRequest.${param}: contents.parts must not be empty.`, param };
  }
  const forged = forgedThought(contents, memory) ?? unsignedCall(steps, model);
  if (forged !== undefined) return { message: forged };
  return wrongTool(body) ?? wrongFormat(body, model) ?? unanswered(steps);
}

function wrongTool({ tools = [] }: Body): Refusal | undefined {
  for (const [i, { functionDeclarations = [] }] of tools.entries())
    for (const [k, { name, parameters }] of functionDeclarations.entries()) {
      const at = `tools[${i}].function_declarations[${k}]`;
      if (!FUNCTION_NAME.test(name))
        return {
          message: `* GenerateContentRequest.${at}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.`,
          param: `${at}.name`,
        };
      const strange = strangeField(parameters, `${at}.parameters`);
      if (strange !== undefined)
        return { message: unknownName(strange.name, ` at '${strange.path}'`), param: strange.path };
    }
  return undefined;
}

function wrongFormat({ generationConfig: config = {}, tools = [] }: Body, model: string): Refusal | undefined {
  const { responseMimeType: type = 'text/plain', responseSchema, responseJsonSchema } = config;
  const at = 'generation_config.response_schema';
  const wrong = (message: string): Refusal => ({ message, param: at, mode: 'schema_error' });
  const strange = strangeField(responseSchema, at);
  if (strange !== undefined) return wrong(unknownName(strange.name, ` at '${strange.path}'`));
  if ((responseSchema ?? responseJsonSchema) && type !== 'application/json' && type !== 'text/x.enum')
    return wrong(`Schema response only supported with response_mime_type application/json, and it is ${type}`);
  const functions = tools.some(({ functionDeclarations = [] }) => functionDeclarations.length > 0);
  // What Gemini 3 can do, the models before it cannot.
  if (functions && type === 'application/json' && /^gemini-[12]\b/.test(model))
    return wrong(`Function calling with a response mime type: '${type}' is unsupported`);
  return undefined;
}

const callsIn = ({ parts = [] }: Content) => parts.flatMap(({ functionCall }) => functionCall ?? []);
const answersIn = ({ parts = [] }: Content) => parts.flatMap(({ functionResponse }) => functionResponse ?? []);

/** Every call is answered in the next content, and nothing else is. */
function unanswered(steps: readonly Content[]): Refusal | undefined {
  for (const [at, step] of steps.entries()) {
    const before = steps[at - 1];
    const open = before === undefined ? 0 : callsIn(before).length;
    const answers = answersIn(step).length;
    if (answers > 0 && open === 0)
      return { message: 'Please ensure that function response turn comes immediately after a function call turn.' };
    if (answers !== open) return { message: UNEQUAL };
  }
  const last = steps.at(-1);
  return last !== undefined && callsIn(last).length > 0 ? { message: UNEQUAL } : undefined;
}

const UNEQUAL =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';

/** Calls without an id are numbered; what answers them says so by its name, or by its place. */
function readTurns(steps: readonly Content[]): Message[] {
  let open: ToolCall[] = [];
  let count = 0;
  const answered = ({ id, name }: { id?: string | undefined; name: string }): string => {
    const call = open.find((c) => c.id === id) ?? open.find((c) => c.name === name) ?? open[0];
    open = open.filter((c) => c !== call);
    return call?.id ?? '';
  };
  return steps.flatMap((step): Message[] => {
    const content = textOf(step.parts);
    if (step.role === 'model') {
      open = callsIn(step).map(({ id, name, args }) => {
        count++;
        return { id: id ?? `call_${count}`, name, arguments: JSON.stringify(args ?? {}) };
      });
      return [{ role: 'assistant', content, ...(open.length > 0 && { toolCalls: open }) }];
    }
    const results = answersIn(step).map(
      (answer): Message => ({ role: 'tool', content: resultText(answer.response ?? {}), toolCallId: answered(answer) }),
    );
    const images = (step.parts ?? []).flatMap(pictureIn);
    if (content === '' && images.length === 0 && results.length > 0) return results;
    return [...results, { role: 'user', content, ...(images.length > 0 && { images }) }];
  });
}

/** Thoughts are no part of what was said. */
const textOf = (parts: readonly Part[] = []): string =>
  parts.map(({ text = '', thought, inlineData }) => (thought === true ? '' : text + documentIn(inlineData))).join('');

/** Documents that are texts, as they are. */
const isText = ({ mimeType }: NonNullable<Part['inlineData']>) => mimeType.startsWith('text/');

const documentIn = (given: Part['inlineData']): string =>
  given !== undefined && isText(given) ? `\n\n${Buffer.from(given.data, 'base64').toString()}\n\n` : '';

function pictureIn({ inlineData, fileData }: Part): Image[] {
  if (inlineData !== undefined && isText(inlineData)) return [];
  if (inlineData !== undefined) return [{ media_type: inlineData.mimeType, data: inlineData.data }];
  return fileData === undefined ? [] : [{ media_type: '', data: fileData.fileUri }];
}

/** A result must be an object here; these are the fields in which clients put one that is none. */
const WRAPPERS = ['result', 'output', 'content'];

function wrapped(response: Json): { value: unknown } | undefined {
  const [only, ...more] = Object.keys(response).filter((key) => key !== 'name');
  return only !== undefined && more.length === 0 && WRAPPERS.includes(only) ? { value: response[only] } : undefined;
}

function resultText(response: Json): string {
  const { value } = wrapped(response) ?? { value: response };
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function writeResult(content: string): Json {
  const json = parseJson(content);
  const lossless = isRecord(json) && wrapped(json) === undefined && JSON.stringify(json) === content;
  return lossless ? json : { result: content };
}

export function writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }): WireRequest {
  const system = call.messages.filter((m) => m.role === 'system').map(({ content }) => ({ text: content }));
  const { responseSchema: format, maxOutputTokens, temperature } = call;
  const config = {
    ...defined({ maxOutputTokens, temperature }),
    ...(format && { responseMimeType: 'application/json', responseJsonSchema: format.schema }),
  };
  const declared = call.tools.map(({ parameters, ...tool }) => ({ ...tool, parametersJsonSchema: parameters }));
  const body = {
    contents: writeTurns(call),
    systemInstruction: listed(system) && { parts: system },
    tools: listed(declared) && [{ functionDeclarations: declared }],
    toolConfig: call.mustCall && { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: call.mustCall } },
    ...(Object.keys(config).length > 0 && { generationConfig: config }),
  };
  const base = endpoint.base_url.replace(/\/+$/, '');
  const versioned = /\/v\d\w*(?:\/|$)/.test(new URL(base).pathname) ? base : `${base}/v1beta`;
  const method = call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent';
  const url = `${versioned}/models/${encodeURIComponent(call.model)}:${method}`;
  return post(call, url, [['x-goog-api-key', endpoint.api_key]], body);
}

/** The results of one turn's calls stand together in one content. */
function writeTurns({ messages, model }: CallBody): object[] {
  const names = new Map(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id, name }) => [id, name])));
  const turns: { role: string; of: Message['role']; parts: object[] }[] = [];
  for (const message of messages) {
    const { role, content, images = [], toolCalls = [], toolCallId = '' } = message;
    if (role === 'system') continue;
    const last = turns.at(-1);
    if (role === 'tool') {
      const answer = {
        functionResponse: { id: toolCallId, name: names.get(toolCallId), response: writeResult(content) },
      };
      if (last?.of === 'tool') last.parts.push(answer);
      else turns.push({ role: 'user', of: role, parts: [answer] });
      continue;
    }
    const calls = toolCalls.map(({ id, name, arguments: args }, i) => {
      const read = parseJson(args);
      const functionCall = { id, name, args: isRecord(read) ? read : {} };
      return { functionCall, ...(i === 0 && signs(model) && { thoughtSignature: SKIP }) };
    });
    const words = content === '' && calls.length + images.length > 0 ? [] : [{ text: content }];
    const parts = [...images.map(writePicture), ...words, ...calls];
    turns.push({ role: role === 'assistant' ? 'model' : 'user', of: role, parts });
  }
  return turns.map(({ role, parts }) => ({ role, parts }));
}

const writePicture = (image: Image): object =>
  isUrl(image)
    ? { fileData: { fileUri: image.data } }
    : { inlineData: { mimeType: image.media_type, data: image.data } };
