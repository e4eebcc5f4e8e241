import type { z } from 'zod';
import type { CallBody, CallRefused, Message, ToolSchema } from '../core/model-call.ts';
import type { Headers, WireRequest } from '../core/wire.ts';
import { isRecord, type Json, parseJson } from '../text/json.ts';
import { asList, fromUtf8, utf8 } from './json.ts';

/** What is wrong with a request, before a provider has put it into its own words. */
export interface Complaint {
  /** Keys and indexes from the body's root to the offending field. */
  path: PropertyKey[];
  what: 'missing' | 'unexpected' | 'invalid';
  /** In zod's words, e.g. `expected string, received number`. */
  detail: string;
}

/** The offending field as most APIs name it: `messages[0].content`. */
export const fieldAt = (path: readonly PropertyKey[], named = (key: string): string => key): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i === 0 ? '' : '.'}${named(String(key))}`)).join('');

/** For a protocol that is known by how a path ends. */
export const baseBefore =
  (end: RegExp) =>
  (pathname: string): string | undefined =>
    end.test(pathname) ? pathname.replace(end, '') : undefined;

export function readBody(request: WireRequest): Json | undefined {
  const json = parseJson(fromUtf8(request.body));
  return isRecord(json) ? json : undefined;
}

/** Names of what a body sends beside the conversation. */
export const paramsIn = (body: Json, conversation: readonly string[]): string[] =>
  Object.keys(body).filter((name) => !conversation.includes(name));

/** All APIs take JSON by POST, without what is undefined. `api` is what only one of them wants in its headers. */
export function post(call: CallBody, url: string, api: Headers, body: object): WireRequest {
  return {
    method: 'POST',
    url,
    headers: [
      ['content-type', 'application/json'],
      ['accept', call.stream ? 'text/event-stream' : 'application/json'],
      ...api,
    ],
    body: utf8(JSON.stringify(body)),
  };
}

/** A tool as it was offered, by whatever names an API has for its parts. */
export const offered = (name: string, description: string | null | undefined, parameters: Json | null | undefined) => ({
  name,
  ...(description != null && { description }),
  parameters: parameters ?? {},
});

/** What a caller says of calling tools, where it leaves that not to the model: none, one of them, or one of these. */
export type ToolChoice = 'none' | 'any' | readonly string[];

/** Tools of which none may be called are as good as not offered. */
export function choosing(tools: ToolSchema[], choice: ToolChoice | undefined): Pick<CallBody, 'tools' | 'mustCall'> {
  if (choice === 'none') return { tools: [] };
  const mustCall = choice === 'any' ? tools.map(({ name }) => name) : [...(choice ?? [])];
  return { tools, ...(mustCall.length > 0 && { mustCall }) };
}

/** OpenAI's word for it, and that of servers that speak like it; a function is named where `nameIn` finds it. */
export function openaiChoice(said: unknown, nameIn: (choice: Json) => unknown): ToolChoice | undefined {
  if (said === 'none') return 'none';
  if (said === 'required' || said === 'any') return 'any';
  const name = isRecord(said) ? nameIn(said) : undefined;
  return typeof name === 'string' ? [name] : undefined;
}

/** The same written; several that are not all of them have no word here. */
export function writeChoice(
  { mustCall = [] }: CallBody,
  one: (name: string) => object,
): object | 'required' | undefined {
  const [name, ...more] = mustCall;
  if (name === undefined) return undefined;
  return more.length === 0 ? one(name) : 'required';
}

/** Parses by a schema; a body of another API's fields is told apart from a merely wrong one by `foreign`. */
export function parseRequest<S extends z.ZodType>(
  schema: S,
  body: Json,
  foreign: readonly string[] = [],
): { value: z.output<S> } | { complaint: Complaint } {
  const stranger = foreign.find((key) => key in body);
  if (stranger !== undefined) return { complaint: { path: [stranger], what: 'unexpected', detail: '' } };
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data };
  const { issues } = parsed.error;
  const unknown = issues.find((issue) => issue.code === 'unrecognized_keys');
  if (unknown !== undefined)
    return { complaint: { path: [...unknown.path, unknown.keys[0] ?? ''], what: 'unexpected', detail: '' } };
  const [issue] = issues;
  const path = issue?.path ?? [];
  const what = valueAt(body, path) === undefined ? 'missing' : 'invalid';
  return { complaint: { path, what, detail: issue?.message.replace(/^Invalid input: /, '') ?? '' } };
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof key === 'number') return asList(value)[key];
    return isRecord(value) ? value[String(key)] : undefined;
  }, body);
}

export function refused(
  body: Json | undefined,
  refusal: { message: string; param?: string; code?: string; mode?: CallRefused['mode']; status?: number },
): CallRefused {
  const model = body?.['model'];
  return { refused: true, mode: 'unknown', status: 400, ...refusal, ...(typeof model === 'string' && { model }) };
}

/** Every tool call must be answered right after it, and every answer must have its call: both APIs reject anything else. */
export function unpairedToolCall(
  messages: readonly Message[],
): { id: string; at: number; missing: 'call' | 'result' } | undefined {
  let open = new Set<string>();
  for (const [at, message] of messages.entries()) {
    if (message.role === 'tool') {
      const id = message.toolCallId ?? '';
      if (!open.delete(id)) return { id, at, missing: 'call' };
      continue;
    }
    const [unanswered] = open;
    if (unanswered !== undefined) return { id: unanswered, at: at - 1, missing: 'result' };
    open = new Set(message.toolCalls?.map((c) => c.id));
  }
  const [unanswered] = open;
  return unanswered === undefined ? undefined : { id: unanswered, at: messages.length - 1, missing: 'result' };
}

/** Where a JSON Schema is looser than strict structured output allows: undefined where it is strict throughout. */
export function looseSchema(schema: unknown, path = ''): string | undefined {
  if (!isRecord(schema)) return undefined;
  const { properties, required, items, anyOf, $defs } = schema;
  if (schema['type'] === 'object' || isRecord(properties)) {
    const at = path === '' ? 'the root' : `'${path}'`;
    if (schema['additionalProperties'] !== false) return `'additionalProperties' must be false at ${at}`;
    const missing = Object.keys(isRecord(properties) ? properties : {}).find((key) => !asList(required).includes(key));
    if (missing !== undefined) return `'required' must name every property at ${at}: '${missing}' is missing`;
  }
  const below = Object.entries({
    ...(isRecord(properties) ? properties : {}),
    ...(isRecord($defs) ? $defs : {}),
    ...(items === undefined ? {} : { items }),
    ...asList(anyOf),
  });
  for (const [key, child] of below) {
    const loose = looseSchema(child, path === '' ? key : `${path}.${key}`);
    if (loose !== undefined) return loose;
  }
  return undefined;
}
