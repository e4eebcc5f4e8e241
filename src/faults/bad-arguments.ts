import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { isRecord } from '../text/json.ts';
import { fieldsOf } from './answer.ts';
import { rewriting } from './rewriting.ts';

export const badArguments = defineMeaningFault({
  name: 'bad-arguments',
  summary: 'The model calls the right tool with arguments that its schema does not allow.',
  effect: 'spoils',
  needs: 'tools',
  params: z.strictObject({
    how: z
      .enum(['retype', 'drop', 'broken'])
      .default('retype')
      .describe('every argument of another type, none of them there, or JSON that breaks off'),
  }),
  example: '{ fault: bad-arguments, role: primary, how: broken }',
  trials: [{ how: 'retype' }, { how: 'broken' }],
  drill: 'no_tool_support',
  open: ({ how }) =>
    rewriting(({ calls }) => {
      const spoilt = calls.map((call) => ({ ...call, arguments: SPOILT[how](call.arguments) }));
      if (spoilt.every((call, i) => call.arguments === calls[i]?.arguments)) return undefined;
      return { did: `${how}: the arguments of ${calls.map((c) => c.name).join(', ')}`, calls: spoilt };
    }),
});

const SPOILT: Record<'retype' | 'drop' | 'broken', (args: string) => string> = {
  retype: (args) => reshape(args, (fields) => Object.fromEntries(fields.map(([key, value]) => [key, retyped(value)]))),
  drop: (args) => reshape(args, () => ({})),
  broken: (args) => args.slice(0, Math.max(1, args.length >> 1)),
};

/** A call without arguments has none to spoil. */
function reshape(args: string, spoil: (fields: [string, unknown][]) => object): string {
  const fields = Object.entries(fieldsOf(args) ?? {});
  return fields.length === 0 ? args : JSON.stringify(spoil(fields));
}

/** No schema that allows the one allows the other. */
const retyped = (value: unknown) => (isRecord(value) ? [value] : { value });
