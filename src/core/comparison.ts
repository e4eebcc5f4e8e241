import { z } from 'zod';
import { RunReport } from './report.ts';
import { Severity } from './verdict.ts';

const word = RunReport.shape.verdict;
const score = z.number().nullable();

/** One side of a comparison: the run itself without its drills. */
const ComparedRun = z.object({
  run: z.string().describe('as its reader names it'),
  id: z.string(),
  started_at: z.string(),
  target: z.string(),
  seed: z.number().int(),
  status: RunReport.shape.status,
  verdict: word,
  score,
  unread: z.number().int().describe('different unread texts'),
  unfinished: z.array(z.string()),
  reproduce: z.string(),
});
export type ComparedRun = z.infer<typeof ComparedRun>;

/** Something that is not the same in both runs, so that a difference of results may come from it. */
const Difference = z.object({
  what: z.string().describe('e.g. `seed`'),
  drill: z.string().optional().describe('of this drill only'),
  before: z.string(),
  now: z.string(),
});
export type Difference = z.infer<typeof Difference>;

const place = { drill: z.string(), phase: z.string().optional(), task: z.string().optional() };

/** Findings of one check in one place, which are more or fewer than they were. */
const ChangedFinding = z.object({
  ...place,
  check: z.string(),
  severity: Severity,
  before: z.number().int().describe('in so many asks'),
  now: z.number().int(),
  reason: z.string().describe('of the first of them'),
});
export type ChangedFinding = z.infer<typeof ChangedFinding>;

const Sides = z.object({ verdict: word, score, unread: z.number().int() });
const ChangedDrill = z.object({ drill: z.string(), before: Sides, now: Sides });
export type ChangedDrill = z.infer<typeof ChangedDrill>;

const ChangedTask = z.object({
  ...place,
  before: word,
  now: word,
  baseline: z.string().optional().describe('what is wrong with it now without any fault, so that nothing is decided'),
});
export type ChangedTask = z.infer<typeof ChangedTask>;

/** A figure of the asks of one golden task in a phase that ended in both runs: the mean of each. */
const ChangedFigure = z.object({
  ...place,
  asks: z.number().int().describe('so many were held against each other'),
  before: z.number(),
  now: z.number(),
});
export type ChangedFigure = z.infer<typeof ChangedFigure>;

/** What `drill diff --json` prints. */
export const Comparison = z.object({
  schema: z.literal('drill.diff/1'),
  before: ComparedRun,
  now: ComparedRun,
  kind: z
    .enum(['comparable', 'descriptive'])
    .describe('descriptive: something else than the target differs, and what changed may come from it'),
  differs: z.array(Difference),
  worse: z.boolean(),
  exact: z.boolean().describe('both in virtual time: any difference of latency or cost is one'),
  only_before: z.array(z.string()).describe('drills of the first run only; nothing is said of them'),
  only_now: z.array(z.string()).describe('drills of the second run only'),
  drills: z.array(ChangedDrill).describe('those in both'),
  verdicts: z.array(ChangedTask).describe('golden tasks whose verdict changed'),
  broke: z.array(ChangedFinding),
  healed: z.array(ChangedFinding),
  unjudged: z.array(ChangedFinding).describe('found before, and now neither found nor passed'),
  slower: z.array(ChangedFigure).describe('milliseconds'),
  faster: z.array(ChangedFigure).describe('milliseconds'),
  dearer: z.array(ChangedFigure).describe('US dollars'),
  cheaper: z.array(ChangedFigure).describe('US dollars'),
});
export type Comparison = z.infer<typeof Comparison>;
