import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { type Gathered, gather } from '../core/gathered.ts';
import type { CallBody } from '../core/model-call.ts';
import { defined } from '../core/own-copy.ts';
import type { Protocol, ReplyShape, Stamp } from '../core/protocol.ts';
import { keyIn } from '../core/protocol.ts';
import { FailureMode } from '../core/taxonomy.ts';
import type { ErrorPart, Frame, Part, WireRequest } from '../core/wire.ts';
import { isRecord, type Json } from '../text/json.ts';
import { createDecoder, inBandError } from './decoder.ts';
import { createEncoder, type SaidPart, says } from './encoder.ts';
import { type ErrorVoice, writeRetryAfter } from './errors.ts';
import { post, readBody, refused } from './request.ts';

/** What every reply may say of itself. */
export interface AboutReply extends Stamp {
  model: string;
}

/** A failure as it is to be told, by the word of the protocol for it. */
export interface ToldError extends Pick<ErrorPart, 'mode' | 'message' | 'param' | 'code'> {
  word: string;
  status: number;
}

/** What a request asks for; what is left out it does not ask for. */
export type AskedFor = Omit<CallBody, 'protocol' | 'tools' | 'stream'> & Partial<Pick<CallBody, 'tools' | 'stream'>>;

/** JSON of which its author knows what it holds. */
// biome-ignore lint/suspicious/noExplicitAny: no type of ours says what somebody else's API sends.
type TheirJson = Record<string, any>;

/** Why a request is turned away. */
export interface TurnedAway {
  refused: string;
  /** The offending field. */
  param?: string;
  /** 400 without it. */
  status?: number;
}

type Own = 'example' | 'api' | 'keyHeader' | 'keyEnvs' | 'urlEnvs' | 'keeps' | 'rules' | 'fields';

/** A protocol of JSON over HTTP, as its author writes it: both ends of the wire, by what their JSON says. */
export interface WrittenProtocol extends Pick<Protocol, 'name' | 'summary' | 'path'>, Partial<Pick<Protocol, Own>> {
  /** What the JSON of a request asks for, or why it is turned away. What it throws turns it away as well. */
  readCall(body: TheirJson, request: WireRequest): AskedFor | TurnedAway;
  /** The JSON of a request that asks for this. */
  writeCall(call: CallBody): object;
  /** The JSON of a whole reply. */
  writeReply(said: Gathered, about: AboutReply): object;
  /** What that says; undefined where it is no such reply. */
  readReply(body: TheirJson): Part[] | undefined;
  /** The JSON of an error reply. */
  writeError(error: ToldError, about: Pick<Stamp, 'id'>): object;
  /** The word and the message of that; undefined where it tells of no failure. Of a word that is none, or stands for two, the status decides. */
  readError(body: TheirJson): { word: string; message: string } | undefined;
  /** Its words for failures; drill's own where it has none. */
  words?: Partial<Record<FailureMode, string>>;
  /** HTTP statuses of failures that have another one than OpenAI's. */
  statuses?: Partial<Record<FailureMode, number>>;
  /** Server-sent events; without it, nothing is ever streamed. */
  stream?: {
    /** A writer for each reply: the JSON of the events that a part makes; of one that makes none, the next events tell. */
    open(about: AboutReply): (part: SaidPart) => object[];
    /** What an event says. */
    read(event: TheirJson): Part[];
    /** What stands in the last event, where that is no JSON: `[DONE]`. */
    done?: string;
  };
}

const WRITTEN = ['readCall', 'writeCall', 'writeReply', 'readReply', 'writeError', 'readError'] as const;

/** Makes a protocol that a role may name. Throws where something of it is missing. */
export function defineProtocol(written: WrittenProtocol): Protocol {
  const { name, path } = written;
  const missing = [
    ...(['name', 'summary', 'path'] as const).filter((key) => typeof written[key] !== 'string'),
    ...WRITTEN.filter((key) => typeof written[key] !== 'function'),
  ];
  if (missing.length > 0) throw new Error(`the protocol ${name ?? 'without a name'} lacks ${missing.join(', ')}`);
  if (!path.startsWith('/')) throw new Error(`the path of the protocol ${name} begins with no slash: ${path}`);
  const { example, api, keyHeader, keyEnvs, urlEnvs, keeps = [], rules, fields } = written;
  const errors = voiceOf(written);
  return {
    ...{ name, summary: written.summary, path, params: z.strictObject({}), keeps, api: api ?? name },
    example: example ?? `primary: { provider: house, protocol: ${name}, base_url: https://models.example, model: m-1 }`,
    ...defined({ keyHeader: keyHeader?.toLowerCase(), keyEnvs, urlEnvs, rules }),
    fields: fields ?? { conversation: 'messages', limit: 'max_tokens' },
    baseOf: (pathname) => (pathname.endsWith(path) ? pathname.slice(0, -path.length) : undefined),
    readCall(request) {
      const body = readBody(request);
      if (body === undefined) return refused(body, { message: 'The body of the request is no JSON object.' });
      const asked = askedIn(written, body, request);
      if ('refused' in asked) {
        const { refused: message, ...why } = asked;
        return refused(body, { message, ...why });
      }
      const { tools = [], stream = false, ...said } = asked;
      return { protocol: name, ...said, tools, stream: stream && written.stream !== undefined };
    },
    writeCall(call, { base_url, api_key }) {
      return post(call, base_url.replace(/\/$/, '') + path, [keyIn(keyHeader, api_key)], written.writeCall(call));
    },
    encoder: (call, stamp) => encoderOf(written, errors, call, stamp),
    decoder: (head, nowMs) => {
      const { stream, readReply } = written;
      const failed = (json: Json) =>
        written.readError(json) === undefined ? undefined : [inBandError(errors, json, 'unknown')];
      return createDecoder(head, nowMs, {
        errors,
        body: (json) => failed(json) ?? readReply(json),
        event: (json) => failed(json) ?? stream?.read(json) ?? [],
        ...(stream?.done !== undefined && { done: stream.done }),
      });
    },
  };
}

const some = z.record(z.string(), z.unknown());
const Said = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  images: z.array(z.object({ media_type: z.string(), data: z.string() })).optional(),
  toolCalls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  toolCallId: z.string().optional(),
});
/** What the rest of drill counts on; a reader may have handed on whatever was sent. */
const Asked = z.object({
  model: z.string(),
  messages: z.array(Said),
  tools: z.array(z.object({ name: z.string(), description: z.string().optional(), parameters: some })).optional(),
  mustCall: z.array(z.string()).optional(),
  responseSchema: z.object({ name: z.string(), schema: some }).optional(),
  maxOutputTokens: z.number().int().optional(),
  temperature: z.number().optional(),
  stream: z.boolean().optional(),
  params: z.array(z.string()).optional(),
  parallelCalls: z.literal(false).optional(),
  reasoning: z.boolean().optional(),
  wishes: z.record(z.string(), z.union([z.string(), z.boolean()])).optional(),
});

/** A request may hold anything: what its reader stumbles over, the provider does not take. */
function askedIn({ readCall }: WrittenProtocol, body: Json, request: WireRequest): AskedFor | TurnedAway {
  try {
    const read = readCall(body, request);
    if ('refused' in read) return read;
    // Null is as good as not given.
    const asked = Object.fromEntries(Object.entries(read).filter(([, value]) => (value ?? undefined) !== undefined));
    const wrong = Asked.safeParse(asked).error?.issues[0]?.path[0];
    if (wrong === undefined) return asked as unknown as AskedFor;
    return { refused: wrong === 'model' ? 'no model is named' : `its ${String(wrong)} cannot be read` };
  } catch (error) {
    return { refused: messageOf(error) };
  }
}

/** Statuses as OpenAI has them; what no provider says is a bad request. */
const STATUSES: Partial<Record<FailureMode, number>> = {
  timeout: 408,
  ...{ rate_limit: 429, quota_exhausted: 429 },
  ...{ auth: 401, regional_access: 403, model_not_found: 404 },
  ...{ server_error: 500, truncated: 500, network: 502, overloaded: 503 },
  malformed_response: 200,
};

function voiceOf({ writeError, readError, statuses, words }: WrittenProtocol): ErrorVoice {
  const all = { ...STATUSES, ...statuses };
  const statusOf = (mode: FailureMode) => all[mode] ?? 400;
  const wordOf = (mode: FailureMode) => words?.[mode] ?? mode;
  const modes = new Map<string, FailureMode | undefined>();
  for (const mode of FailureMode.options) modes.set(wordOf(mode), modes.has(wordOf(mode)) ? undefined : mode);
  const rows = FailureMode.options.map((mode) => [mode, { status: statusOf(mode), type: wordOf(mode) }]);
  return {
    rows: Object.fromEntries(rows) as ErrorVoice['rows'],
    read(json) {
      const told = isRecord(json) ? readError(json) : undefined;
      const mode = modes.get(told?.word ?? '');
      return told && mode && { mode, message: told.message };
    },
    body({ mode, message, status = statusOf(mode), param, code }, id) {
      const more = { ...(param !== undefined && { param }), ...(code !== undefined && { code }) };
      return writeError({ mode, word: wordOf(mode), message, status, ...more }, { id });
    },
    headers: writeRetryAfter,
    event: '',
  };
}

function encoderOf({ writeReply, stream }: WrittenProtocol, errors: ErrorVoice, call: ReplyShape, stamp: Stamp) {
  const about = { ...stamp, model: call.model };
  const write = stream?.open(about);
  let silent: Part[] = [];
  return createEncoder(write !== undefined && call.stream, {
    ...{ stamp, errors, headers: [] },
    body: (parts) => writeReply(gather(parts), about),
    open: () => [],
    part(part): Frame[] {
      silent.push(part);
      const [first, ...more] = (write?.(part) ?? []).map((event) => `data: ${JSON.stringify(event)}\n\n`);
      if (first === undefined) return [];
      const told = silent;
      silent = [];
      return [says(first, ...told), ...more.map((text) => says(text))];
    },
    close: () => (stream?.done === undefined ? [] : [says(`data: ${stream.done}\n\n`)]),
  });
}
