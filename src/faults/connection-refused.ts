import { defineMeaningFault } from '../core/plugin.ts';

export const connectionRefused = defineMeaningFault({
  name: 'connection-refused',
  summary: 'Nobody listens where the provider should be: the connection is refused at once.',
  effect: 'fails',
  open: () => async (_call, _next, around) => {
    around.fired('refused before the request went out');
    return { kind: 'none', how: 'refused' };
  },
});
