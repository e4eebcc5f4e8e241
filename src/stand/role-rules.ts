import type { Role, RoleRules } from '../core/declaration.ts';
import { type CallBody, type CallRefused, imagesIn, type Message } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { Part } from '../core/wire.ts';
import { type Armed, retold } from '../protocols/relay.ts';
import { spansOf } from '../text/patterns.ts';

type Refusal = Pick<CallRefused, 'mode' | 'message'> & { param?: string };
type Fields = Protocol['fields'];

/** Which rule of its own a role's provider turns a call away by, in the words of its API; undefined where it keeps them all. */
export function brokenRule(call: CallBody, role: Role, inputTokens: number, fields: Fields): CallRefused | undefined {
  const rules = role.rules ?? {};
  const refusal =
    tooLong(inputTokens, role) ??
    tooMuchAsked(call, rules, fields) ??
    unsupported(call, rules) ??
    wrongTalk(call, rules, fields);
  return refusal && { refused: true, status: 400, ...refusal };
}

/** A window that is declared holds, whatever faults are armed. */
function tooLong(tokens: number, { context_tokens: window = Number.POSITIVE_INFINITY }: Role): Refusal | undefined {
  if (tokens <= window) return undefined;
  const message = `prompt is too long: ${tokens} tokens > ${window}, this model's maximum context length`;
  return { mode: 'context_overflow', message };
}

function tooMuchAsked({ maxOutputTokens = 0 }: CallBody, rules: RoleRules, { limit }: Fields): Refusal | undefined {
  const { max_output_tokens: most = Number.POSITIVE_INFINITY } = rules;
  if (maxOutputTokens <= most) return undefined;
  const message = `${limit} is too large: ${maxOutputTokens}. This model supports at most ${most} completion tokens`;
  return { mode: 'unknown', message, param: limit };
}

function unsupported({ params = [], model }: CallBody, { unsupported = [] }: RoleRules): Refusal | undefined {
  const param = params.find((name) => unsupported.includes(name));
  if (param === undefined) return undefined;
  return { mode: 'unknown', message: `Unsupported parameter: '${param}' is not supported with ${model}`, param };
}

/** What is wrong with what was said so far. */
function wrongTalk(call: CallBody, rules: RoleRules, { conversation }: Fields): Refusal | undefined {
  const message =
    withPictures(call, rules) ?? callsAtOnce(call, rules) ?? foreignCallId(call, rules) ?? outOfTurn(call, rules);
  return message === undefined ? undefined : { mode: 'unknown', message, param: conversation };
}

function withPictures(call: CallBody, { images = true }: RoleRules): string | undefined {
  return images || imagesIn(call).length === 0 ? undefined : `${call.model} does not support image input`;
}

function callsAtOnce({ messages, model }: CallBody, { parallel_calls = true }: RoleRules): string | undefined {
  if (parallel_calls || messages.every(({ toolCalls = [] }) => toolCalls.length < 2)) return undefined;
  return `${model} only supports single tool calls at once`;
}

type IdRule = NonNullable<RoleRules['tool_call_ids']>;

const fits = (id: string, { pattern = '', max_length = Number.POSITIVE_INFINITY }: IdRule): boolean =>
  id.length <= max_length && (pattern === '' || spansOf(`^(?:${pattern})$`, id).length > 0);

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'abcdef0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  '0123456789',
];
/** Characters of the longest id that is drawn. */
const LONGEST_ID = 40;

/**
 * Tool calls get ids as a provider with such a rule gives them: no provider turns away its own. The same id becomes the
 * same one again.
 */
export const givingOwnIds = (rule: IdRule, random: Random): Armed['meaning'][number] =>
  retold((parts) => withIds(parts, (id) => ownId(id, rule, random)));

async function* withIds(parts: AsyncIterable<Part>, own: (id: string) => string): AsyncGenerator<Part> {
  for await (const part of parts)
    yield part.type === 'tool-call' || part.type === 'tool-call-delta' ? { ...part, id: own(part.id) } : part;
}

/** Drawn behind what the pattern begins with, as long as the rule takes it; where nothing drawn this way fits, the id as it is. */
function ownId(id: string, rule: IdRule, random: Random): string {
  if (fits(id, rule)) return id;
  const letters = random.fork(`call-id/${id}`);
  const [begin = ''] = /^(?:[\w-](?![?*+{|]))*/.exec(rule.pattern ?? '') ?? [];
  for (const alphabet of ALPHABETS) {
    const drawn = Array.from({ length: LONGEST_ID }, () => alphabet[Math.floor(letters.next() * alphabet.length)]).join(
      '',
    );
    for (let length = LONGEST_ID; length > 0; length--) {
      const own = begin + drawn.slice(0, length);
      if (fits(own, rule)) return own;
    }
  }
  return id;
}

function foreignCallId({ messages }: CallBody, { tool_call_ids: rule }: RoleRules): string | undefined {
  if (rule === undefined) return undefined;
  const { max_length = Number.POSITIVE_INFINITY, pattern = '' } = rule;
  const ids = messages.flatMap(({ toolCalls = [], toolCallId }) => [
    ...toolCalls.map(({ id }) => id),
    toolCallId ?? [],
  ]);
  const strange = ids.flat().find((id) => !fits(id, rule));
  if (strange === undefined) return undefined;
  const wanted = [
    ...(pattern === '' ? [] : [`match ${pattern}`]),
    ...(max_length === Number.POSITIVE_INFINITY ? [] : [`have at most ${max_length} characters`]),
  ];
  return `Tool call id was ${strange} but must ${wanted.join(' and ')}`;
}

/** The system's words first, then user and assistant in turn; what tools gave counts as the user's. The user speaks last. */
function outOfTurn({ messages }: CallBody, { turns }: RoleRules): string | undefined {
  if (turns === 'answered') return unanswered(messages);
  if (turns !== 'alternate') return undefined;
  const talk = messages.slice(messages.findIndex(({ role }) => role !== 'system'));
  const wrong =
    talk.some(({ role }) => role === 'system') ||
    talk.some((message, i) => !follows(talk[i - 1], message)) ||
    talk.at(-1)?.role === 'assistant';
  return wrong
    ? 'Conversation roles must alternate user/assistant/user/assistant, after an optional system message'
    : undefined;
}

/** The model speaks next, and what a tool gave it before the user does. */
function unanswered(messages: readonly Message[]): string | undefined {
  const early = messages.some(({ role }, i) => role === 'user' && messages[i - 1]?.role === 'tool');
  if (early) return "Unexpected role 'user' after role 'tool'";
  const last = messages.at(-1)?.role;
  return last === 'assistant' ? `Expected last role User or Tool for serving but got ${last}` : undefined;
}

function follows(before: Message | undefined, { role }: Message): boolean {
  if (before === undefined) return role === 'user';
  if (role === 'assistant') return before.role !== 'assistant';
  return role === 'tool' ? before.role !== 'user' : before.role === 'assistant';
}
