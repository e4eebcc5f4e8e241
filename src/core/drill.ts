import { z } from 'zod';
import { leavesAfter } from './golden-task.ts';
import { TriggerSpec } from './trigger.ts';

/** A fault as a drill names it. Other keys are the fault's own parameters, parsed by its schema. */
export const FaultUse = z
  .looseObject({
    fault: z.string().describe('a name from `drill list faults`'),
    role: z.string().optional().describe('the role whose calls it breaks'),
    tool: z.string().optional().describe('for a fault of tools: the tool it breaks'),
    tenants: z.array(z.string()).min(1).optional().describe('blast radius: only these tenants'),
    tasks: z.array(z.string()).min(1).optional().describe('blast radius: only these golden tasks'),
    when: TriggerSpec.optional().describe('when it fires; without it, on every call of the role'),
  })
  .refine((use) => (use.role === undefined) !== (use.tool === undefined), {
    message: 'a fault breaks either a role or a tool',
    path: ['role'],
  })
  .describe('other keys are parameters of the fault itself');
export type FaultUse = z.infer<typeof FaultUse>;
export const FAULT_USE_KEYS = ['fault', 'role', 'tool', 'tenants', 'tasks', 'when'] as const;

/** The fault's own parameters, as they were written. */
export function paramsOf(use: FaultUse): Record<string, unknown> {
  const reserved: readonly string[] = FAULT_USE_KEYS;
  return Object.fromEntries(Object.entries(use).filter(([key]) => !reserved.includes(key)));
}

/** Where a fault is armed: a role or a tool, by its name. */
export const placeOf = (use: FaultUse): string => use.role ?? use.tool ?? '';

/** How the asks of a phase arrive. Without it: one after another. */
export const Load = z.union([
  z.strictObject({
    arrive: z.enum(['together', 'in_turn']).describe('all at once, or each when the one before has ended'),
  }),
  z.strictObject({
    every_ms: z.number().int().min(1).max(3_600_000).describe('milliseconds from one to the next, ended or not'),
  }),
]);

export const Phase = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'a phase has a snake_case name')
    .describe('snake_case; unlike any other of the drill'),
  tasks: z.number().int().min(1).max(10_000).describe('how many golden tasks, in name order, cycling'),
  only: z.array(z.string()).min(1).max(100).optional().describe('names of golden tasks: no others are asked'),
  times: z
    .record(z.string(), z.number().int().min(1).max(1000))
    .default({})
    .describe('noisy tenants: how often each of their golden tasks is asked where others are asked once'),
  load: Load.default({ arrive: 'in_turn' }).describe('how its tasks arrive'),
  faults: z
    .array(FaultUse)
    .max(50)
    .default([])
    .describe('what is broken as long as it lasts: see `drill explain fault`'),
  after_ms: z
    .union([z.number().int().min(0).max(86_400_000), z.literal('cooldown')])
    .default(0)
    .describe(
      'quiet milliseconds before its first task; `cooldown`: a little longer than the target may leave a role alone',
    ),
  for_ms: z.number().int().min(0).max(86_400_000).optional().describe('it lasts at least this long'),
  leaves_after_ms: leavesAfter.describe(
    'the user of each of its tasks leaves so many milliseconds after the ask: the `signal` that the target was given fires',
  ),
  expect: z
    .record(z.string(), z.looseObject({}))
    .optional()
    .describe('the checks it claims beside those of the drill, for its own tasks only'),
});
export type Phase = z.infer<typeof Phase>;

/** A drill: what is broken, when, and what should still hold. */
export const Drill = z.strictObject({
  drill: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'a drill has a snake_case name')
    .describe("snake_case; the file's name"),
  title: z.string().min(1).max(200).describe('one line'),
  hypothesis: z.string().min(1).max(1000).describe('one sentence: what the expect block claims'),
  tags: z.array(z.string()).max(20).default([]).describe('what `drill run --tag` chooses by'),
  workflow: z.string().describe('the folder of golden tasks it runs'),
  require: z.array(z.string()).optional().describe('features without which the drill is skipped'),
  phases: z
    .array(Phase)
    .min(1)
    .max(50)
    .refine((phases) => new Set(phases.map((p) => p.name)).size === phases.length, 'phase names must differ')
    .describe('one after the other: see `drill explain phase`'),
  expect: z.record(z.string(), z.looseObject({})).describe('the checks it claims, with their parameters'),
});
export type Drill = z.infer<typeof Drill>;

/** Whether a drill is about anything a target claims: what requires features is for those that claim one of them. */
export function concerns({ require = [] }: Pick<Drill, 'require'>, features: readonly string[]): boolean {
  return require.length === 0 || require.some((feature) => features.includes(feature));
}
