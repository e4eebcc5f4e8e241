import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { decoder, encoder } from './reply.ts';
import { readCall, writeCall } from './request.ts';

export const openaiChat: Protocol = {
  name: 'openai-chat',
  summary: 'OpenAI Chat Completions, and everything that speaks like it.',
  params: z.strictObject({}),
  example: 'protocol: openai-chat',
  path: '/chat/completions',
  readCall,
  writeCall,
  encoder,
  decoder,
};
