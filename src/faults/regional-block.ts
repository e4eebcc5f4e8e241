import { errorFault } from './error-reply.ts';

export const regionalBlock = errorFault(
  'regional-block',
  'The provider refuses this region: 403.',
  'regional_access',
  () => 'Country, region, or territory not supported',
);
