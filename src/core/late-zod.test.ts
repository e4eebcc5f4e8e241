import { expect, test } from 'vitest';
import { z } from 'zod';
import * as itself from 'zod/v4';

/** The same schemas, of one zod and of the other. */
function schemasOf(zod: typeof z) {
  const Name = zod.string().min(2).describe('a name');
  const Part = zod.strictObject({
    name: Name,
    kind: zod.enum(['a', 'b']).optional().describe('its kind'),
    sizes: zod.array(zod.number().int().max(9)).default([1]),
  });
  const More = Part.extend({ kind: zod.union([Part.shape.kind.unwrap(), zod.literal('c')]), parts: Part.array() });
  const Beside = More.omit({ name: true }).refine(({ parts }) => parts.length > 0, 'no part');
  return {
    Name,
    Part,
    More,
    Beside,
    Either: zod.discriminatedUnion('name', [Part.extend({ name: zod.literal('x') })]),
  };
}

const VALUES = [
  { name: 'n', kind: 'd', sizes: [10] },
  { name: 'nn', kind: 'c', parts: [{ name: 'nn' }], sizes: [] },
  { kind: 'a', parts: [], sizes: [1] },
  { name: 'x' },
  'nn',
];

test('a schema judges and describes itself as one that was made at once', () => {
  const [late, made] = [schemasOf(z), schemasOf(itself as typeof z)];
  for (const [name, schema] of Object.entries(made)) {
    const own: z.ZodType = Reflect.get(late, name);
    for (const value of VALUES) expect(own.safeParse(value)).toEqual(schema.safeParse(value));
    expect(z.toJSONSchema(own)).toEqual(itself.toJSONSchema(schema));
    expect(own).toBeInstanceOf(itself.ZodType);
  }
  // It may be taken further once it was used.
  expect(late.Part.extend({ more: late.Name }).safeParse({ name: 'nn', more: 'm' }).error?.issues).toHaveLength(1);
  expect(late.Part.shape.kind.unwrap().options).toEqual(['a', 'b']);
  expect(late.Name.description).toBe('a name');
});

test('nothing is made before it is asked for', () => {
  const broken = z.strictObject({ name: z.string().regex(Object(undefined)) });
  const optional = broken.optional();
  expect(broken.shape.name).toBeDefined();
  expect(() => optional.safeParse({ name: 'x' })).toThrow();
});
