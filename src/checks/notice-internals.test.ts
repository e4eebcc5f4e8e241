import { expect, test } from 'vitest';
import { seenIn } from '../core/seen.ts';
import { evidence, failover, ROLES, story } from './evidence.fixture.ts';
import { internalsIn } from './notice-internals.ts';

const around = (told: ReturnType<typeof story>, over: object = {}) => {
  const on = evidence(told, over);
  return { ...on, seen: seenIn(on.events, on.declares.chain) };
};
const on429 = () =>
  story(2)
    .ask()
    .call('primary', 0, { until: 9, fails: 'rate_limit', headers: {} })
    .call('backup', 10, { until: 20, fails: 'server_error' })
    .outcome(30, { kind: 'failed' });

const SMALL = { provider: 'together', protocol: 'openai-chat', model: 'small' };
const CHAINED = { features: [], chain: ['primary', 'backup', 'chat'], retries: 1, deadline_ms: 12_000 };

test.each([
  ['OpenAI is down', ['openai']],
  ['Claude-Haiku-4-5 answered', ['claude', 'claude-haiku-4-5']],
  ['ChatGPT and Gemini sind überlastet', ['chatgpt', 'gemini']],
  ['a timeout, then a 429', ['429']],
  ['error 500', ['500']],
  ['The server said 500, so nobody can look.', ['500']],
  ['Error no. 500 occurred', ['500']],
  ['HTTP-500—nobody can answer', ['500']],
  ['Claude Is Not Available Right Now', ['claude']],
  ['Fehler: 500', ['500']],
  ['Please wait (429).', ['429']],
  ['429 Too Many Requests', ['429']],
  ['ask Claude Opus', ['claude']],
  ['an LLM of a lower-tier', ['llm', 'lower-tier']],
])('%s', (text, found) => {
  expect(internalsIn(text, around(on429())).toSorted()).toEqual(found.toSorted());
});

test.each([
  'Your refund of $429 is limited; 429.50 EUR, #429, 429 %.',
  'A 503 bus goes there.',
  'Please ask again in 500 seconds, in at most 429 words.',
  'Use voucher code 500 for a discount.',
  'Write to Claude Martin of our returns team.',
  'The form is also in Google Drive.',
  'We kept a backup of your draft; your primary address is unchanged.',
  'The API of our shop and its timeout are back in 5 minutes.',
  'We work together on it.',
])('%s', (text) => {
  const roles = { ...ROLES, third: { provider: 'google', protocol: 'gemini', model: 'gemini-2.5-pro' }, chat: SMALL };
  expect(internalsIn(text, around(on429(), { roles, declares: CHAINED }))).toEqual([]);
});

test('a name that is a plain word counts where it is written as a name', () => {
  const roles = { ...ROLES, chat: SMALL };
  const text = 'The servers of Together are down.';
  expect(internalsIn(text, around(on429(), { roles, declares: CHAINED }))).toEqual(['together']);
  // Nobody calls it there.
  expect(internalsIn(text, around(on429(), { roles }))).toEqual([]);
});

test('words of the task itself are no internals, nor are codes that this ask did not show', () => {
  const task = { input: 'Does your shop use ChatGPT?' };
  expect(internalsIn('ChatGPT is limited.', around(failover(), { task }))).toEqual([]);
  expect(internalsIn('It returned a 429.', around(failover()))).toEqual([]);
});
