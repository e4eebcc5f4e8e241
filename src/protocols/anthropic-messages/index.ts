import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { decoder } from './decode.ts';
import { encoder } from './encode.ts';
import { readCall, writeCall } from './request.ts';

export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  summary: 'Anthropic Messages, in both of its dated versions.',
  params: z.strictObject({}),
  example: 'protocol: anthropic-messages',
  path: '/v1/messages',
  readCall,
  writeCall,
  encoder,
  decoder,
};
