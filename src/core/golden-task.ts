import { z } from 'zod';
import type { Concepts } from './concept.ts';
import type { Image, ToolSchema } from './model-call.ts';
import type { Reading } from './notices.ts';
import { HOUR_MS, whole } from './numbers.ts';
import { Approval } from './tools.ts';

/** One thing an answer must or must not say: a phrase, any of several, a linear-time pattern, or a concept of the workflow. */
export const Expectation = z.union([
  z.string().min(1).max(500),
  z.strictObject({ any_of: z.array(z.string().min(1).max(500)).min(1).max(20).describe('one of these phrases') }),
  z.strictObject({ pattern: z.string().min(1).max(500).describe('an RE2 pattern; case does not matter') }),
  z.strictObject({ concept: z.string().describe('a name from the workflow’s concepts file') }),
]);
export type Expectation = z.infer<typeof Expectation>;

/** When a user is gone, counted from the ask. */
export const leavesAfter = whole(1, HOUR_MS).optional();

/** A tool call that a capable model asks for, and what the tool gives. */
export const Turn = z.strictObject({
  tool: z.string().describe('a name from the workflow’s tools file'),
  args: z.record(z.string(), z.unknown()).default({}).describe('what the model calls it with'),
  returns: z.unknown().optional().describe('what the tool gives for these arguments; without it, `{ ok: true }`'),
  parallel: z.boolean().optional().describe('asked for in the same reply as the turn before it'),
});
export type Turn = z.infer<typeof Turn>;

/** The same field with another meaning, as a lesser model might fill it: it validates and is wrong. */
export const Misreading = z.strictObject({
  field: z.string().describe('dots lead inside: `next_action.amount`'),
  how: z.enum(['units', 'scale', 'sign']).describe('what of its meaning is another'),
  value: z.unknown().describe('what stands there instead'),
});

/** A task with known right behaviour, run with and without faults. */
export const GoldenTask = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'a golden task has a snake_case name')
    .describe('snake_case; unlike any other of the workflow'),
  input: z.string().min(1).max(20_000).describe('what the user asks'),
  history: z
    .array(
      z.strictObject({
        role: z.enum(['user', 'assistant']).describe('who said it'),
        content: z.string().min(1).max(20_000).describe('what was said'),
      }),
    )
    .max(50)
    .default([])
    .describe('what was said before, oldest first; it may go where the context is too small, evidence may not'),
  tenant: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .default('default')
    .describe('whose records it may see'),
  priority: z.enum(['high', 'normal', 'low']).default('normal').describe('who may fail over first'),
  fixtures: z.array(z.string()).max(50).default([]).describe('ids of the documents, records and pictures it may use'),
  required_sources: z
    .array(z.string())
    .max(50)
    .optional()
    .describe('ids that a right answer cites; all fixtures may be cited'),
  must_include: z
    .array(Expectation)
    .max(50)
    .default([])
    .describe('what the answer says: phrases, on word boundaries, or patterns'),
  must_not: z.array(Expectation).max(50).default([]).describe('what neither the answer nor its notice says'),
  requires_citation: z.boolean().default(false).describe('whether the answer cites sources that its model was given'),
  max_latency_ms: whole(1, HOUR_MS)
    .optional()
    .describe("milliseconds a user waits at most; the target's own deadline where that is less"),
  leaves_after_ms: leavesAfter.describe(
    'its user leaves so many milliseconds after the ask, in every phase that says nothing else; never without faults, in the baseline',
  ),
  max_cost_usd: z.number().min(0).max(1000).optional().describe('US dollars that all its calls together may cost'),
  degraded_ok: z.boolean().default(true).describe('whether anything but a whole answer is acceptable'),
  answer: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .optional()
    .describe('the canonical answer: text, or the whole structured output'),
  tools: z.array(z.string()).max(50).optional().describe('tools this task may use; all of the contract’s without it'),
  turns: z
    .array(Turn)
    .max(20)
    .refine(([first]) => first?.parallel !== true, {
      message: 'no turn comes before the first one: leave its `parallel` out',
      path: [0, 'parallel'],
    })
    .default([])
    .describe('tool calls that come before the answer, in order; those of one reply are `parallel`'),
  answer_if_not_done: z
    .string()
    .min(1)
    .optional()
    .describe('the canonical answer where a write of `turns` did not happen'),
  approval: Approval.default('granted').describe('what a person says when asked to approve'),
  misreadings: z
    .array(Misreading)
    .max(20)
    .default([])
    .describe('how a lesser model fills the structured answer: valid and wrong; `schema-drift` with `how: meaning`'),
});
export type GoldenTask = z.infer<typeof GoldenTask>;

/** A document or record a task may cite. The text is what a target is given. */
export interface Source {
  id: string;
  tenant: string;
  /** Empty where it is a picture. */
  text: string;
  image?: Image;
}

/** What a task may cite, in the order of its fixtures: an id may mean another document at another tenant. */
export function sourcesFor({ tenant, fixtures }: GoldenTask, sources: readonly Source[]): Source[] {
  return sources.filter((source) => source.tenant === tenant && fixtures.includes(source.id));
}

/** Golden tasks of one workflow with everything they need, as read from a folder. */
export interface Workflow {
  name: string;
  contract?: import('./contract.ts').Contract;
  tasks: GoldenTask[];
  sources: Source[];
  /** A string per tenant that stands in its records and may appear nowhere else. */
  canaries: Record<string, string>;
  concepts: Concepts;
  /** What texts mean, as somebody read them: those of the folder, and in a run also of the configuration and the target. */
  notices: Reading[];
  /** What the tool stand offers. */
  tools: ToolSchema[];
}

/** The words a right answer carries: the canonical answer's prose, or what the stand composes in its place. */
export function answerText(answer: string | Record<string, unknown>): string {
  if (typeof answer === 'string') return answer;
  const text = answer['answer'];
  return typeof text === 'string' ? text : JSON.stringify(answer);
}

/** What the stand answers a task with when no fault says otherwise. */
export interface Script {
  task: GoldenTask;
  sources: readonly Source[];
  /** The prose of a whole answer. */
  answer: string;
}
