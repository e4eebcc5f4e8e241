import type { Role, RoleRules } from '../core/declaration.ts';
import { type CallBody, type CallRefused, imagesIn, type Message } from '../core/model-call.ts';
import { spansOf } from '../text/patterns.ts';

type Refusal = Pick<CallRefused, 'mode' | 'message'> & { param?: string };

/** Which rule of its own a role's provider turns a call away by; undefined where it keeps them all. */
export function brokenRule(call: CallBody, role: Role, inputTokens: number): CallRefused | undefined {
  const rules = role.rules ?? {};
  const refusal =
    tooLong(inputTokens, role) ??
    tooMuchAsked(call, rules) ??
    unsupported(call, rules) ??
    withPictures(call, rules) ??
    callsAtOnce(call, rules) ??
    foreignCallId(call, rules) ??
    outOfTurn(call, rules);
  return refusal && { refused: true, status: 400, ...refusal };
}

/** A window that is declared holds, whatever faults are armed. */
function tooLong(tokens: number, { context_tokens: window = Number.POSITIVE_INFINITY }: Role): Refusal | undefined {
  if (tokens <= window) return undefined;
  const message = `prompt is too long: ${tokens} tokens > ${window}, this model's maximum context length`;
  return { mode: 'context_overflow', message };
}

function tooMuchAsked({ maxOutputTokens = 0 }: CallBody, rules: RoleRules): Refusal | undefined {
  const { max_output_tokens: most = Number.POSITIVE_INFINITY } = rules;
  if (maxOutputTokens <= most) return undefined;
  const message = `max_tokens is too large: ${maxOutputTokens}. This model supports at most ${most} completion tokens`;
  return { mode: 'unknown', message, param: 'max_tokens' };
}

function unsupported({ params = [], model }: CallBody, { unsupported = [] }: RoleRules): Refusal | undefined {
  const param = params.find((name) => unsupported.includes(name));
  if (param === undefined) return undefined;
  return { mode: 'unknown', message: `Unsupported parameter: '${param}' is not supported with ${model}`, param };
}

function withPictures(call: CallBody, { images = true }: RoleRules): Refusal | undefined {
  if (images || imagesIn(call).length === 0) return undefined;
  return { mode: 'unknown', message: `${call.model} does not support image input`, param: 'messages' };
}

function callsAtOnce({ messages, model }: CallBody, { parallel_calls = true }: RoleRules): Refusal | undefined {
  if (parallel_calls || messages.every(({ toolCalls = [] }) => toolCalls.length < 2)) return undefined;
  return { mode: 'unknown', message: `${model} only supports single tool calls at once`, param: 'messages' };
}

function foreignCallId({ messages }: CallBody, { tool_call_ids: rule }: RoleRules): Refusal | undefined {
  if (rule === undefined) return undefined;
  const { max_length = Number.POSITIVE_INFINITY, pattern = '' } = rule;
  const fits = (id: string) => pattern === '' || spansOf(`^(?:${pattern})$`, id).length > 0;
  const ids = messages.flatMap(({ toolCalls = [], toolCallId }) => [
    ...toolCalls.map(({ id }) => id),
    toolCallId ?? [],
  ]);
  const strange = ids.flat().find((id) => id.length > max_length || !fits(id));
  if (strange === undefined) return undefined;
  const wanted = [
    ...(pattern === '' ? [] : [`match ${pattern}`]),
    ...(max_length === Number.POSITIVE_INFINITY ? [] : [`have at most ${max_length} characters`]),
  ];
  return {
    mode: 'unknown',
    message: `Tool call id was ${strange} but must ${wanted.join(' and ')}`,
    param: 'messages',
  };
}

/** The system's words first, then user and assistant in turn; what tools gave counts as the user's. The user speaks last. */
function outOfTurn({ messages }: CallBody, { turns }: RoleRules): Refusal | undefined {
  if (turns === 'answered') return unanswered(messages);
  if (turns !== 'alternate') return undefined;
  const talk = messages.slice(messages.findIndex(({ role }) => role !== 'system'));
  const wrong =
    talk.some(({ role }) => role === 'system') ||
    talk.some((message, i) => !follows(talk[i - 1], message)) ||
    talk.at(-1)?.role === 'assistant';
  if (!wrong) return undefined;
  const message = 'Conversation roles must alternate user/assistant/user/assistant, after an optional system message';
  return { mode: 'unknown', message, param: 'messages' };
}

/** The model speaks next, and what a tool gave it before the user does. */
function unanswered(messages: readonly Message[]): Refusal | undefined {
  const refusal = (message: string) => ({ mode: 'unknown' as const, message, param: 'messages' });
  const early = messages.some(({ role }, i) => role === 'user' && messages[i - 1]?.role === 'tool');
  if (early) return refusal("Unexpected role 'user' after role 'tool'");
  const last = messages.at(-1)?.role;
  return last === 'assistant' ? refusal(`Expected last role User or Tool for serving but got ${last}`) : undefined;
}

function follows(before: Message | undefined, { role }: Message): boolean {
  if (before === undefined) return role === 'user';
  if (role === 'assistant') return before.role !== 'assistant';
  return role === 'tool' ? before.role !== 'user' : before.role === 'assistant';
}
