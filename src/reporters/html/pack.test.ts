import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpack } from '../../page/unpack.ts';
import { pack, packed } from './pack.ts';

const back = (values: readonly unknown[]) => {
  const all = unpack(JSON.parse(JSON.stringify(pack(values))));
  return Array.from({ length: all.length }, (_, i) => all.at(i));
};

describe('packed values', () => {
  it('come back as they were', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        expect(JSON.stringify(back(values))).toBe(JSON.stringify(values));
      }),
    );
  });

  it.each([
    '2.9 s',
    '2.0 s',
    '0.0041',
    '007',
    '1e5',
    'a12',
    '12a',
    '1.2.3',
    '12:30',
    '2026-01-02',
    '.5',
    '5.',
    '9'.repeat(20),
  ])('a text with numbers: %s', (text) =>
    expect(back([`it took ${text}`, `${text} of ${text}`, text])).toEqual([
      `it took ${text}`,
      `${text} of ${text}`,
      text,
    ]),
  );

  it('hostile keys and texts are data', () => {
    const values = [JSON.parse('{"__proto__":{"x":1},"a</script>":"<!--\\u2028\\ud800"}')];
    expect(JSON.stringify(back(values))).toBe(JSON.stringify(values));
    expect(packed(values)).toMatch(/^[A-Za-z0-9+/=]+$/);
  });

  it('a thousand alike take little more than their numbers', () => {
    const alike = (n: number) => ({
      reason: `backup answered after ${(n * 7919) % 997} ms`,
      calls: [{ role: 'primary', at: n }],
    });
    const few = packed(Array.from({ length: 10 }, (_, i) => alike(i))).length;
    expect(packed(Array.from({ length: 1000 }, (_, i) => alike(i))).length - few).toBeLessThan(990 * 3);
  });
});
