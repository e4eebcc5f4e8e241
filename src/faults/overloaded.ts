import { errorFault } from './error-reply.ts';

export const overloaded = errorFault(
  'overloaded',
  'The provider answers that it is overloaded: 529 at Anthropic, 503 at OpenAI.',
  'overloaded',
  () => 'Overloaded. Please try again later.',
);
