import type { ToolSchema } from '../core/model-call.ts';
import type { ToolMode } from '../core/outcome.ts';
import { type Approve, readRule, type ToolRule, type Tools } from '../core/tools.ts';
import { canonicalJson } from '../text/canonical.ts';
import { isRecord } from '../text/json.ts';
import { fingerprint } from './log-record.ts';
import { schemaErrors } from './validate.ts';

/** What became of one tool call that a model asked for. */
export interface Act {
  tool: string;
  args: unknown;
  write: boolean;
  /** `unknown`: it may have happened, nobody can say. */
  done: 'yes' | 'no' | 'unknown';
  /** What the model is told: the result, or why there is none. */
  content: string;
  /** Why it was not done, where it was not. */
  because?: 'forbidden' | 'invalid' | 'denied' | 'silence' | 'failed';
}

export interface Hands {
  tools: Tools;
  approve: Approve;
  rules: Readonly<Record<string, ToolRule>>;
  /** Names that this task may use. */
  allowed: readonly string[];
  taskId: string;
  /** Aborted when nobody waits any more. */
  signal?: AbortSignal;
}

/**
 * Carries out one tool call: only what the contract allows, with valid arguments, with a yes where one is needed, and with
 * an idempotency key, so that trying a write again where no reply came has no second effect. Rejects with the signal's reason
 * where it would have to be begun after that fired.
 */
export async function act(hands: Hands, tool: string, args: unknown, mode: ToolMode = 'full'): Promise<Act> {
  const { tools, rules, allowed, taskId } = hands;
  const rule = readRule(rules, tool);
  const { write } = rule;
  const refuse = (because: NonNullable<Act['because']>, error: string): Act => {
    return { tool, args, write, done: 'no', content: JSON.stringify({ error }), because };
  };
  // A model that may only read is not obeyed when it asks to write, whatever it was offered.
  if (write && mode !== 'full') return refuse('forbidden', 'not allowed in this mode');
  const schema = tools.schemas.find((t) => t.name === tool);
  if (schema === undefined || !rule.allowed || !allowed.includes(tool))
    return refuse('forbidden', 'this tool is not allowed here');
  if (schemaErrors(args, schema.parameters).length > 0) return refuse('invalid', 'the arguments are not valid');
  hands.signal?.throwIfAborted();
  if (rule.approval === 'human') {
    const answer = await hands.approve({ tool, args });
    // Silence is no yes.
    if (answer !== 'granted') return refuse(answer, `not approved: ${answer}`);
  }
  const idempotency_key = fingerprint(`${taskId}/${tool}/${canonicalJson(args)}`);
  for (let tries = 0; ; tries++) {
    hands.signal?.throwIfAborted();
    try {
      const result = await tools.call(tool, args, rule.write ? { idempotency_key } : {});
      return { tool, args, write, done: 'yes', content: JSON.stringify(result) };
    } catch (error) {
      const unsure = isRecord(error) && error['code'] === 'timeout';
      if (!unsure) return refuse('failed', 'the tool failed: it was not done');
      if (tries === 0) continue;
      return { ...refuse('failed', 'no answer: it may or may not have been done'), done: write ? 'unknown' : 'no' };
    }
  }
}

/** Those a task may use. */
export function allowedTools(schemas: readonly ToolSchema[], { rules, allowed }: Hands): ToolSchema[] {
  return schemas.filter(({ name }) => allowed.includes(name) && readRule(rules, name).allowed);
}
