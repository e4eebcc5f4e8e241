import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { KEEPS } from '../openai.ts';
import { plain } from '../openai-plain.ts';
import { baseBefore } from '../request.ts';
import { decoder, encoder } from './reply.ts';
import { readCall, writeCall } from './request.ts';

export const openaiChat: Protocol = {
  name: 'openai-chat',
  summary: 'OpenAI Chat Completions, and everything that speaks like it.',
  params: z.strictObject({}),
  example:
    'primary: { provider: openai, protocol: openai-chat, base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY }',
  api: 'openai',
  path: '/chat/completions',
  baseOf: baseBefore(/\/chat\/completions$/),
  keeps: KEEPS,
  readCall,
  plain,
  writeCall,
  encoder,
  decoder,
  // What Azure begins its streams with.
  idle: 'data: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[]}\n\n',
};
