import { z } from 'zod';

/** What a workflow allows of one tool. The tool stand runs whatever it is told: keeping to this is the target's duty. */
export const ToolRule = z.union([
  z.literal('read'),
  z.strictObject({
    write: z.literal(true).describe('it changes something; a tool that only reads is just `read`'),
    approval: z.enum(['none', 'human']).default('none').describe('with `human`, nobody may run it without a yes'),
    forbidden: z.boolean().default(false).describe('registered, but no model of this workflow may have it run'),
    claimed_by: z.string().optional().describe('the concept that says it was done'),
  }),
]);
export type ToolRule = z.infer<typeof ToolRule>;

/** A tool's rule, with nothing left open. A tool without one is allowed to nobody, whatever a model calls it. */
export function readRule(
  rules: Readonly<Record<string, ToolRule>> | undefined,
  tool: string,
): {
  write: boolean;
  approval: 'none' | 'human';
  allowed: boolean;
  claimed_by?: string | undefined;
} {
  const rule = rules !== undefined && Object.hasOwn(rules, tool) ? rules[tool] : undefined;
  if (rule === undefined) return { write: true, approval: 'human', allowed: false };
  if (rule === 'read') return { write: false, approval: 'none', allowed: true };
  return { write: true, approval: rule.approval, allowed: !rule.forbidden, claimed_by: rule.claimed_by };
}

/** One use of a tool, as the tool stand sees it. */
export interface ToolUse {
  /** Unique in a run, in order of arrival: `t1`, `t2` … */
  id: string;
  tool: string;
  args: unknown;
  write: boolean;
  /** The idempotency key, if the caller gave one: a second use with it has no second effect. */
  key: string | undefined;
  ask: number;
  task: string;
  tenant: string;
}

export type ToolResult = { ok: true; value: unknown } | { ok: false; code: ToolErrorCode; message: string; cut?: true };
export type ToolErrorCode = 'error' | 'timeout' | 'unknown_tool' | 'invalid_arguments' | 'key_reused';

/**
 * What `tools.call` throws. After a `timeout` nobody knows whether the effect happened: no reply came, in time or at all.
 * `cut`: the connection broke, as it really does over sockets.
 */
export class ToolFailure extends Error {
  override name = 'ToolFailure';
  readonly code: ToolErrorCode;
  readonly cut: boolean;
  constructor(code: ToolErrorCode, message: string, cut = false) {
    super(message);
    this.code = code;
    this.cut = cut;
  }
}

export const Approval = z.enum(['granted', 'denied', 'silence']);
export type Approval = z.infer<typeof Approval>;

/** The tools a target may use. */
export interface Tools {
  /** What exists, as a model is told of it. */
  readonly schemas: readonly import('./model-call.ts').ToolSchema[];
  /** Rejects with a ToolFailure. With an `idempotency_key` a repeated write gives the first result again. */
  call(name: string, args: unknown, options?: { idempotency_key?: string }): Promise<unknown>;
}

/** Asks a person. `silence` is what is left when nobody answered in time: it is no yes. */
export type Approve = (request: { tool: string; args: unknown; reason?: string }) => Promise<Approval>;
