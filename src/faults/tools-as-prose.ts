import { z } from 'zod';
import type { Script } from '../core/golden-task.ts';
import type { ModelCall, ToolCall } from '../core/model-call.ts';
import { defineMeaningFault } from '../core/plugin.ts';
import { fieldsOf } from './answer.ts';
import { rewriting } from './rewriting.ts';

export const toolsAsProse = defineMeaningFault({
  name: 'tools-as-prose',
  summary: 'The model writes a tool call into its text instead of making it.',
  effect: 'cheapens',
  needs: 'tools',
  params: z.strictObject({
    as: z.enum(['json', 'sentence']).default('json').describe('how the call is written'),
  }),
  example: '{ fault: tools-as-prose, role: backup }',
  trials: [{ as: 'json' }],
  drill: 'no_tool_support',
  open: ({ as }) =>
    rewriting(({ calls }, call, { script }) => {
      const wanted = calls.length > 0 ? calls : unmade(call, script);
      if (wanted.length === 0) return undefined;
      const text = wanted.map(as === 'json' ? inJson : inWords).join('\n');
      return { did: `writes a call of ${wanted.map((c) => c.name).join(', ')} into its text`, text, calls: [] };
    }),
});

type Wanted = Pick<ToolCall, 'name' | 'arguments'>;

/** A model that was offered no tools still wants the task's last one, if the conversation does not hold it yet. */
function unmade({ tools, messages }: ModelCall, { task }: Script): Wanted[] {
  const last = task.turns.at(-1);
  if (tools.length > 0 || last === undefined) return [];
  const made = messages.some((m) => m.toolCalls?.some((c) => c.name === last.tool));
  return made ? [] : [{ name: last.tool, arguments: JSON.stringify(last.args) }];
}

const inJson = ({ name, arguments: args }: Wanted) => JSON.stringify({ tool: name, arguments: fieldsOf(args) ?? args });

function inWords({ name, arguments: args }: Wanted): string {
  const said = Object.entries(fieldsOf(args) ?? {}).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `I am now calling ${name}${said.length > 0 ? ` with ${said.join(', ')}` : ''}.`;
}
