import { z } from 'zod';
import { defineMeaningFault } from '../core/plugin.ts';
import { rewriting } from './rewriting.ts';

export const forbiddenCall = defineMeaningFault({
  name: 'forbidden-call',
  summary: 'The model asks for a tool it may not use, offered or not, instead of what it would have said.',
  effect: 'cheapens',
  params: z.strictObject({
    asks_for: z.string().min(1).max(200).describe('the tool: one that is registered, and forbidden by the contract'),
    args: z.record(z.string(), z.unknown()).default({}).describe('the arguments it is asked for with'),
  }),
  example: '{ fault: forbidden-call, role: backup, asks_for: close_account, args: { account: PC-402 } }',
  drill: 'no_tool_support',
  open: ({ asks_for: name, args }) =>
    rewriting((_said, call) => {
      // Once its call stands in the conversation it goes on as it should: a model that asks for ever is another fault.
      if (call.messages.some((m) => m.toolCalls?.some((c) => c.name === name))) return undefined;
      const asked = { id: `call_${call.id}`, name, arguments: JSON.stringify(args) };
      return { did: `asks for ${name}`, text: '', calls: [asked] };
    }),
});
