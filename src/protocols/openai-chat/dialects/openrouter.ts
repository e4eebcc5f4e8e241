import type { FailureMode } from '../../../core/taxonomy.ts';
import type { ErrorPart, Headers } from '../../../core/wire.ts';
import { isRecord } from '../../../text/json.ts';
import { resetMs, writeRetryAfter } from '../../errors.ts';
import { asRecord } from '../../json.ts';
import { errorIn, openaiErrors } from '../../openai-errors.ts';
import { type ChatBody, type ChatChoice, type Dialect, eventOf } from '../dialect.ts';
import { FIELDS } from '../openai.ts';

/** The provider behind the router, in its replies and errors. */
const PROVIDER = 'DeepInfra';

const row = (status: number, says?: string) => ({ status, type: '', ...(says !== undefined && { says }) });
const shared = openaiErrors(FIELDS, {
  rows: {
    timeout: row(408),
    rate_limit: row(429),
    quota_exhausted: row(402),
    auth: row(401),
    regional_access: row(403, 'not available in your region'),
    model_not_found: row(404),
    context_overflow: row(400, 'maximum context length'),
    schema_error: row(400, 'response_format'),
    tool_mismatch: row(404, 'No endpoints found that support tool use'),
    safety_block: row(403, 'Your input was flagged'),
    server_error: row(502),
    overloaded: row(503, 'overloaded'),
  },
  usual: row(400),
});

/** Failures of a provider: the router has a word of its own for all of them, and hands on what was said. */
const PROVIDERS: readonly FailureMode[] = ['rate_limit', 'server_error', 'overloaded', 'timeout'];
const RETURNED = 'Provider returned error';

function errorOf(part: ErrorPart): object {
  const { message } = shared.error(part);
  const code = part.status ?? shared.rows[part.mode].status;
  if (PROVIDERS.includes(part.mode))
    return { message: RETURNED, code, metadata: { raw: message, provider_name: PROVIDER, is_byok: false } };
  if (part.mode !== 'safety_block') return { message, code };
  const metadata = { reasons: ['violence'], flagged_input: '', provider_name: PROVIDER, model_slug: '' };
  return { message, code, metadata };
}

const body = (part: ErrorPart, id: string): object => ({ error: errorOf(part), user_id: `user_${id}` });

/** What the provider itself said is worth more than that it said something. */
function read(json: unknown) {
  const error = isRecord(json) ? errorIn(json) : undefined;
  if (error === undefined) return undefined;
  const { raw } = asRecord(error['metadata']);
  return shared.read(typeof raw === 'string' ? { error: { ...error, message: raw } } : json);
}

/** When there is room again, as a moment: milliseconds since the Unix epoch. */
function headers(part: ErrorPart, atMs: number): Headers {
  const limits: Headers = [
    ['x-ratelimit-limit', '20'],
    ['x-ratelimit-remaining', '0'],
    ['x-ratelimit-reset', String(Math.ceil(atMs + resetMs(part)))],
  ];
  return [...writeRetryAfter(part, atMs), ...(part.mode === 'rate_limit' ? limits : [])];
}

function choiceOf({ message, delta, finish_reason, ...choice }: ChatChoice): object {
  const said = message === undefined ? { delta: { role: 'assistant', content: '', ...delta } } : { message };
  return { ...choice, ...said, finish_reason, native_finish_reason: finish_reason };
}

function dress({ choices, usage, ...said }: ChatBody): object {
  return { ...said, provider: PROVIDER, choices: choices.map(choiceOf), ...(usage != null && { usage }) };
}

export const openrouter: Dialect = {
  summary:
    'OpenRouter: comments before the first token, errors with a number as code, those of a stream with a choice.',
  example:
    'backup: { provider: openrouter, protocol: openai-chat, dialect: openrouter, base_url: https://openrouter.ai/api/v1, model: openai/gpt-5-mini, key_env: OPENROUTER_API_KEY }',
  api: 'openrouter',
  serves: (api) => api === 'openai' || api === 'anthropic',
  keyEnvs: { OPENROUTER_API_KEY: 'always' },
  errors: { ...shared, indent: 0, read, body, headers },
  idOf: ({ id, atMs }) => `gen-${Math.floor(atMs / 1000)}-${id}`,
  headers: ({ id }) => [['cf-ray', `${id}-FRA`]],
  thoughts: 'reasoning',
  usage: 'after the end',
  begins: [': OPENROUTER PROCESSING\n\n', ': OPENROUTER PROCESSING\n\n'],
  dress,
  failure(error, about) {
    const ended = { index: 0, delta: { content: '' }, logprobs: null, finish_reason: 'error' };
    return [eventOf({ ...dress({ ...about, choices: [ended] }), error: asRecord(error)['error'] })];
  },
};
