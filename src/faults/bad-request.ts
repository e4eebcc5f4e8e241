import { errorFault } from './error-reply.ts';

export const badRequest = errorFault(
  'bad-request',
  'The provider rejects the request and names no reason: 400.',
  'unknown',
  () => 'The request could not be processed.',
);
