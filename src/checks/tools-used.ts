import type { Contract } from '../core/contract.ts';
import { type CallView, callsOf, eventsOf, type TaskEvidence } from '../core/evidence.ts';
import type { GoldenTask } from '../core/golden-task.ts';
import { readRule } from '../core/tools.ts';
import type { EventOf, TraceEvent } from '../core/trace.ts';
import { unique } from './words.ts';

/** What the contract says of one tool. */
export const ruleOf = (contract: Contract | undefined, tool: string) => readRule(contract?.permissions?.tools[tool]);

/** Whether the workflow or the task is about changing anything at all. */
export function canWrite(task: GoldenTask, contract: Contract | undefined): boolean {
  const tools = [...Object.keys(contract?.permissions?.tools ?? {}), ...task.turns.map((turn) => turn.tool)];
  return tools.some((tool) => ruleOf(contract, tool).write);
}

/** A use of a tool, and what came of it by the time the trace ends. */
export interface Use {
  use: EventOf<'tool-use'>;
  result: EventOf<'tool-result'> | undefined;
}

export function usesOf(events: readonly TraceEvent[]): Use[] {
  const results = new Map(eventsOf(events, 'tool-result').map((result) => [result.use, result]));
  return eventsOf(events, 'tool-use').map((use) => ({ use, result: results.get(use.use) }));
}

/** Where it stands in the trace. */
export const seqsOf = ({ use, result }: Use): number[] => [use.seq, ...(result === undefined ? [] : [result.seq])];

/** Uses that changed the world, whatever the caller was told. */
export const committed = (events: readonly TraceEvent[]): Use[] =>
  usesOf(events).filter(({ use, result }) => use.write && result?.effect === 'new');

/** Replies that asked for a tool of a kind, and which; a reply that did not arrive asked for nothing. */
export function repliesAsking(events: readonly TraceEvent[], kind: (tool: string) => boolean) {
  return callsOf(events).flatMap((call) => {
    const tools = unique((call.end?.tool_calls ?? []).map((asked) => asked.tool).filter(kind));
    return tools.length > 0 && call.end !== undefined ? [{ call, tools, seq: call.end.seq }] : [];
  });
}

/** `backup asked for issue_refund`. */
export const sayAsked = (asking: { call: CallView; tools: string[] }[]): string =>
  unique(asking.map(({ call, tools }) => `${call.call.role} asked for ${tools.join(', ')}`)).join('; ');

/** Tools whose write the golden task foresees and of which, when the ask ended, the ledger holds less than that. */
export function missingWrites({ events, task, contract }: TaskEvidence): string[] {
  const tools = unique(task.turns.map((turn) => turn.tool)).filter((tool) => ruleOf(contract, tool).write);
  return tools.filter((tool) => effectsOf(events, tool) < turnsOf(task, tool));
}

export const turnsOf = (task: GoldenTask, tool: string): number => task.turns.filter((t) => t.tool === tool).length;

/** How many different things a tool had done when the ask ended. */
export const effectsOf = (events: readonly TraceEvent[], tool: string): number =>
  unique(doneBy(events, tool).map((result) => result.args_hash)).length;

/** Results that report a tool's effect by the time the ask ended; one that a key had done before counts too. */
export function doneBy(events: readonly TraceEvent[], tool: string): EventOf<'tool-result'>[] {
  const outcome = events.findIndex((e) => e.kind === 'outcome');
  const results = eventsOf(outcome < 0 ? events : events.slice(0, outcome), 'tool-result');
  return results.filter((result) => result.tool === tool && result.effect !== 'none');
}

/** Whether the target has anything to do with tools: one that only ever answers text has not. */
export const hasTools = ({ events, baseline }: TaskEvidence): boolean =>
  [...events, ...baseline].some((e) => e.kind === 'tool-use' || (e.kind === 'call' && e.tools !== undefined));
