import { errorFault } from './error-reply.ts';

export const quotaExhausted = errorFault(
  'quota-exhausted',
  'The account has nothing left to spend: 429 insufficient_quota at OpenAI, 402 at Anthropic.',
  'quota_exhausted',
  () => 'You exceeded your current quota, please check your plan and billing details.',
);
