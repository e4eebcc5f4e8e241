import { expect, it } from 'vitest';
import { rateLimited } from './rate-limited.ts';
import { answer, partsOf } from './trial.fixture.ts';

it('says when to come back as it was told, after a second by default', async () => {
  for (const [params, retryAfter] of [
    [{}, { ms: 1000, as: 'seconds' }],
    [
      { retry_after_ms: 90_000, retry_after_as: 'http-date' },
      { ms: 90_000, as: 'http-date' },
    ],
    [{ retry_after_ms: 0 }, { ms: 0, as: 'seconds' }],
    [
      { retry_after_ms: 60_000, retry_after_as: 'past' },
      { ms: -60_000, as: 'http-date' },
    ],
    [
      { retry_after_ms: 0, retry_after_as: 'past' },
      { ms: -1000, as: 'http-date' },
    ],
    [{ retry_after_as: 'garbage' }, { ms: 1000, as: 'garbage' }],
    [{ retry_after_as: 'absent' }, undefined],
  ] as const) {
    const { fired, reply } = await answer(rateLimited, params);
    const parts = await partsOf(await reply);
    expect(parts).toMatchObject([{ type: 'error', mode: 'rate_limit' }]);
    expect(parts[0]?.type === 'error' && parts[0].retryAfter).toEqual(retryAfter);
    expect(fired[0]).toMatch(/^HTTP 429/);
  }
});

it('has bounds', () => {
  for (const bad of [-1, 0.5, 315_360_000_001]) expect(() => rateLimited.arm({ retry_after_ms: bad })).toThrow();
  rateLimited.arm({ retry_after_ms: 315_360_000_000 });
  expect(() => rateLimited.arm({ retry_after_as: 'minutes' })).toThrow();
});
