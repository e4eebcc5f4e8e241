import type { RecordingRef } from '../core/cassette.ts';
import type { ResolvedDeclaration, Roles } from '../core/declaration.ts';
import type { Drill } from '../core/drill.ts';
import type { Effect } from '../core/effect.ts';
import type { Workflow } from '../core/golden-task.ts';
import type { Need } from '../core/need.ts';
import type { Check } from '../core/plugin.ts';
import type { Lacking } from '../core/positions.ts';
import type { DrillSource } from '../core/report.ts';

/** All that judging a drill needs beside its events: a stored run is judged by the same. */
export interface JudgePlan {
  /** With the faults that really were armed. */
  drill: Drill;
  /** The definition as the user wrote it, for the report. */
  definition: Record<string, unknown>;
  /** Where the definition stands in its file. */
  source?: DrillSource | undefined;
  workflow: Workflow;
  declares: ResolvedDeclaration;
  roles: Roles;
  checks: readonly Check[];
  /** The drill comes with the package: it speaks of positions in the chain, and claims only what the target does. */
  shipped: boolean;
  /** The target runs in processes of its own and in the machine's time; else in virtual time. */
  wall?: true | undefined;
  /** Replies are a provider's own, and no script's: what is foreseen of them says nothing of the target. */
  unscripted?: true | undefined;
  /** What the drill names that this run lacks: not applicable, and no reason to be inconclusive. */
  lacking: Lacking[];
  /** Recordings that this drill asked for when they were made, where they reply in place of the scripts. */
  recordings?: RecordingRef[] | undefined;
  /** What each armed fault does to a reply: per phase, in the drill's order. */
  effects: Effect[][];
  /** What each needs of a call to break anything; null where any call will do, nothing where none of them needs anything. */
  needs?: (Need | null)[][] | undefined;
  reproduce: string;
}

/** A plan as `inputs.json` of the run folder keeps it: the checks are those of whoever judges. */
export type StoredInputs = Omit<JudgePlan, 'checks'>;
