import type { z } from 'zod';
import type { Clock } from './clock.ts';
import type { Contract } from './contract.ts';
import type { Feature } from './declaration.ts';
import type { DrillFacts, TaskEvidence } from './evidence.ts';
import type { GoldenTask, Script } from './golden-task.ts';
import type { ModelCall } from './model-call.ts';
import type { Outcome, Task } from './outcome.ts';
import type { Random } from './random.ts';
import type { DrillReport, RunReport } from './report.ts';
import type { Approve, ToolResult, Tools, ToolUse } from './tools.ts';
import type { EventOf, TraceEvent } from './trace.ts';
import type { Severity, Verdict } from './verdict.ts';
import type { Frame, Head, Reply, Transport } from './wire.ts';

/** What a plugin tells about itself; `drill list`, `drill explain`, the docs and the JSON Schema are derived from it. */
export interface Card<P extends z.ZodType = z.ZodType> {
  /** kebab-case; the file's name and the key in YAML. */
  name: string;
  /** One line. */
  summary: string;
  /** A strict object; every field bounded, defaulted where possible and described. */
  params: P;
  /** A piece of YAML that uses it; a test parses it. */
  example: string;
  /** Of a fault: the drill of the package in which its example acts; `timeout_primary` without. */
  drill?: string;
  /** The parameter that says how hard, and its value that does nothing. */
  magnitude?: { param: string; zero: unknown };
  /** Who claims this feature is asked this check. */
  feature?: Feature;
}

// --- faults -----------------------------------------------------------------

/** What surrounds one call when a fault acts on it. */
export interface Around {
  clock: Clock;
  /** This fault's own stream for this call. */
  random: Random;
  /** Aborts when the caller leaves. */
  signal: AbortSignal | undefined;
  /** The golden task in hand, its sources and the whole answer. */
  script: Script;
  /** Says in the trace that the fault acted, and how. Call it before acting. */
  fired(detail: string): void;
}

/** Where a fault was armed: what it remembers is kept per scope. */
export interface FaultScope {
  role: string;
  random: Random;
}

export type MeaningInjection = (
  call: ModelCall,
  next: (call: ModelCall) => Promise<Reply>,
  around: Around,
) => Promise<Reply>;

export interface WireReplyInParts {
  head: Head;
  frames: AsyncIterable<Frame>;
}
/** May throw a `NetworkFailure`: then there is not even a head. */
export type WireInjection = (reply: WireReplyInParts, call: ModelCall, around: Around) => WireReplyInParts;

/** Sees both sides of the effect: what `next` gives has happened, whatever the caller is told. */
export type ToolInjection = (
  use: ToolUse,
  next: (use: ToolUse) => Promise<ToolResult>,
  around: Around,
) => Promise<ToolResult>;

/** An armed fault is middleware; which of the layers it stands in is its kind. */
export type Injection =
  | { kind: 'meaning'; inject: MeaningInjection }
  | { kind: 'wire'; inject: WireInjection }
  | { kind: 'tool'; inject: ToolInjection };

export interface Fault extends Card {
  kind: Injection['kind'];
  /** Leaves the reply whole and only makes it late: a role that is still in time has nothing to hand over. */
  delays?: boolean;
  /** Leaves the reply valid and makes it worth less: how the target reacts is what it shows. */
  quality?: true;
  /** What it remembers is one for the role; without it, one per role and tenant. */
  shared?: boolean;
  /** Parses the parameters once; the result is opened per world and scope. Throws a ZodError on bad parameters. */
  arm(params: unknown): (scope: FaultScope) => Injection;
}

export function defineMeaningFault<P extends z.ZodType>(
  fault: Card<P> & {
    delays?: boolean;
    quality?: true;
    shared?: boolean;
    open(params: z.output<P>, scope: FaultScope): MeaningInjection;
  },
): Fault {
  return {
    ...fault,
    kind: 'meaning',
    arm(raw) {
      const params = fault.params.parse(raw ?? {});
      return (scope) => ({ kind: 'meaning', inject: fault.open(params, scope) });
    },
  };
}

export function defineWireFault<P extends z.ZodType>(
  fault: Card<P> & { open(params: z.output<P>, scope: FaultScope): WireInjection },
): Fault {
  return {
    ...fault,
    kind: 'wire',
    arm(raw) {
      const params = fault.params.parse(raw ?? {});
      return (scope) => ({ kind: 'wire', inject: fault.open(params, scope) });
    },
  };
}

export function defineToolFault<P extends z.ZodType>(
  fault: Card<P> & { open(params: z.output<P>, scope: FaultScope): ToolInjection },
): Fault {
  return {
    ...fault,
    kind: 'tool',
    arm(raw) {
      const params = fault.params.parse(raw ?? {});
      return (scope) => ({ kind: 'tool', inject: fault.open(params, scope) });
    },
  };
}

// --- checks -----------------------------------------------------------------

interface CheckCard<P extends z.ZodType> extends Card<P> {
  severity: Severity;
  /** What of the stored events it looks at. */
  reads: string;
  /** It judges what an answer says: a contract may make a gate of it. */
  gate?: true;
  /** When it is not applicable, beside a target that does not claim its feature. */
  skips?: string;
  /** A golden task's field or a contract's line brings the check along, with these parameters (its input shape). */
  implies?(task: GoldenTask, contract: Contract | undefined): z.input<P> | undefined;
}

export interface TaskCheck extends CheckCard<z.ZodType> {
  scope: 'task';
  /** Parses the parameters once. What comes back is pure: same evidence, same verdict. */
  arm(params: unknown): (evidence: TaskEvidence) => Verdict;
}

/** Sees what the target says of itself beside the evidence. */
export interface LogCheck extends CheckCard<z.ZodType> {
  scope: 'log';
  arm(params: unknown): (evidence: TaskEvidence, log: EventOf<'log'> | undefined) => Verdict;
}

/** Judges a whole drill by folding over its events, so that memory stays flat. */
export interface DrillCheck extends CheckCard<z.ZodType> {
  scope: 'drill';
  arm(params: unknown): (facts: DrillFacts) => { step(event: TraceEvent): void; verdict(): Verdict };
}

export type Check = TaskCheck | LogCheck | DrillCheck;

export function defineTaskCheck<P extends z.ZodType>(
  check: CheckCard<P> & { judge(evidence: TaskEvidence, params: z.output<P>): Verdict },
): TaskCheck {
  return {
    ...check,
    scope: 'task',
    arm(raw) {
      const params = check.params.parse(raw ?? {});
      return (evidence) => check.judge(evidence, params);
    },
  };
}

export function defineLogCheck<P extends z.ZodType>(
  check: CheckCard<P> & {
    judge(evidence: TaskEvidence, log: EventOf<'log'> | undefined, params: z.output<P>): Verdict;
  },
): LogCheck {
  return {
    ...check,
    scope: 'log',
    arm(raw) {
      const params = check.params.parse(raw ?? {});
      return (evidence, log) => check.judge(evidence, log, params);
    },
  };
}

export function defineDrillCheck<P extends z.ZodType, S>(
  check: CheckCard<P> & {
    init(facts: DrillFacts, params: z.output<P>): S;
    /** Returns the next state; it may be the same object. */
    step(state: S, event: TraceEvent): S;
    verdict(state: S): Verdict;
  },
): DrillCheck {
  return {
    ...check,
    scope: 'drill',
    arm(raw) {
      const params = check.params.parse(raw ?? {});
      return (facts) => {
        let state = check.init(facts, params);
        return {
          step(event) {
            state = check.step(state, event);
          },
          verdict: () => check.verdict(state),
        };
      };
    },
  };
}

// --- targets ----------------------------------------------------------------

/** Everything a target may touch. */
export interface Habitat {
  roles: Record<string, { protocol: string; base_url: string; model: string; api_key: string }>;
  fetch: typeof globalThis.fetch;
  /** The same openings as `fetch`, handing bytes over without `Response` objects. */
  transport: Transport;
  tools: Tools;
  approve: Approve;
  clock: Clock;
  random: Random;
}

export interface RunningTarget {
  /** `signal` fires only at the horizon, a stop or Ctrl-C; passing the deadline is a finding, not an abort. */
  ask(task: Task, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Target {
  name: string;
  /** The name of the kind, e.g. `module`. */
  kind: string;
  /** What the target says of itself, as it says it: the caller validates. `about` is where, for messages. */
  load(): Promise<{ declares?: unknown; roles?: unknown; about: string }>;
  /** A fresh one: nothing it remembered before is left. */
  start(habitat: Habitat): Promise<RunningTarget>;
}

export interface TargetKind extends Card {
  open(params: unknown): Target;
}

// --- reporters --------------------------------------------------------------

/** Where a reporter writes: a file of the run folder, or the terminal. */
export interface Output {
  write(text: string): void;
}

export interface OpenReporter {
  onEvent?(event: TraceEvent): void;
  onDrill?(drill: DrillReport): void;
  /** The run without its drills: those went by in `onDrill`. */
  /**
   * What it returns stands above all it wrote: a title or a count is known last. A reporter without a file of its own
   * writes as things happen and returns nothing.
   */
  onEnd(run: Omit<RunReport, 'drills'>): string | undefined;
}

/** What the place a reporter writes to can show. */
export interface Look {
  color: boolean;
  /** Characters a line. */
  columns: number;
  /** Several drills one after another: a phase is told in a few lines. */
  brief?: boolean;
  /** Where the run's files are, as a user would name it. */
  folder: string;
}

export interface Reporter extends Card {
  /** The file it writes in the run folder. */
  file?: string;
  open(output: Output, look: Look): OpenReporter;
}
