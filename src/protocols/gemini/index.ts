import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { waitIn } from './errors.ts';
import { plain } from './plain.ts';
import { decoder, encoder } from './reply.ts';
import { baseOf, readCall, writeCall } from './request.ts';
import { remembers } from './signatures.ts';

export const gemini: Protocol = {
  name: 'gemini',
  summary: "Google's generateContent and streamGenerateContent, of the Gemini API and of Vertex AI.",
  params: z.strictObject({}),
  example:
    'backup: { provider: google, protocol: gemini, base_url: https://generativelanguage.googleapis.com, model: gemini-2.5-flash-lite, key_env: GEMINI_API_KEY }',
  api: 'google',
  path: '/v1beta/models/{model}:generateContent',
  baseOf,
  // Google's endpoint for clients of OpenAI's API.
  serves: (api, base) => api === 'openai' && base.endsWith('/openai'),
  keyHeader: 'x-goog-api-key',
  // Google's own client says so where it finds both of its variables; the Vercel AI SDK has one of its own.
  urlEnvs: ['GOOGLE_GEMINI_BASE_URL'],
  keyEnvs: { GOOGLE_GENERATIVE_AI_API_KEY: 'always', GOOGLE_API_KEY: 'if set' },
  keeps: ['x-goog-api-client'],
  fields: { conversation: 'contents', limit: 'generation_config.max_output_tokens' },
  waitIn,
  readCall,
  remembers,
  plain,
  writeCall,
  encoder,
  decoder,
};
