import { defineMeaningFault } from '../core/plugin.ts';
import { replying } from './error-reply.ts';

export const toolsUnsupported = defineMeaningFault({
  name: 'tools-unsupported',
  summary: 'The model cannot call tools: a request that offers any is rejected with 400.',
  effect: 'limits',
  drill: 'no_tool_support',
  open: () =>
    replying(({ tools, answersBy, model }) => {
      const message = `tools: not supported by the model ${model}`;
      const error = { type: 'error', mode: 'tool_mismatch', message } as const;
      return tools.length === 0 && answersBy === undefined ? undefined : ['a 400, because tools were offered', error];
    }),
});
