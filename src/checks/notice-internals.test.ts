import { expect, test } from 'vitest';
import { ROLES } from './evidence.fixture.ts';
import { internalsIn } from './notice-internals.ts';

test.each([
  ['OpenAI is down', ['openai']],
  ['Claude-Haiku-4-5 answered', ['claude-haiku-4-5']],
  ['the backup answered for the primary', ['primary', 'backup']],
  ['we got HTTP 503 from the API', ['http', 'api', 'http 503']],
  ['a timeout, then a 429', ['timeout', '429']],
  ['the fallback model has no tool support', ['fallback model', 'tool support']],
])('%s', (text, found) => {
  expect(internalsIn(text, ROLES).toSorted()).toEqual(found.toSorted());
});

test.each([
  'Your refund of $429 is limited to order 503.',
  'We kept a backup of your draft.',
  'A backup assistant answered; it can look things up but not act.',
  'The full workflow is back in 5 minutes, see https://status.example.com.',
  'The chat still works.',
])('%s', (text) => {
  const chat = { provider: 'mistral', protocol: 'openai-chat', model: 'mistral-small' };
  expect(internalsIn(text, { ...ROLES, chat })).toEqual([]);
});
