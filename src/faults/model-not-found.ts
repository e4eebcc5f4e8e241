import { errorFault } from './error-reply.ts';

export const modelNotFound = errorFault(
  'model-not-found',
  'The provider does not know the model, or no longer: 404.',
  'model_not_found',
  ({ model }) => `The model \`${model}\` does not exist or you do not have access to it.`,
);
