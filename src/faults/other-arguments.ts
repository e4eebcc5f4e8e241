import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { parseJson } from '../text/json.ts';
import { otherwise } from './asks-again.ts';
import { rewriting } from './rewriting.ts';

export const otherArguments = defineMeaningFault({
  name: 'other-arguments',
  summary: 'The model calls the right tool with arguments that are valid, and are not what the task asks for.',
  effect: 'cheapens',
  needs: 'tools',
  params: z.strictObject({
    arguments: z
      .record(z.string().min(1).max(200), z.unknown())
      .optional()
      .describe('arguments that are put in place of the ones of those names; without it, the first number is halved'),
    asks_for: z.string().min(1).max(200).optional().describe('the tool; without it, any'),
  }),
  example: '{ fault: other-arguments, role: primary, asks_for: issue_refund, arguments: { amount: 12 } }',
  drill: 'no_tool_support',
  open({ arguments: given, asks_for: name }) {
    const asks = new Set<number>();
    return rewriting(({ calls }, { ask }) => {
      // Told that it was no good, it gets them right.
      if (asks.has(ask)) return undefined;
      const changed = calls.map((call) => {
        const other =
          name === undefined || name === call.name ? otherwise(parseJson(call.arguments), given) : undefined;
        return other === undefined ? call : { ...call, arguments: JSON.stringify(other) };
      });
      const told = changed.filter((call, i) => call.arguments !== calls[i]?.arguments);
      if (told.length === 0) return undefined;
      asks.add(ask);
      return { did: `calls ${told.map((c) => `${c.name}: ${c.arguments}`).join(', ')}`, calls: changed };
    });
  },
});
