import { estimateTokens, promptTokens } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

const WORDS = "I'm sorry, but I can't help with that request.";

export const refusal = defineMeaningFault({
  name: 'refusal',
  summary: 'The model declines: a `refusal` field at OpenAI, `stop_reason: refusal` at Anthropic.',
  effect: 'fails',
  drill: 'all_models_down',
  open: () =>
    replying((call) => [
      'a refusal',
      { type: 'refusal-delta', text: WORDS },
      { type: 'usage', input: promptTokens(call), output: estimateTokens(WORDS) },
      { type: 'end', reason: 'refusal' },
    ]),
});
