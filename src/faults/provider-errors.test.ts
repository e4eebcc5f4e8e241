import { describe, expect, it } from 'vitest';
import type { ModelCall } from '../core/model-call.ts';
import { anthropicMessages, openaiChat, protocols } from '../protocols/index.ts';
import { authFailed } from './auth-failed.ts';
import { badRequest } from './bad-request.ts';
import { contextOverflow } from './context-overflow.ts';
import { modelNotFound } from './model-not-found.ts';
import { quotaExhausted } from './quota-exhausted.ts';
import { refusal } from './refusal.ts';
import { regionalBlock } from './regional-block.ts';
import { safetyBlock } from './safety-block.ts';
import { toolsUnsupported } from './tools-unsupported.ts';
import { onWire, REPLIES } from './trial.fixture.ts';

const shapes = [
  { fault: authFailed, mode: 'auth', openai: [401, 'invalid_api_key'], anthropic: [401, 'authentication_error'] },
  {
    fault: quotaExhausted,
    mode: 'quota_exhausted',
    openai: [429, 'insufficient_quota'],
    anthropic: [402, 'billing_error'],
  },
  {
    fault: badRequest,
    mode: 'unknown',
    openai: [400, null],
    anthropic: [400, 'invalid_request_error'],
  },
  {
    fault: regionalBlock,
    mode: 'regional_access',
    openai: [403, 'unsupported_country_region_territory'],
    anthropic: [403, 'permission_error'],
  },
  {
    fault: modelNotFound,
    mode: 'model_not_found',
    openai: [404, 'model_not_found'],
    anthropic: [404, 'not_found_error'],
  },
  {
    fault: contextOverflow,
    mode: 'context_overflow',
    openai: [400, 'context_length_exceeded'],
    anthropic: [400, 'invalid_request_error'],
  },
  {
    fault: toolsUnsupported,
    mode: 'tool_mismatch',
    openai: [400, 'unsupported_parameter'],
    anthropic: [400, 'invalid_request_error'],
  },
  {
    fault: safetyBlock,
    params: { as: 'error' },
    mode: 'safety_block',
    openai: [400, 'content_policy_violation'],
    anthropic: [400, 'invalid_request_error'],
  },
];

describe.each(shapes)('$fault.name', ({ fault, params = {}, mode, openai, anthropic }) => {
  it.each([true, false])("is the provider's own error, and read as that (stream: %s)", async (stream) => {
    for (const [protocol, [status, word], key] of [
      [openaiChat, openai, 'code'],
      [anthropicMessages, anthropic, 'type'],
    ] as const) {
      const { head, pieces, heard } = await onWire(fault, params, { protocol, stream }).reply;
      expect(head?.status).toBe(status);
      expect(JSON.parse(pieces.join(''))).toMatchObject({ error: { [key]: word } });
      expect(heard).toMatchObject([{ type: 'error', mode, status }]);
      expect(Object.fromEntries(head?.headers ?? [])).not.toHaveProperty('retry-after');
    }
  });
});

describe.each(protocols)('in $name', (protocol) => {
  const heardOf = async (fault: typeof refusal, params: unknown, stream: boolean, asked: Partial<ModelCall> = {}) => {
    const { reply, fired } = onWire(fault, params, { protocol, stream, asked });
    const { head, heard } = await reply;
    return { status: head?.status, heard, fired };
  };

  it.each([true, false])('a refusal has a good status and words (stream: %s)', async (stream) => {
    const { status, heard } = await heardOf(refusal, {}, stream);
    expect(status).toBe(200);
    expect(heard).toContainEqual({ type: 'refusal-delta', text: expect.stringContaining("can't help") });
    expect(heard).toContainEqual({ type: 'end', reason: 'refusal' });
    expect(heard.filter((p) => p.type === 'text-delta')).toEqual([]);
  });

  it.each([true, false])('a content filter ends an empty answer (stream: %s)', async (stream) => {
    const { status, heard } = await heardOf(safetyBlock, {}, stream);
    expect(status).toBe(200);
    const reason = protocol.api === 'anthropic' ? 'refusal' : 'content-filter';
    expect(heard.filter((p) => p.type !== 'usage')).toEqual([{ type: 'end', reason }]);
  });

  it('a context window is only too small for what is longer', async () => {
    const asked = { messages: [{ role: 'user' as const, content: 'x'.repeat(400) }], tools: [] };
    const fits = await heardOf(contextOverflow, { max_input_tokens: 100 }, false, asked);
    expect([fits.status, fits.fired]).toEqual([200, []]);
    const over = await heardOf(contextOverflow, { max_input_tokens: 99 }, false, asked);
    expect([over.status, over.fired]).toEqual([400, ['100 tokens are too many']]);
    expect(over.heard).toMatchObject([{ message: expect.stringContaining('100 tokens > 99') }]);
  });

  it('a model without tools takes a request that offers none', async () => {
    const { heard, fired } = await heardOf(toolsUnsupported, {}, true, { tools: [] });
    expect(fired).toEqual([]);
    expect(heard).toEqual(expect.arrayContaining(REPLIES.prose));
  });

  it('a model without tools takes none that asks for its answer as a function call', async () => {
    const { heard } = await heardOf(toolsUnsupported, {}, true, { tools: [], answersBy: 'extract' });
    expect(heard).toMatchObject([{ type: 'error', mode: 'tool_mismatch' }]);
  });
});
