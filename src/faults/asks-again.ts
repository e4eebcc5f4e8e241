import { z } from 'zod';
import type { ModelCall } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { isRecord, parseJson } from '../text/json.ts';
import { rewriting } from './rewriting.ts';

export const asksAgain = defineMeaningFault({
  name: 'asks-again',
  summary:
    'After a tool did what was asked, the model asks for it once more, with other arguments that are valid, too.',
  effect: 'cheapens',
  needs: 'tools',
  params: z.strictObject({
    asks_for: z.string().min(1).max(200).describe('the tool; a number among its arguments becomes another'),
  }),
  example: '{ fault: asks-again, role: primary, asks_for: issue_refund }',
  drill: 'no_tool_support',
  open: ({ asks_for: name }) =>
    rewriting(({ calls }, call) => {
      const made = callsOf(call, name);
      const [first] = made;
      // It asks once more and no oftener, and not beside another call.
      if (first === undefined || made.length > 1 || calls.length > 0) return undefined;
      const args = otherwise(parseJson(first.arguments));
      if (args === undefined) return undefined;
      const asked = { id: `call_${call.id}`, name, arguments: JSON.stringify(args) };
      return { did: `asks for ${name} again: ${asked.arguments}`, text: '', calls: [asked] };
    }),
});

/** Calls of a tool that stand in the conversation with what they gave. */
const callsOf = ({ messages }: ModelCall, name: string) =>
  messages
    .flatMap((m) => m.toolCalls ?? [])
    .filter((c) => c.name === name && messages.some((m) => m.toolCallId === c.id));

/** The same with others of its arguments, as given or the first number halved; undefined where there is none. */
export function otherwise(args: unknown, given?: Record<string, unknown>): Record<string, unknown> | undefined {
  if (!isRecord(args)) return undefined;
  if (given !== undefined)
    return { ...args, ...Object.fromEntries(Object.entries(given).filter(([key]) => key in args)) };
  const number = Object.entries(args).find(([, value]) => typeof value === 'number' && value > 1);
  return number && { ...args, [number[0]]: Math.floor(Number(number[1]) / 2) };
}
