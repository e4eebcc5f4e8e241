import type { Contract } from '../core/contract.ts';
import type { CallView } from '../core/evidence.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import type { Case } from '../core/plugin.ts';
import type { Seen, Use } from '../core/seen.ts';
import { readRule } from '../core/tools.ts';
import type { EventOf } from '../core/trace.ts';
import { unique } from '../text/words.ts';

/** What the contract says of one tool. */
export const ruleOf = (contract: Contract | undefined, tool: string) => readRule(contract?.permissions?.tools, tool);

/** Whether the workflow or the task is about changing anything at all. */
export function canWrite(task: GoldenTask, contract: Contract | undefined): boolean {
  const tools = [...Object.keys(contract?.permissions?.tools ?? {}), ...task.turns.map((turn) => turn.tool)];
  return tools.some((tool) => ruleOf(contract, tool).write);
}

/** Uses that changed the world, whatever the caller was told. */
export const committed = ({ uses }: Seen): Use[] =>
  uses.filter(({ use, result }) => use.write && result?.effect === 'new');

/** Replies that asked for a tool of a kind, and which; a reply that did not arrive asked for nothing. */
export const repliesAsking = ({ calls }: Seen, kind: (tool: string) => boolean) =>
  calls.flatMap(({ call, end }) => {
    const tools = unique((end?.tool_calls ?? []).map((asked) => asked.tool).filter(kind));
    return tools.length > 0 && end !== undefined ? [{ call, tools, seq: end.seq }] : [];
  });

/** `backup asked for issue_refund`. */
export const sayAsked = (asking: { call: CallView['call']; tools: string[] }[]): string =>
  unique(asking.map(({ call, tools }) => `${call.role} asked for ${tools.join(', ')}`)).join('; ');

/** Tools whose writes the golden task foresees. */
export const writesOf = ({ task, contract }: Pick<Case, 'task' | 'contract'>): string[] =>
  unique(task.turns.map((turn) => turn.tool)).filter((tool) => ruleOf(contract, tool).write);

/** Those of which, when the ask ended, the ledger holds less than that. */
export const missingWrites = (on: Case): string[] =>
  writesOf(on).filter((tool) => effectsOf(on.seen, tool) < turnsOf(on.task, tool));

export const turnsOf = (task: GoldenTask, tool: string): number => task.turns.filter((t) => t.tool === tool).length;

/** How many different things a tool had done when the ask ended. */
export const effectsOf = (seen: Seen, tool: string): number =>
  unique(doneBy(seen, tool).map((result) => result.args_hash)).length;

/** Effects of uses that had begun when the ask ended, whether or not their caller still waited for the result. */
export const begunEffects = ({ uses, outcome }: Seen): EventOf<'tool-result'>[] =>
  uses.flatMap(({ use, result }) =>
    use.write &&
    use.seq < (outcome?.seq ?? Number.POSITIVE_INFINITY) &&
    result !== undefined &&
    result.effect !== 'none'
      ? [result]
      : [],
  );

/** Results that report a tool's effect by the time the ask ended; one that a key had done before counts too. */
export const doneBy = ({ results, outcome }: Seen, tool: string): EventOf<'tool-result'>[] =>
  results.filter((r) => r.tool === tool && r.effect !== 'none' && r.seq < (outcome?.seq ?? Number.POSITIVE_INFINITY));

/** Whether the target has anything to do with tools: one that only ever answers text has not. */
export const hasTools = ({ seen, plain }: Case): boolean =>
  [seen, plain].some(({ uses, calls }) => uses.length > 0 || calls.some(({ call }) => call.tools !== undefined));
