import type { Clock } from '../core/clock.ts';
import { type Gathered, gather, nothing } from '../core/gathered.ts';
import { type CallBody, CHARACTERS_A_TOKEN, estimateTokens, IMAGE_TOKENS, imagesIn } from '../core/model-call.ts';
import { costOf, type Rates } from '../core/prices.ts';
import type { Protocol } from '../core/protocol.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { header, NetworkFailure, type Part, type Transport, type Usage } from '../core/wire.ts';
import { isRecord } from '../text/json.ts';
import { TIME_IS_UP, whileItGoesOn } from './in-time.ts';
import { type ModelAdapter, type ModelRequest, type ModelResult, statusOf } from './model-adapter.ts';
import { objectIn, parseJson, schemaErrors, unwrapped } from './validate.ts';

/** What a model can do, as declared: it is never found out by trying. */
export interface Capabilities {
  tools: boolean;
  /** The endpoint itself holds replies to a JSON Schema. Without it the schema is told in words. */
  jsonSchema: boolean;
  maxContextTokens: number;
  /** How soon it usually answers. */
  latency?: ModelAdapter['latency'];
  /** It can see pictures. */
  images?: boolean;
  /** Newer models reject the parameter; it is sent only where it is declared. */
  temperature?: boolean;
}

export interface AdapterOptions {
  protocol: Protocol;
  transport: Transport;
  clock: Clock;
  endpoint: { provider: string; base_url: string; model: string; api_key: string };
  capabilities: Capabilities;
  /** US dollars per million tokens; without it the package's dated table is used, and a model that it lacks has no price. */
  price?: Rates;
}

/**
 * A protocol, a transport and a clock make an adapter. Live, mocked or recorded is only another transport.
 * Requests it cannot serve (too long, tools it has not) are refused here and cost nothing.
 */
export function createAdapter(options: AdapterOptions): ModelAdapter {
  const { clock, endpoint, capabilities } = options;
  const { provider, model } = endpoint;
  const usd = (usage: Usage) => costOf({ model, price: options.price }, usage) ?? undefined;

  return {
    name: `${provider}/${model}`,
    supportsTools: capabilities.tools,
    supportsJsonSchema: capabilities.jsonSchema,
    maxContextTokens: capabilities.maxContextTokens,
    ...(capabilities.latency && { latency: capabilities.latency }),
    model,
    worstCaseUsd: (request) => usd({ input: inputTokens(request), output: request.maxOutputTokens }),
    async call(request, signal) {
      const began = clock.now();
      const found = unfit(request, capabilities) ?? (await exchange(options, request, signal));
      const { usage = estimated(found, request), ...rest } = found;
      return {
        provider,
        model,
        ...rest,
        ...(usage && {
          usage: { inputTokens: usage.input, outputTokens: usage.output, ...costing(usd(usage)) },
        }),
        latencyMs: clock.now() - began,
      };
    },
  };
}

const costing = (costUsd: number | undefined) => (costUsd === undefined ? {} : { costUsd });

/** What one call came to, before the adapter's name is put on it. */
type Finding = Omit<ModelResult, 'provider' | 'model' | 'latencyMs' | 'usage'> & Partial<Pick<Gathered, 'usage'>>;
const failing = (mode: FailureMode, message: string): Finding => ({
  status: statusOf(mode),
  failureMode: mode,
  rawError: message.slice(0, 200),
});

/** So many characters. */
const asJson = (value: unknown) => JSON.stringify(value).length;

/** Estimated tokens of everything that is sent. */
function inputTokens({ messages, tools, responseSchema }: ModelRequest): number {
  const told = messages.map((m) => m.content.length + (m.toolCalls === undefined ? 0 : asJson(m.toolCalls)));
  const breaks = Math.max(0, told.length - 1);
  const characters = told.reduce((sum, length) => sum + length, breaks + asJson([tools, responseSchema]));
  const words = Math.ceil(characters / CHARACTERS_A_TOKEN);
  return words + IMAGE_TOKENS * imagesIn({ messages }).length;
}

/** What a reply took whose provider does not say it; one that said nothing took nothing. */
function estimated({ text = '', toolCalls = [] }: Finding, request: ModelRequest): Gathered['usage'] {
  const said = [text, ...toolCalls.map((call) => call.arguments)].join('');
  return said === '' ? undefined : { input: inputTokens(request), output: estimateTokens(said) };
}

function unfit(request: ModelRequest, capabilities: Capabilities): Finding | undefined {
  if (request.tools?.length && !capabilities.tools) return failing('tool_mismatch', 'this model cannot call tools');
  if (!capabilities.images && imagesIn(request).length > 0)
    return failing('tool_mismatch', 'this model cannot see pictures');
  const needed = inputTokens(request) + request.maxOutputTokens;
  if (needed <= capabilities.maxContextTokens) return undefined;
  return failing(
    'context_overflow',
    `about ${needed} tokens do not fit a context of ${capabilities.maxContextTokens} tokens`,
  );
}

async function exchange(
  { protocol, transport, clock, endpoint, capabilities }: AdapterOptions,
  request: ModelRequest,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const wire = protocol.writeCall(toBody(request, protocol.name, endpoint.model, capabilities), endpoint);
  const { timeoutMs: ms, stream = false, streamMs = Number.POSITIVE_INFINITY } = request;
  const heard = nothing();
  const hear = (parts: readonly Part[], goesOn?: () => void) => {
    gather(parts, heard);
    // Comments and empty events keep a connection alive, and are no sign that an answer will come.
    if (stream && parts.some(isPiece)) goesOn?.();
  };
  const listen = async (leave: AbortSignal, goesOn: () => void) => {
    const reply = await transport(wire, leave);
    const framing = header(reply.headers, 'content-length') === undefined ? 'chunked' : 'length';
    const decoder = protocol.decoder(
      { status: reply.status, headers: reply.headers, framing },
      clock.epochMs + clock.now(),
    );
    for await (const bytes of reply.body) {
      for (const { parts } of decoder.push(bytes)) hear(parts, goesOn);
      if (heard.error !== undefined) return;
    }
    for (const { parts } of decoder.end()) hear(parts);
  };
  /** What came before a break was paid for, and is no answer. One that had said its end lacked nothing. */
  const broken = (mode: FailureMode, message: string): Finding =>
    heard.end === undefined ? { ...said(heard), ...failing(mode, message) } : judge(heard, request);
  try {
    const came = await whileItGoesOn(clock, { ms, mostMs: stream ? streamMs : ms }, listen, signal);
    if (came !== TIME_IS_UP) return judge(heard, request);
    return broken('timeout', stream ? 'the stream stood still, or took too long' : `no whole reply within ${ms} ms`);
  } catch (error) {
    if (error instanceof NetworkFailure) return broken('network', error.message);
    throw error;
  }
}

const isPiece = ({ type }: Part): boolean => type !== 'usage' && type !== 'error' && type !== 'end';

/** What is asked, fitted to what this model can do. */
function toBody(request: ModelRequest, protocol: string, model: string, capabilities: Capabilities): CallBody {
  const body: CallBody = {
    protocol,
    model,
    messages: request.messages,
    tools: request.tools ?? [],
    maxOutputTokens: request.maxOutputTokens,
    stream: request.stream === true,
    // Some count the tokens of a stream only for those who ask.
    ...(request.stream && { wishes: { include_usage: true } }),
  };
  if (capabilities.temperature) body.temperature = request.temperature;
  const schema = request.responseSchema;
  if (!isRecord(schema)) return body;
  if (capabilities.jsonSchema) return { ...body, responseSchema: { name: 'response', schema } };
  const content = `Reply with nothing but JSON that follows this JSON Schema:\n${JSON.stringify(schema)}`;
  return { ...body, messages: [{ role: 'system', content }, ...request.messages] };
}

/** A reply as it came, whatever it is worth. */
function said({ text: spoken = '', calls, usage, end }: Gathered): Finding {
  const text = unwrapped(spoken);
  return {
    status: 'ok',
    ...(text !== '' && { text }),
    ...(calls.length > 0 && { toolCalls: calls }),
    ...(end && { finishReason: end }),
    ...(usage && { usage }),
  };
}

/** Errors before refusals before cuts before contents: a cut reply also fails to parse, and the cut is the truth. */
function judge(heard: Gathered, request: ModelRequest): Finding {
  const { refusal, calls, error, end } = heard;
  const good = said(heard);
  const { text = '' } = good;
  const fail = (mode: FailureMode, message: string): Finding => ({ ...good, ...failing(mode, message) });
  if (error !== undefined)
    return { ...fail(error.mode, error.message), ...(error.retryAfter && { retryAfterMs: error.retryAfter.ms }) };
  if (refusal || end === 'refusal' || end === 'content-filter')
    return fail('safety_block', refusal || `ended with ${end}`);
  if (end === 'length') return fail('truncated', `stopped at ${request.maxOutputTokens} output tokens`);
  if (end === undefined) return fail('truncated', 'the reply stopped before its end');
  if (calls.length > 0) {
    const wrong = calls.find(
      (call) => !request.tools?.some((tool) => tool.name === call.name) || parseJson(call.arguments) === undefined,
    );
    return wrong === undefined ? good : fail('tool_mismatch', `the call of ${wrong.name} cannot be carried out`);
  }
  if (text === '') return fail('malformed_response', 'the reply is empty');
  if (!isRecord(request.responseSchema)) return good;
  // Of a stream, words before the object may be a piece of it that came too early.
  const parsed = request.stream ? parseJson(text) : objectIn(text);
  if (parsed === undefined) return fail('schema_error', 'the reply is not JSON');
  const errors = schemaErrors(parsed.json, request.responseSchema);
  return errors.length > 0 ? fail('schema_error', errors.join('; ')) : { ...good, json: parsed.json };
}
