import { openaiErrors } from '../openai-errors.ts';
import type { Dialect } from './dialect.ts';

/** What this API calls the fields that errors name. */
export const FIELDS = { conversation: 'messages', format: 'response_format' };

/** The one that the others differ from. */
export const openai: Dialect = {
  summary: 'OpenAI Chat Completions, and everything that speaks like it.',
  example:
    'primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY }',
  api: 'openai',
  errors: openaiErrors(FIELDS),
};
