import { defineToolFault } from '../core/plugin.ts';

export const toolEmpty = defineToolFault({
  name: 'tool-empty',
  summary: 'The tool says it went well and gives nothing: what it did is done, its value is empty.',
  effect: 'spoils',
  example: '{ fault: tool-empty, tool: lookup_order }',
  drill: 'all_models_down',
  open: () => async (use, next, around) => {
    const result = await next(use);
    if (!result.ok) return result;
    around.fired('an empty value');
    return { ok: true, value: Array.isArray(result.value) ? [] : {} };
  },
});
