import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { KEEPS, URL_ENVS } from '../openai.ts';
import { plain } from '../openai-plain.ts';
import { baseBefore } from '../request.ts';
import { decoder } from './decode.ts';
import { encoder } from './encode.ts';
import { remembers } from './memory.ts';
import { readCall, writeCall } from './request.ts';

export const openaiResponses: Protocol = {
  name: 'openai-responses',
  summary: 'OpenAI Responses, with its memory of what was said.',
  params: z.strictObject({}),
  example:
    'primary: { provider: openai, protocol: openai-responses, base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY }',
  api: 'openai',
  path: '/responses',
  urlEnvs: URL_ENVS,
  baseOf: baseBefore(/\/responses$/),
  keeps: KEEPS,
  fields: { conversation: 'input', limit: 'max_output_tokens' },
  readCall,
  remembers,
  plain,
  writeCall,
  encoder,
  decoder,
};
