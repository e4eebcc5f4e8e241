import { defineMeaningFault } from '../core/plugin.ts';

export const hang = defineMeaningFault({
  name: 'hang',
  summary: 'The provider takes the request and never answers.',
  effect: 'fails',
  open: () => (_call, _next, around) => {
    around.fired('no answer, ever');
    return around.clock.never(around.signal);
  },
});
