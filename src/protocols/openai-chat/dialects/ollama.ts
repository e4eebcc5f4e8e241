import type { ErrorPart } from '../../../core/wire.ts';
import { openaiErrors } from '../../openai-errors.ts';
import { type ChatBody, type ChatChoice, type Dialect, plainUsage, withoutNulls } from '../dialect.ts';
import { FIELDS } from '../openai.ts';

/** The type says no more than the status does: what is wrong stands in the message alone. */
const TYPES: Record<number, string> = { 400: 'invalid_request_error', 404: 'not_found_error' };
const row = (status: number, says?: string) => ({
  status,
  type: TYPES[status] ?? 'api_error',
  ...(says !== undefined && { says }),
});

const shared = openaiErrors(FIELDS, {
  rows: {
    timeout: row(500, 'timed out waiting for llama runner to start'),
    rate_limit: row(429, 'too many requests'),
    quota_exhausted: row(429, 'usage limit'),
    auth: row(401, 'unauthorized'),
    regional_access: row(403, 'not available in your region'),
    model_not_found: row(404),
    context_overflow: row(400, 'exceeds the context length'),
    schema_error: row(400, 'invalid JSON schema in format'),
    tool_mismatch: row(400, 'does not support tools'),
    safety_block: row(400, 'blocked by a content policy'),
    server_error: row(500),
    overloaded: row(503, 'server busy, please try again'),
  },
  usual: row(400),
  names: { not_found_error: 'model_not_found' },
});

const body = (part: ErrorPart): object => ({ error: { ...shared.error(part), param: null, code: null } });

/** Every delta is a whole message: it has its role and its content. */
function choiceOf({ message, delta, index, finish_reason }: ChatChoice): object {
  const { annotations: _, ...said } = message ?? delta ?? {};
  const whole = { role: 'assistant', content: '', ...withoutNulls(said) };
  return { index, [message === undefined ? 'delta' : 'message']: whole, finish_reason };
}

const dress = ({ id, object, created, model, choices, usage }: ChatBody): object => ({
  id,
  object,
  created,
  model,
  system_fingerprint: 'fp_ollama',
  choices: choices.map(choiceOf),
  ...plainUsage(usage),
});

export const ollama: Dialect = {
  summary: "Ollama's /v1: types of errors by status alone, whole tool calls, heeds max_tokens only.",
  example:
    'backup: { provider: ollama, protocol: openai-chat, dialect: ollama, base_url: http://localhost:11434/v1, model: llama3.2 }',
  api: 'ollama',
  serves: (api) => api === 'openai' || api === 'anthropic',
  keyEnvs: { OLLAMA_API_KEY: 'if set' },
  limit: 'max_tokens',
  errors: { ...shared, indent: 0, body },
  idOf: ({ id }) => `chatcmpl-${Number.parseInt(id, 16) % 1000 || 1}`,
  headers: () => [],
  thoughts: 'reasoning',
  wholeCalls: true,
  bare: true,
  dress,
};
