import { z } from 'zod';
import { Declaration } from './declaration.ts';
import { Outcome } from './outcome.ts';
import { RUN_SCHEMA } from './run-schema.ts';
import { RunStatus, StoppedBy } from './stop.ts';
import { FailureMode } from './taxonomy.ts';
import { FaultAt } from './trace.ts';
import { Severity } from './verdict.ts';

const VerdictWord = z.enum(['passed', 'failed', 'inconclusive', 'not_applicable']);
const score = z.number().min(0).max(100).nullable().describe('null where nothing was decided, or nothing judged');
/** US dollars. */
const cost = z.number().nullable().describe('US dollars; null where the price of a model is unknown');
/** Whole milliseconds since the ask. */
const ms = z.number().int();

export const CellReport = z.object({
  check: z.string(),
  severity: Severity,
  verdict: VerdictWord,
  reason: z.string(),
  evidence: z.array(z.number().int()).describe('`seq` of the events in trace.jsonl that prove it'),
  unread: z.array(z.string()).optional().describe('unread texts: notices.yaml would say what they mean'),
});
export type CellReport = z.infer<typeof CellReport>;

export const CallReport = z.object({
  role: z.string(),
  provider: z.string(),
  model: z.string(),
  turn: z.number().int(),
  at_ms: ms,
  ms: ms.nullable().describe('null while it never ended'),
  status: z.number().int().nullable(),
  failure_mode: FailureMode.nullable(),
  fault: z.string().nullable(),
  tokens: z.object({ input: z.number().int(), output: z.number().int() }),
  cut: z.literal(true).optional().describe('its user left, and it was cut'),
  refused: z.string().optional().describe('why a provider would not take the request'),
});

export const TaskReport = z.object({
  task: z.string(),
  ask: z.number().int(),
  phase: z.string(),
  tenant: z.string().describe('hashed'),
  priority: z.enum(['high', 'normal', 'low']),
  baseline: z.object({ verdict: VerdictWord, reason: z.string(), latency_ms: ms.nullable(), cost_usd: cost }),
  verdict: VerdictWord,
  score,
  spared: z.boolean().describe('a broken role before the one that served was never called'),
  outcome: z.union([
    Outcome.omit({ log: true, model: true, cost_usd: true }),
    z.object({ kind: z.literal('hung'), waiting_for: z.string() }),
  ]),
  latency_ms: ms.nullable(),
  start_ms: ms.optional().describe('of it, the start of a process: it is judged less these'),
  deadline_ms: ms,
  cost_usd: cost,
  retries: z.number().int().describe('calls beyond the first per role, summed'),
  served_by: z.string().nullable().default(null).describe('the role of the chain that the answer is from'),
  stored: z.literal(true).optional().describe('the answer is a reply to an earlier ask'),
  failover: z.object({ from: z.string(), to: z.string(), reason: FailureMode.nullable(), at_ms: ms }).nullable(),
  calls: z.array(CallReport),
  effects: z.array(z.object({ tool: z.string(), args_hash: z.string(), count: z.number().int() })),
  checks: z.array(CellReport),
});
export type TaskReport = z.infer<typeof TaskReport>;

/** What became of the words of notices. */
export const WordsReport = z.object({
  notices_judged: z.number().int().describe('cells of checks of notices that passed or failed'),
  unread: z.array(z.string()).describe('unread texts, each once; `drill notices` lists them'),
});
export type WordsReport = z.infer<typeof WordsReport>;

const Tally = z.object({ passed: z.number().int(), judged: z.number().int() });

/** How far a fallback may be trusted, and what that rests on. */
const Recommendation = z.object({
  recommendation: z.enum(['silent_fallback', 'degraded_mode', 'review', 'not_allowed']),
  why: z.string(),
});
export type Recommendation = z.infer<typeof Recommendation>;

/** Where a drill stands in its file, for whoever shows findings there; lines count from 1. */
export const DrillSource = z.object({
  file: z.string().describe('as a user would name it'),
  line: z.number().int().describe('where the drill is named'),
  expect: z.record(z.string(), z.number().int()).describe('where a check is claimed'),
});
export type DrillSource = z.infer<typeof DrillSource>;

export const DrillReport = z.object({
  name: z.string(),
  title: z.string(),
  hypothesis: z.string(),
  verdict: VerdictWord,
  score,
  words: WordsReport.default({ notices_judged: 0, unread: [] }),
  /** Why it is inconclusive, and what to do. */
  reasons: z.array(z.object({ reason: z.string(), fix: z.string() })),
  notes: z.array(z.string()).default([]).describe('what was taken for granted, and what was not applicable'),
  advice: z
    .record(z.string(), z.string())
    .optional()
    .describe('what to change in the target, by the check that failed'),
  definition: z.record(z.string(), z.unknown()),
  source: DrillSource.optional(),
  reproduce: z.string(),
  faults: z.array(
    z.object({
      ...FaultAt.omit({ effect: true }).shape,
      phase: z.string(),
      fired: z.number().int(),
      spared: z.number().int(),
    }),
  ),
  checks: z.array(CellReport),
  /** The golden tasks over both paths; null where no ask left the first role. */
  paths: z
    .object({
      ...Recommendation.shape,
      phases: z.array(Recommendation.extend({ phase: z.string() })).default([]),
      quality_fault: z.boolean().default(false).describe('a fault made valid replies worth less'),
      checks: z.array(z.object({ check: z.string(), primary: Tally, fallback: Tally })),
    })
    .nullable()
    .default(null),
  tasks: z.array(TaskReport),
});
export type DrillReport = z.infer<typeof DrillReport>;

/** Many of a kind, to be gone through as often as one likes; they need not all be there at once. */
export interface Rows<T> extends Iterable<T> {
  readonly length: number;
  /** The same as JSON, where that is there anyway. */
  texts?(): Iterable<string>;
  /** They are needed no more. */
  close?(): void;
}

/** A drill as it was just judged: a long one has more tasks than memory should hold. */
export type JudgedDrill = Omit<DrillReport, 'tasks'> & { tasks: Rows<TaskReport> };

/** `run.json`, and what `drill run --json` prints. */
export const RunReport = z.object({
  schema: z.literal(RUN_SCHEMA),
  status: RunStatus.describe('apart from the verdict; a run that goes on has a state.json instead'),
  stopped_by: StoppedBy.nullable().describe('what stopped or cancelled it; null where nothing did'),
  verdict: VerdictWord,
  score,
  seed: z.number().int(),
  time: z.enum(['virtual', 'wall']),
  mode: z.enum(['mock', 'live']),
  target: z.object({ name: z.string(), kind: z.string(), declares: Declaration }),
  reproduce: z.string(),
  notices_judged: z.number().int().default(0).describe('cells of checks of notices that passed or failed'),
  unread: z.number().int().default(0).describe('different unread texts'),
  unfinished: z.array(z.string()).default([]).describe('drills that did not come to their end, or were not begun'),
  drills: z.array(DrillReport),
  /** Everything that may differ between two runs of one seed. */
  about: z.object({
    id: z.string(),
    started_at: z.string(),
    wall_ms: z.number().int(),
    versions: z.record(z.string(), z.string()),
    git: z.string().nullable(),
    definition_hash: z.string(),
    shard: z
      .object({
        index: z.number().int().describe('from 1'),
        count: z.number().int(),
        drills: z.array(z.string()).describe('those of all shards, in order'),
      })
      .optional()
      .describe('which part of a run this is'),
  }),
});
export type RunReport = z.infer<typeof RunReport>;
