import { z } from 'zod';
import { leavesAfter } from './golden-task.ts';
import { HOUR_MS, whole } from './numbers.ts';
import { StopConditions } from './stop.ts';
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
    every_ms: whole(1, HOUR_MS).describe('milliseconds from one to the next, ended or not'),
  }),
]);

const snakeCase = (what: string) => z.string().regex(/^[a-z][a-z0-9_]*$/, `${what} has a snake_case name`);

export const Phase = z.strictObject({
  name: snakeCase('a phase').describe('snake_case; unlike any other of the drill'),
  tasks: whole(1, 10_000).describe('how many golden tasks, in name order, cycling'),
  only: z.array(z.string()).min(1).max(100).optional().describe('names of golden tasks: no others are asked'),
  times: z
    .record(z.string(), whole(1, 1000))
    .default({})
    .describe('noisy tenants: how often each of their golden tasks is asked where others are asked once'),
  load: Load.default({ arrive: 'in_turn' }).describe('how its tasks arrive'),
  faults: z
    .array(FaultUse)
    .max(50)
    .default([])
    .describe('what is broken as long as it lasts: see `drill explain fault`'),
  stream: z
    .boolean()
    .optional()
    .describe('what `task.stream` tells the target: whether its user reads along; without it nothing is said'),
  after_ms: z
    .union([whole(0, 86_400_000), z.literal('cooldown')])
    .default(0)
    .describe(
      'quiet milliseconds before its first task; `cooldown`: a little longer than the target may leave a role alone',
    ),
  for_ms: whole(0, 86_400_000).optional().describe('it lasts at least this long'),
  leaves_after_ms: leavesAfter.describe(
    'the user of each of its tasks leaves so many milliseconds after the ask: the `signal` that the target was given fires',
  ),
  expect: z
    .record(z.string(), z.looseObject({}))
    .optional()
    .describe('the checks it claims beside those of the drill, for its own tasks only'),
});
export type Phase = z.infer<typeof Phase>;

/** The name of a drill that stands for one alternative: `every_fault/hang`. */
const OF_MATRIX = /^([a-z][a-z0-9_]*)\/([a-z][a-z0-9_]*)$/;

/** Whose alternative a drill is, by its name; undefined where it stands for itself. */
export function matrixOf(name: string): { matrix: string; alternative: string } | undefined {
  const [, matrix, alternative] = OF_MATRIX.exec(name) ?? [];
  return matrix === undefined || alternative === undefined ? undefined : { matrix, alternative };
}

const phasesOf = <P extends z.ZodType<{ name: string }>>(phase: P) =>
  z
    .array(phase)
    .min(1)
    .max(50)
    .refine((phases) => new Set(phases.map((p) => p.name)).size === phases.length, 'phase names must differ')
    .describe('one after the other: see `drill explain phase`');

/** A drill: what is broken, when, and what should still hold. */
export const Drill = z.strictObject({
  drill: z.string().regex(/^[a-z][a-z0-9_]*(?:\/[a-z][a-z0-9_]*)?$/, 'a drill has a snake_case name'),
  title: z.string().min(1).max(200).describe('one line'),
  hypothesis: z.string().min(1).max(1000).describe('one sentence: what the expect block claims'),
  tags: z.array(z.string()).max(20).default([]).describe('what `drill run --tag` chooses by'),
  workflow: z.string().describe('the folder of golden tasks it runs'),
  require: z.array(z.string()).optional().describe('features without which the drill is skipped'),
  named_only: z.boolean().optional().describe('it runs only where it is named, and not with all the others'),
  live: z
    .literal('allowed')
    .optional()
    .describe('it may be run with --mode live, on real providers and for real money'),
  may_idle: z
    .boolean()
    .optional()
    .describe(
      'a fault that finds nothing to break and a claim that finds nothing to judge are not applicable, where else they leave the drill inconclusive',
    ),
  phases: phasesOf(Phase),
  stop: StopConditions.max(20)
    .optional()
    .describe('when the run stops by itself, beside `stop` of the configuration: see `drill explain stop`'),
  expect: z.record(z.string(), z.looseObject({})).describe('the checks it claims, with their parameters'),
});
export type Drill = z.infer<typeof Drill>;

/** One of several things that a phase may break: faults together, or a single one. */
const Alternative = z.strictObject({
  name: snakeCase('an alternative').optional().describe('snake_case; without it, the names of its faults'),
  stream: z.boolean().optional().describe('as `stream` of the phase, for this alternative'),
  faults: z.array(FaultUse).min(1).max(50).describe('what is broken, all of it at once'),
});

/** Every fault there is, as the cards say that it is worth a try. */
const EveryFault = z.strictObject({
  faults: z.literal('all').describe('every fault of `drill list faults`'),
  role: z.string().describe('the role whose calls they break'),
  tool: z.string().optional().describe('the tool that faults of tools break; without it, those are left out'),
});

export const Each = z.union([
  z
    .array(z.union([FaultUse, Alternative]))
    .min(1)
    .max(200),
  EveryFault,
]);
export type Each = z.infer<typeof Each>;

/** A phase as a file has it: with alternatives, the drill is a matrix of as many drills. */
export const WrittenPhase = Phase.extend({
  each: Each.optional().describe(
    'alternatives, beside `faults`: each is a drill of its own, named `drill/alternative`, on fresh worlds',
  ),
  stream: z
    .union([Phase.shape.stream.unwrap(), z.literal('either')])
    .optional()
    .describe(`${Phase.shape.stream.description}; \`either\`: each alternative once with a stream and once without`),
});
export type WrittenPhase = z.infer<typeof WrittenPhase>;

/** A drill as a file has it. */
export const WrittenDrill = Drill.extend({
  drill: snakeCase('a drill').describe("snake_case; the file's name"),
  phases: phasesOf(WrittenPhase),
});
export type WrittenDrill = z.infer<typeof WrittenDrill>;

/** Whether a drill is about anything a target claims: what requires features is for those that claim one of them. */
export function concerns({ require = [] }: Pick<Drill, 'require'>, features: readonly string[]): boolean {
  return require.length === 0 || require.some((feature) => features.includes(feature));
}
