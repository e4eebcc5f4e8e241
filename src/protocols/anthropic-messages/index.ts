import { z } from 'zod';
import type { Protocol } from '../../core/protocol.ts';
import { baseBefore } from '../request.ts';
import { decoder } from './decode.ts';
import { encoder } from './encode.ts';
import { plain } from './plain.ts';
import { readCall, remembers, writeCall } from './request.ts';

export const anthropicMessages: Protocol = {
  name: 'anthropic-messages',
  summary: 'Anthropic Messages, in both of its dated versions.',
  params: z.strictObject({}),
  example:
    'backup: { provider: anthropic, protocol: anthropic-messages, base_url: https://api.anthropic.com, model: claude-haiku-4-5, key_env: ANTHROPIC_API_KEY }',
  api: 'anthropic',
  path: '/v1/messages',
  baseOf: baseBefore(/\/v1\/messages$/),
  keyHeader: 'x-api-key',
  urlEnvs: ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_URL'],
  keeps: ['anthropic-version', 'x-stainless-retry-count'],
  fields: { conversation: 'messages', limit: 'max_tokens' },
  readCall,
  remembers,
  plain,
  writeCall,
  encoder,
  decoder,
  idle: 'event: ping\ndata: {"type":"ping"}\n\n',
};
