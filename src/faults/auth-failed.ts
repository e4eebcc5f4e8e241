import { errorFault } from './error-reply.ts';

export const authFailed = errorFault(
  'auth-failed',
  'The provider does not accept the API key: 401.',
  'auth',
  () => 'Incorrect API key provided.',
);
