import { z } from 'zod';
import type { BodyLine } from './bodies.ts';
import type { Clock } from './clock.ts';
import type { Contract } from './contract.ts';
import type { Endpoint, Feature } from './declaration.ts';
import type { Effect } from './effect.ts';
import type { DrillFacts, TaskEvidence } from './evidence.ts';
import type { GoldenTask, Script } from './golden-task.ts';
import type { HandlerMapping } from './handler.ts';
import type { ModelCall } from './model-call.ts';
import type { Need } from './need.ts';
import { once } from './once.ts';
import type { Outcome, Task } from './outcome.ts';
import type { Random } from './random.ts';
import type { JudgedDrill, RunReport } from './report.ts';
import { type Seen, seenIn } from './seen.ts';
import type { Placement, Sockets } from './sockets.ts';
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
  /** Who claims this feature is asked this check; of a fault: a drill of every fault tries it on those. */
  feature?: Feature;
}

const NO_PARAMS = z.strictObject({});
type None = typeof NO_PARAMS;

/** A card as the author of a fault or a check writes it: who takes no parameters says nothing of them. */
interface Written<P extends z.ZodType> extends Omit<Card, 'params' | 'example'> {
  params?: P;
  example?: string;
}

/** What comes of parameters, which are parsed once: a fault or a check made ready. */
function armedBy<P extends z.ZodType, A extends unknown[], R>(
  written: Written<P>,
  open: (params: z.output<P>, ...rest: A) => R,
) {
  // Without a schema there is nothing that P could be inferred from: then it is `None`.
  const params = written.params ?? (NO_PARAMS as z.ZodType as P);
  return {
    params,
    arm(raw: unknown) {
      const given = params.parse(raw ?? {});
      return (...rest: A): R => open(given, ...rest);
    },
  };
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
  fired(detail: string, how?: Partial<Pick<EventOf<'fault-fired'>, 'buffered' | 'late_ms'>>): void;
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
  /** An event of the protocol's streams that says nothing, where it has one. */
  idle?: string | undefined;
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
  /** What it does to a reply, with these parameters. Throws a ZodError on bad ones. */
  effectOf(params: unknown): Effect;
  /** What a call has to be for it to act, with these parameters; nothing where any will do. Throws a ZodError on bad ones. */
  needsOf(params: unknown): Need | undefined;
  /** The sets of parameters that are worth a try, as a drill would give them; without them, those of the example. */
  trials?: readonly unknown[];
  /** What it remembers is one for the role; without it, one per role and tenant. */
  shared?: boolean;
  /** Parses the parameters once; the result is opened per world and scope. Throws a ZodError on bad parameters. */
  arm(params: unknown): (scope: FaultScope) => Injection;
}

type WrittenFault<P extends z.ZodType, I> = Written<P> &
  Pick<Fault, 'shared'> & {
    effect: Effect | ((params: z.output<P>) => Effect);
    /** Without it, any call will do. */
    needs?: Need | ((params: z.output<P>) => Need | undefined);
    trials?: readonly z.input<P>[];
    open(params: z.output<P>, scope: FaultScope): I;
  };

/** At the value of its magnitude that does nothing, a fault does nothing. */
function isZero({ magnitude }: Pick<Card, 'magnitude'>, params: unknown): boolean {
  const all = z.record(z.string(), z.unknown()).parse(params);
  return magnitude !== undefined && JSON.stringify(all[magnitude.param]) === JSON.stringify(magnitude.zero);
}

/** What defines faults of one layer: where they are armed, and what one of them is that does nothing. */
const faultsOf =
  <I>(kind: Fault['kind'], place: string, injectionOf: (made: I) => Injection, nothing?: I) =>
  <P extends z.ZodType = None>(fault: WrittenFault<P, I>): Fault => {
    const { effect, needs } = fault;
    const { params, arm } = armedBy(fault, (given, scope: FaultScope) =>
      injectionOf(nothing !== undefined && isZero(fault, given) ? nothing : fault.open(given, scope)),
    );
    const read = (raw: unknown) => params.parse(raw ?? {});
    return {
      example: `{ fault: ${fault.name}, ${place} }`,
      ...fault,
      kind,
      params,
      arm,
      effectOf: (raw) => (typeof effect === 'function' ? effect(read(raw)) : effect),
      needsOf: (raw) => (typeof needs === 'function' ? needs(read(raw)) : needs),
    };
  };

type OfReply = Extract<Injection, { kind: 'meaning' | 'wire' }>;
const inMeaning = (inject: MeaningInjection): OfReply => ({ kind: 'meaning', inject });
const onWire = (inject: WireInjection): OfReply => ({ kind: 'wire', inject });
const inTool = (inject: ToolInjection): Injection => ({ kind: 'tool', inject });
const asTold: MeaningInjection = (call, next) => next(call);
const asSent: WireInjection = (reply) => reply;

export const defineMeaningFault = faultsOf('meaning', 'role: primary', inMeaning, asTold);
export const defineWireFault = faultsOf('wire', 'role: primary', onWire, asSent);
/** A fault of replies whose parameters decide in which of their layers it acts; where nothing says so, on their bytes. */
export const defineReplyFault = faultsOf('wire', 'role: primary', (one: OfReply) => one, onWire(asSent));
export const defineToolFault = faultsOf('tool', 'tool: issue_refund', inTool);

// --- checks -----------------------------------------------------------------

/** The calls of an ask: when each began, in milliseconds from the ask, and how long it took; null where it never ended. */
export interface AskSeen {
  deadline_ms: number;
  calls: readonly { role: string; at_ms: number; ms: number | null }[];
}

interface AboutCheck<P extends z.ZodType = z.ZodType> {
  severity: Severity;
  /** What of the stored events it looks at. */
  reads: string;
  /** It judges what an answer says: a contract may make a gate of it. */
  gate?: true;
  /** When it is not applicable, beside a target that does not claim its feature. */
  skips?: string;
  /** It holds the outcome against words that only a script is sure to say: of a provider's own replies it says nothing. */
  scripted?: true;
  /** What of it rests on the meaning that somebody gave a text in notices.yaml: without that it is counted as unread. */
  by_reading?: string;
  /** One sentence for the author of a target that fails it: what to change there. */
  advice?: string;
  /** The same for the target at hand, where it can be told from an ask that failed. */
  adviceFor?: (ask: AskSeen) => string | undefined;
  /** What may never happen: a finding counts without faults as well. Content and time are the target's usual level there. */
  always?: true;
  /** It is about what was done, and not about what somebody got: it is judged also where the user left before the end. */
  nobody_waits?: true;
  /** A golden task's field or a contract's line brings the check along, with these parameters (its input shape). */
  implies?(task: GoldenTask, contract: Contract | undefined): z.input<P> | undefined;
}

/** What a check judges: the evidence, and its events put into words, of this ask and of the same one without faults. */
export interface Case extends TaskEvidence {
  seen: Seen;
  plain: Seen;
}

/** However many checks judge it, an ask is put into words once. */
const caseOf = once(
  (evidence: TaskEvidence): Case => ({
    ...evidence,
    seen: seenIn(evidence.events, evidence.declares.chain),
    plain: seenIn(evidence.baseline, evidence.declares.chain),
  }),
);

export interface TaskCheck extends Card, AboutCheck {
  scope: 'task';
  /** Parses the parameters once. What comes back is pure: same evidence, same verdict. */
  arm(params: unknown): (evidence: TaskEvidence) => Verdict;
}

/** Sees what the target says of itself beside the evidence. */
export interface LogCheck extends Card, AboutCheck {
  scope: 'log';
  arm(params: unknown): (evidence: TaskEvidence, log: EventOf<'log'> | undefined) => Verdict;
}

/** Follows a drill event by event, so that memory stays flat. */
export interface Fold {
  step(event: TraceEvent): void;
  verdict(): Verdict;
}

/** Judges a whole drill by folding over its events. */
export interface DrillCheck extends Card, AboutCheck {
  scope: 'drill';
  arm(params: unknown): (facts: DrillFacts) => Fold;
}

export type Check = TaskCheck | LogCheck | DrillCheck;

type WrittenCheck<P extends z.ZodType> = Written<P> & AboutCheck<P>;
const noParams = ({ name }: { name: string }) => ({ example: `${name}: {}` });

export function defineTaskCheck<P extends z.ZodType = None>(
  check: WrittenCheck<P> & { judge(on: Case, params: z.output<P>): Verdict },
): TaskCheck {
  const judge = (params: z.output<P>, evidence: TaskEvidence) => check.judge(caseOf(evidence), params);
  return { ...noParams(check), ...check, scope: 'task', ...armedBy(check, judge) };
}

export function defineLogCheck<P extends z.ZodType = None>(
  check: WrittenCheck<P> & { judge(on: Case, log: EventOf<'log'> | undefined, params: z.output<P>): Verdict },
): LogCheck {
  const judge = (params: z.output<P>, evidence: TaskEvidence, log: EventOf<'log'> | undefined) =>
    check.judge(caseOf(evidence), log, params);
  return { ...noParams(check), ...check, scope: 'log', ...armedBy(check, judge) };
}

export function defineDrillCheck<P extends z.ZodType = None>(
  check: WrittenCheck<P> & { open(facts: DrillFacts, params: z.output<P>): Fold },
): DrillCheck {
  const open = (params: z.output<P>, facts: DrillFacts) => check.open(facts, params);
  return { ...noParams(check), ...check, scope: 'drill', ...armedBy(check, open) };
}

/** What shows that a verdict is right: an event by its number or itself, whatever was put together from some, or several. */
export type Proof =
  | number
  | { readonly seqs: readonly number[] }
  | { readonly seq: number }
  | undefined
  | readonly Proof[];

function addSeqs(seqs: number[], proof: Proof): number[] {
  if (proof === undefined) return seqs;
  if (typeof proof === 'number') seqs.push(proof);
  else if ('seq' in proof) seqs.push(proof.seq);
  else for (const part of 'seqs' in proof ? proof.seqs : proof) addSeqs(seqs, part);
  return seqs;
}

const shown =
  (verdict: 'passed' | 'failed') =>
  (reason: string, ...proof: Proof[]): Verdict => ({ verdict, reason, evidence: addSeqs([], proof) });
export const passed = shown('passed');
export const failed = shown('failed');
/** There was nothing to judge. In a drill that expects the check it stays inconclusive, elsewhere it becomes not applicable. */
export const nothingToJudge = (reason: string): Verdict => ({ verdict: 'inconclusive', reason });
export const notApplicable = (reason: string): Verdict => ({ verdict: 'not_applicable', reason });

// --- targets ----------------------------------------------------------------

/** Everything a target may touch. */
export interface Habitat {
  roles: Record<string, Endpoint>;
  fetch: typeof globalThis.fetch;
  /** The same openings as `fetch`, handing bytes over without `Response` objects. */
  transport: Transport;
  tools: Tools;
  approve: Approve;
  clock: Clock;
  random: Random;
  /** Where processes find all this; only a target in wall time has it. */
  sockets?: Sockets;
}

/** What a module exports by default: it answers a task, by a text or an outcome. What it throws is a failure as users see it. */
export type Agent = (
  task: Task,
  context: Habitat & { signal: AbortSignal },
) => string | Outcome | Promise<string | Outcome>;

export interface RunningTarget {
  /**
   * `signal` fires when the user leaves, with an `AbortError` as its reason: then open calls are cut and nothing more is
   * begun; resolving with kind `abandoned` or rejecting with that reason are both the clean end. Beside that it fires only
   * at the horizon, a stop or Ctrl-C; passing the deadline is a finding, not an abort.
   */
  ask(task: Task, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

/** A target whose code was evaluated. What it says of itself is as it says it: the caller validates. */
export interface LoadedTarget {
  declares?: unknown;
  roles?: unknown;
  notices?: unknown;
  /** `signal` fires where the run is cancelled meanwhile. */
  start(habitat: Habitat, signal: AbortSignal): RunningTarget | Promise<RunningTarget>;
}

export interface Target {
  name: string;
  /** The name of the kind, e.g. `module`. */
  kind: string;
  /** Its file, for messages. */
  about: string;
  /** Where its code is the user's own: the file as it was named, and from where. */
  source?: { module: string; cwd: string; as?: HandlerMapping | undefined };
  /** It runs in processes of its own, which find everything on sockets, and in the machine's time; else in virtual time. */
  wall?: true;
  /** Where it looks for its stand; it is told where without this. */
  at?: Placement;
  /** Two of its worlds at once would be in each other's way. */
  alone?: true;
  /** Texts that it sends and that may stand nowhere else. */
  secrets?: readonly string[];
  /** Evaluates its code anew: nothing it remembered before is left. */
  load(): Promise<LoadedTarget>;
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
  /** What was said, where that is kept: of a drill's calls before its `onDrill`. */
  onBody?(line: BodyLine): void;
  onDrill?(drill: JudgedDrill): void;
  /** The run without its drills: those went by in `onDrill`. */
  /**
   * What it returns stands above all it wrote: a title or a count is known last. A reporter without a file of its own
   * writes as things happen and returns nothing.
   */
  onEnd(run: Omit<RunReport, 'drills'>): string | undefined;
  /** The run is over, however it ended. */
  close?(): void;
}

/** What the place a reporter writes to can show. */
export interface Look {
  /** A word that nobody can guess: where a log takes commands from text, only what stands between two of it may be one. */
  guard?: string;
  color: boolean;
  /** Characters a line. */
  columns: number;
  /** Several drills one after another: a phase is told in a few lines. */
  brief?: boolean;
  /** Where the run's files are, as a user would name it. */
  folder: string;
  /** The id of the run, which is in \`about\` of its report as well. */
  run?: string;
}

export interface Reporter extends Card {
  /** The file it writes in the run folder. */
  file?: string;
  /** The file is written only where the reporter is asked for by its name. */
  optional?: boolean;
  open(output: Output, look: Look): OpenReporter;
}

/** A reporter as its author writes it: it takes no parameters. */
export const defineReporter = (reporter: Omit<Reporter, 'params' | 'example'> & { example?: string }): Reporter => ({
  example: `drill run timeout_primary --reporter ${reporter.name}`,
  ...reporter,
  params: NO_PARAMS,
});
