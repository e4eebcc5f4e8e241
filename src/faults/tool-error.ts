import { defineToolFault } from '../core/plugin.ts';

export const toolError = defineToolFault({
  name: 'tool-error',
  summary: 'The tool fails at once, and nothing happens.',
  effect: 'fails',
  drill: 'all_models_down',
  open: () => async (_use, _next, around) => {
    around.fired('an error, no effect');
    return { ok: false, code: 'error', message: 'the service behind the tool failed' };
  },
});
