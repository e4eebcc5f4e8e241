import * as zod from 'zod/v4';

/** A schema that is not made yet: what zod, or the schema before, is asked for it. */
interface Late {
  step: string;
  args: readonly unknown[];
  from: Late | undefined;
  made?: object;
}

/** By what stands for it. */
const lates = new WeakMap<object, Late>();

const OBJECTS = 'object strictObject looseObject'.split(' ');
const MAKERS = [
  ...OBJECTS,
  ...'array boolean custom discriminatedUnion enum ipv4 ipv6 literal number partialRecord preprocess record'.split(' '),
  ...'string tuple union unknown url'.split(' '),
];
/** Methods that make another schema: all that take one, and all that are called where modules are evaluated. */
const STEPS = new Set(
  'and array catch catchall default describe exclude extend int keyof max min nullable nullish omit optional or partial pipe positive refine regex strict superRefine transform trim'.split(
    ' ',
  ),
);

function later(step: string, args: readonly unknown[], from?: Late): object {
  return standIn({ step, args, from });
}

function standIn(late: Late): object {
  const schema = new Proxy(late, handler);
  lates.set(schema, late);
  return schema;
}

const handler: ProxyHandler<Late> = {
  get(late, key) {
    if (typeof key === 'string') {
      if (STEPS.has(key)) return (...args: unknown[]) => later(key, args, late);
      const { step, args, from } = undescribed(late);
      if (key === 'shape' && OBJECTS.includes(step)) return args[0];
      if (key === 'unwrap' && step === 'optional' && from !== undefined) return () => standIn(from);
    }
    const schema = made(late);
    const value: unknown = Reflect.get(schema, key);
    return typeof value === 'function' ? value.bind(schema) : value;
  },
  has: (late, key) => Reflect.has(made(late), key),
  getPrototypeOf: (late) => Reflect.getPrototypeOf(made(late)),
};

const undescribed = (late: Late): Late =>
  late.step === 'describe' && late.from !== undefined ? undescribed(late.from) : late;

function made(late: Late): object {
  if (late.made !== undefined) return late.made;
  const owner = late.from === undefined ? zod : made(late.from);
  const make: (...args: unknown[]) => object = Reflect.get(owner, late.step);
  late.made = Reflect.apply(make, owner, late.args.map(withMade));
  return late.made;
}

/** The same with the schemas themselves: zod's own are made of nothing else. */
function withMade(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const late = lates.get(value);
  if (late !== undefined) return made(late);
  if (Array.isArray(value)) return value.map(withMade);
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withMade(one)]));
}

/**
 * zod, as all of `src` imports it (by `src/bundle.mjs` and `vitest.config.ts`): a schema is made when something is first
 * asked of it. There are some two thousand, of which a command needs a few.
 */
export const z = {
  ...zod,
  ...Object.fromEntries(MAKERS.map((name) => [name, (...args: unknown[]) => later(name, args)])),
  toJSONSchema: (schema: object, ...how: unknown[]) => Reflect.apply(zod.toJSONSchema, zod, [withMade(schema), ...how]),
};
