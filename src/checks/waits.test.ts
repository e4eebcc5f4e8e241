import { expect, it } from 'vitest';
import { adviceOnWaits } from './waits.ts';

const call = (at_ms: number, ms: number | null, role = 'primary') => ({ role, at_ms, ms });
const deadline_ms = 12_000;

it.each([
  [
    [call(0, 600_100), call(600_600, 600_100)],
    /Set `timeout` and `maxRetries` .* client of primary: .* 600\.1 s, the limit of an OpenAI or Anthropic client that was given none, and there were 2 such calls; 12\.0 s/,
  ],
  [
    [call(0, 300_900), call(301_000, 900, 'backup')],
    /Set `timeout` on the client of primary: .* where Node’s fetch gives up by itself, and there was 1 such call;/,
  ],
  [[call(0, 9_000)], /waited 9\.0 s, and there was 1 such call/],
  [[call(0, 50, 'primary'), call(60, null, 'backup')], /client of backup a time limit: its call was still open/],
  [[call(0, 50), call(20_050, 50), call(40_100, 50, 'backup')], /Do not wait 20\.0 s for primary/],
])('%j', (calls, text) => {
  expect(adviceOnWaits({ calls, deadline_ms })).toMatch(text);
});

it.each([[[]], [[call(0, 3_000), call(3_500, 3_000), call(6_600, 3_000, 'backup')]]])(
  '%j: no single wait is to blame',
  (calls) => {
    expect(adviceOnWaits({ calls, deadline_ms })).toBeUndefined();
  },
);
