import type { CallBody } from '../core/model-call.ts';
import type { WantedCall } from './spend.ts';

/** Test-only: a chat request as a target would send it, with whatever else stands in its body. */
export function wanted(
  body: Record<string, unknown> = {},
  over: Partial<WantedCall & { protocol: string }> = {},
): WantedCall {
  const { protocol = 'openai-chat', ...rest } = over;
  const whole = { model: 'm', messages: [{ role: 'user', content: 'Hello' }], max_completion_tokens: 100, ...body };
  const limit = whole.max_completion_tokens;
  const call: CallBody = {
    ...{ protocol, model: whole.model, messages: [], tools: [], stream: false },
    ...(typeof limit === 'number' && { maxOutputTokens: limit }),
  };
  return {
    request: {
      ...{ method: 'POST', url: 'https://provider.example/v1/chat/completions', headers: [] },
      body: new TextEncoder().encode(JSON.stringify(whole)),
    },
    call,
    role: 'primary',
    at: { model: 'm', price: { input: 0, output: 1000 }, context_tokens: 10_000 },
    ...rest,
  };
}
