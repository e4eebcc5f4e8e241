import { gather } from '../core/gathered.ts';
import type { HandlerMapping } from '../core/handler.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import { messageOf } from '../protocols/decoder.ts';
import { openaiChat } from '../protocols/index.ts';
import { createSseSplitter } from '../protocols/sse.ts';
import { isRecord, parseJson } from '../text/json.ts';
import { pointedAt } from '../text/json-pointer.ts';

/** How a task becomes the request of somebody's HTTP handler, and its response an outcome. */
export interface Mapping {
  body(task: Task): object | string;
  /** Of a response with a good status, read as it came. */
  outcome(response: Response, task: Task): Promise<Outcome>;
  /** Of what came with a bad status, where it says more than words for a user. */
  failure?(said: string): Partial<Outcome> | undefined;
}

export const mappings: Record<HandlerMapping, Mapping> = {
  'openai-chat': {
    body: (task) => ({
      model: 'default',
      messages: [...(task.history ?? []), { role: 'user', content: question(task) }],
      user: task.tenant,
      ...(task.response_schema && {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: task.response_schema } },
      }),
    }),
    outcome: async (response, { response_schema }) =>
      response_schema === undefined ? readChat(response) : withData(await readChat(response)),
  },
  'ai-sdk-ui': {
    body: (task) => ({
      id: task.id,
      trigger: 'submit-message',
      messages: [...(task.history ?? []), { role: 'user', content: question(task) }].map(({ role, content }, i) => ({
        id: `${task.id}-${i + 1}`,
        role,
        parts: [{ type: 'text', text: content }],
      })),
    }),
    outcome: readUiMessages,
  },
  json: {
    body: (task) => task,
    async outcome(response) {
      const said = await response.text();
      return outcomeIn(said) ?? noAnswerIn(said);
    },
    // An error has a message, too, and is no answer.
    failure: (said) => asSuch(parseJson(said)),
  },
  text: {
    body: question,
    outcome: async (response) => answered(await response.text()),
  },
};

/** Asks a handler as its clients would. What it responds with a bad status is what a user is shown. */
export async function askHandler(
  handle: (request: Request) => unknown,
  mapping: Mapping,
  task: Task,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = mapping.body(task);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const headers = { 'content-type': type, 'x-tenant': task.tenant };
  const response = await handle(new Request('http://target.invalid/', { method: 'POST', headers, body: text, signal }));
  if (!(response instanceof Response)) return failed('its handler gave no Response');
  if (response.ok) return mapping.outcome(response, task);
  const said = await response.text();
  const told = mapping.failure?.(said);
  if (told?.kind !== undefined) return { ...told, kind: told.kind };
  const notice = messageOf(parseJson(said)) ?? said;
  return { ...failed(`HTTP ${response.status}`), ...(told ?? (said !== '' && { notice })) };
}

/** What the user asks, and under it what may be cited. */
function question({ input, sources }: Task): string {
  return [input, ...sources.map(({ id, text }) => `[${id}]\n${text}`)].join('\n\n');
}

const answered = (answer: string): Outcome => ({ kind: 'answered', answer });
const failed = (error: string): Outcome => ({ kind: 'failed', error });
const noAnswerIn = (said: string) => failed(`its response is no JSON with an answer: ${brief(said)}`);
const brief = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** An outcome as such, or an object with an answer in it; its shape is held against ours like that of any other target. */
export function outcomeIn(text: string): Outcome | undefined {
  const said = parseJson(text);
  if (!isRecord(said)) return undefined;
  const own = asSuch(said);
  if (own !== undefined) return own;
  const answer = [said['answer'], said['text'], said['message'], said['output']].find((one) => typeof one === 'string');
  return answer === undefined ? undefined : ({ ...said, kind: 'answered', answer } as Outcome);
}

const asSuch = (said: unknown): Outcome | undefined =>
  isRecord(said) && typeof said['kind'] === 'string' ? (said as Outcome) : undefined;

/** Reads a JSON response by pointers to the parts of an outcome. */
export function pointing(pointers: Partial<Record<keyof Outcome, string>>): Pick<Mapping, 'outcome' | 'failure'> {
  const partsOf = (said: string): Partial<Outcome> => {
    const json = parseJson(said);
    const found = Object.entries(pointers).map(([part, pointer]) => [part, pointedAt(json, pointer)] as const);
    return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null));
  };
  return {
    async outcome(response) {
      const said = await response.text();
      const parts = partsOf(said);
      const isAnswer = parts.answer !== undefined || parts.data !== undefined;
      return isAnswer ? { kind: 'answered', ...parts } : { ...noAnswerIn(said), ...parts };
    },
    failure(said) {
      const parts = partsOf(said);
      return Object.keys(parts).length === 0 ? undefined : parts;
    },
  };
}

/** A completion, whole or in chunks. */
async function readChat(response: Response): Promise<Outcome> {
  const head = { status: response.status, headers: [...response.headers], framing: 'close' as const };
  const decoder = openaiChat.decoder(head, 0);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const parts = [...decoder.push(bytes), ...decoder.end()].flatMap((frame) => frame.parts);
  const { text = '', refusal, error, end } = gather(parts);
  if (error !== undefined) return { ...failed(error.message), ...(text !== '' && { answer: text }) };
  if (refusal !== undefined) return { kind: 'declined', answer: refusal };
  return end === 'length' || end === 'content-filter' ? { kind: 'partial', answer: text } : answered(text);
}

/** An answer that was asked for as JSON, and its parts. */
function withData(outcome: Outcome): Outcome {
  const data = outcome.kind === 'answered' ? parseJson(outcome.answer ?? '') : undefined;
  return isRecord(data) ? { ...outcome, ...data, kind: 'answered', data } : outcome;
}

/** The stream of a `useChat` hook: parts of a message, or plain text. */
async function readUiMessages(response: Response): Promise<Outcome> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true)
    return answered(await response.text());
  const events = createSseSplitter().push(new Uint8Array(await response.arrayBuffer()));
  const parts = events.flatMap(({ data }) => {
    const part = data === undefined ? undefined : parseJson(data);
    return isRecord(part) ? [part] : [];
  });
  const answer = parts
    .map(({ type, delta }) => (type === 'text-delta' && typeof delta === 'string' ? delta : ''))
    .join('');
  const error = parts.find(({ type }) => type === 'error' || type === 'abort');
  if (error === undefined) return answered(answer);
  const { errorText = 'it was aborted' } = error;
  return { ...failed(String(errorText)), notice: String(errorText), ...(answer !== '' && { answer }) };
}
