import { expect, test } from 'vitest';
import type { Effect } from '../core/effect.ts';
import { whyMissed } from './fault-tally.ts';

const why = (effect: Effect, seen: number) => {
  const place = { fault: 'f', role: 'backup', phase: 'outage' };
  return whyMissed({ ...place, effect, seen, fired: 0, spared: 0, when: undefined, refused: undefined });
};

test('a limit that no call went beyond is no fault that breaks nothing', () => {
  expect(why('limits', 19)).toBe(
    'none of the 19 calls to backup went beyond its limit, or was of its tenants and tasks',
  );
  expect(why('fails', 19)).toMatch(/or its parameters give it nothing to break$/);
  expect(why('limits', 0)).toBe('no call reached backup');
});
