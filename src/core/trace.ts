import { z } from 'zod';
import { Declaration, RoleRules } from './declaration.ts';
import { Effect } from './effect.ts';
import { LogRecord, Outcome } from './outcome.ts';
import { WAYS } from './sockets.ts';
import { StoppedBy } from './stop.ts';
import { FailureMode } from './taxonomy.ts';
import { Approval } from './tools.ts';

/** Which of the recorder's markers a call or an outcome held; bodies themselves are never stored. */
export const Held = z.object({
  /** Sources that were there: a picture, or a text by its facts and most of its words. */
  sources: z.array(z.string()),
  /** Sources whose id was there. */
  source_ids: z.array(z.string()),
  /** Tenants whose canary was there. */
  canaries: z.array(z.string()),
  /** Fields of the workflow's output schema that were named. */
  schema_fields: z.array(z.string()),
  /** Roles whose model name was there. */
  models: z.array(z.string()),
  /** Tools whose result for this workflow's tasks was there with every text and number; absent where there is none. */
  results: z.array(z.string()).optional(),
  /** Roles whose API key was there; absent where there is none. */
  keys: z.array(z.string()).optional(),
});
export type Held = z.infer<typeof Held>;

/** How much of a reply's prose an outcome holds; its plan and its arguments are no prose. */
export const Kept = z.object({
  call: z.string(),
  /** The ask that the reply was given to: another one than the outcome's is a store. */
  ask: z.number().int().min(1),
  role: z.string(),
  share: z.number().min(0).max(1).describe('1: all of it'),
  cites: z.array(z.string()).describe('ids of sources that the reply cited'),
  other_tenant: z.literal(true).optional().describe("the reply was given to another tenant's ask"),
  other_context: z
    .literal(true)
    .optional()
    .describe(
      "the reply was given to another ask, which put this one's question while this one was open, and did not use it",
    ),
});
export type Kept = z.infer<typeof Kept>;

/** A text that begins with what had come of one reply and goes on with the whole of another: both by their calls. */
export const Spliced = z.object({
  broken: z.string(),
  characters: z.number().int().min(1).describe('that were left of the broken one'),
  whole: z.string(),
});
export type Spliced = z.infer<typeof Spliced>;

/** How a stream came along until its caller left: pieces of the answer, and milliseconds. */
export const Flow = z.object({
  pieces: z.number().int().min(1).describe('how many had gone out'),
  longest_gap_ms: z.number().int().min(0).describe('the longest wait between two of them'),
  idle_ms: z.number().int().min(0).describe('the wait since the last of them'),
});
export type Flow = z.infer<typeof Flow>;

const seq = z.number().int().min(0);
/** Whole milliseconds since the world (the baseline's or the drill's) began. */
const at = z.number().int().min(0);
const event = { seq, at, drill: z.string(), phase: z.string() };
/** `ask` numbers the asks of a drill from 1, the baseline's first; `task` is the golden task's name. */
const ofAsk = { ...event, ask: z.number().int().min(1), task: z.string() };
const call = z.string();
const tokens = z.object({ input: z.number().int(), output: z.number().int() });
const price = z.number().nullable().describe('US dollars; null where the price of the model is unknown');

/** A fault in its place, with what it does to a reply: a check asks for the effect, never for the name. */
export const FaultAt = z.object({ fault: z.string(), role: z.string(), effect: Effect });
export type FaultAt = z.infer<typeof FaultAt>;

/** The baseline's phase name: the tasks without faults, on a fresh target. */
export const BASELINE = 'baseline';

export const TraceEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run-header'),
    seq,
    at,
    schema: z.literal('drill.trace/1'),
    seed: z.number().int(),
    time: z.enum(['virtual', 'wall']),
    mode: z.enum(['mock', 'live']),
    epoch_ms: z.number().int(),
    target: z.object({ name: z.string(), kind: z.string(), declares: Declaration }),
    roles: z.record(
      z.string(),
      z.object({
        ...{ provider: z.string(), protocol: z.string(), model: z.string() },
        ...{ region: z.string().optional(), context_tokens: z.number().int().optional(), rules: RoleRules.optional() },
      }),
    ),
  }),
  z.object({
    ...event,
    kind: z.literal('phase'),
    state: z.enum(['began', 'ended']),
    faults: z.array(FaultAt),
    /** Where a phase begins in wall time: when its world did. Every world of virtual time begins at the header's. */
    epoch_ms: z.number().int().optional(),
  }),
  z.object({
    ...ofAsk,
    kind: z.literal('ask'),
    tenant: z.string().describe('hashed'),
    priority: z.enum(['high', 'normal', 'low']),
    deadline_ms: z.number().int(),
    budget_usd: z.number().optional(),
    /** The user leaves so many milliseconds after it, if it has not ended by then. */
    leaves_after_ms: z.number().int().optional(),
    /** What a whole answer says: the canonical answer's prose, or what the stand composed in its place; empty where no script replies. */
    expected_answer: z.string(),
  }),
  z.object({
    ...ofAsk,
    kind: z.literal('call'),
    call,
    role: z.string(),
    provider: z.string(),
    protocol: z.string().describe('as spoken by the caller'),
    model: z.string().describe('as asked for by the caller'),
    attempt: z.number().int().min(1),
    turn: z.number().int().min(1),
    stream: z.boolean(),
    max_output_tokens: z.number().int().optional(),
    input_tokens: z.number().int(),
    held: Held,
    digests: z.object({ messages: z.array(z.string()), tools: z.array(z.string()), schema: z.string().nullable() }),
    headers: z.record(z.string(), z.string()),
    /** Other roles whose API key stands in its headers, its address or its body; absent where none does. */
    foreign_keys: z.array(z.string()).optional(),
    /** Tools it was offered; absent where none were. */
    tools: z.array(z.string()).optional(),
    /** Pictures it showed; absent where none. */
    images: z.number().int().optional(),
    /** How many turns with the task's question stand in it, with no answer of the model between; absent where none does. */
    questions: z.number().int().optional(),
    /** The task whose question it puts word for word, in place of its own; absent where it puts no other one. */
    other_question: z.string().optional(),
    /** Words of its instructions, each counted once: of system and user messages, without those of the task's own material. */
    instructions: z.number().int().optional(),
    /** What became of what was said before, of a task that has such. */
    talk: z.enum(['whole', 'other_roles', 'other_order', 'lost']).optional(),
    /** Earlier calls of the ask whose reply's prose it holds outside of the model's own turns: it checks or rewords them. */
    rereads: z.array(z.string()).optional(),
  }),
  z.object({
    ...ofAsk,
    kind: z.literal('call-head'),
    call,
    status: z.number().int(),
    headers: z.record(z.string(), z.string()),
  }),
  z.object({ ...ofAsk, kind: z.literal('first-token'), call }),
  z.object({
    ...ofAsk,
    kind: z.literal('call-end'),
    call,
    /** `complete`: a whole reply went out, an error reply included. The others: what the connection did. */
    how: z.enum(['complete', 'refused', 'reset', 'closed']),
    status: z.number().int().nullable(),
    /** Null where the call went well. */
    failure_mode: FailureMode.nullable(),
    tokens,
    cost_usd: price,
    /** Tools the reply asked for, as it went out; absent where it asked for none. */
    tool_calls: z.array(z.object({ tool: z.string(), args_hash: z.string() })).optional(),
    /** Ids of the task's sources that the reply cites; absent where it cites none. */
    cites: z.array(z.string()).optional(),
    /** Fields of a structured reply other than its prose: short values as they are, longer ones as digests. */
    fields: z.record(z.string(), z.unknown()).optional(),
    /** The reply ended at the output limit that the caller itself had set. */
    limited: z.literal(true).optional(),
    /** When the body of an error said to come back, counted from here; absent where none did. */
    retry_after_ms: z.number().int().min(0).optional(),
  }),
  /** The caller left before the reply was whole. */
  z.object({
    ...ofAsk,
    kind: z.literal('call-abort'),
    call,
    tokens,
    cost_usd: price,
    /** Absent where nothing of a stream had gone out. */
    flow: Flow.optional(),
    /** What had come was a refusal, which needs no end to be understood. */
    refused: z.literal(true).optional(),
  }),
  z.object({
    ...ofAsk,
    kind: z.literal('fault-fired'),
    /** The model call, or the use of a tool. */
    call,
    fault: z.string(),
    /** The role, or the tool. */
    role: z.string(),
    effect: Effect,
    buffered: z.literal(true).optional().describe('nothing of the reply went out before it was whole'),
    late_ms: z.number().optional().describe('so many milliseconds later the whole reply comes'),
    detail: z.string(),
  }),
  z.object({ ...event, kind: z.literal('trigger-missed'), fault: z.string(), role: z.string(), why: z.string() }),
  /**
   * A call to a host of no role. `ask` is absent where the caller could not be told; `protocol` and `base_url` are what a
   * role of that host would have.
   */
  z.object({
    ...event,
    kind: z.literal('unknown-call'),
    ask: z.number().int().optional(),
    task: z.string().optional(),
    method: z.string(),
    origin: z.string(),
    path: z.string(),
    model: z.string().nullable(),
    protocol: z.string().optional(),
    base_url: z.string().optional(),
  }),
  /**
   * A request to what a role's provider has beside the models' own endpoints, such as embeddings, counts of tokens or
   * moderation: no fault hits it, and what it holds has left all the same.
   */
  z.object({
    ...ofAsk,
    kind: z.literal('plain-call'),
    role: z.string(),
    method: z.string(),
    path: z.string(),
    held: Held,
    questions: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("how often it puts the task's question; absent where it does not"),
    foreign_keys: z.array(z.string()).optional(),
  }),
  /** A call of which nothing told to which of the asks under way it belongs: it got no reply. */
  z.object({ ...event, kind: z.literal('unattributed-call'), role: z.string(), asks: z.number().int() }),
  /**
   * It waits for the start of a process; so many of the target's, this one included, are under way at once. Said again at
   * its end, where they had become more.
   */
  z.object({ ...ofAsk, kind: z.literal('process'), beside: z.number().int().min(1) }),
  /** From here on in this world, calls were told apart in this way as well. */
  z.object({ ...event, kind: z.literal('attributed'), way: z.enum(WAYS) }),
  /** A request that no provider would take; `unspoken`: it is in no protocol. */
  z.object({
    ...ofAsk,
    kind: z.literal('unscripted-call'),
    call,
    why: z.string(),
    unspoken: z.literal(true).optional(),
  }),
  /** A target that runs live connected to what is no provider of its roles; told once for each. */
  z.object({ ...event, kind: z.literal('passed'), origin: z.string() }),
  /** A call gets a reply that was recorded. */
  z.object({ ...ofAsk, kind: z.literal('replayed'), call, role: z.string(), recording: z.string() }),
  /** A call that was not passed on to its provider, for a reason that is not the target's. */
  z.object({
    ...ofAsk,
    kind: z.literal('withheld'),
    call,
    role: z.string(),
    because: z.string().describe('a word for programs, such as `no_room`'),
    why: z.string(),
    fix: z.string(),
  }),
  /** A tool was called. */
  z.object({
    ...ofAsk,
    kind: z.literal('tool-use'),
    use: z.string(),
    tool: z.string(),
    args_hash: z.string(),
    write: z.boolean(),
    registered: z.boolean(),
    /** The contract and the task let a model have it run. */
    allowed: z.boolean(),
    args_valid: z.boolean(),
    /** Exactly a turn of the golden task: this tool with these arguments. */
    foreseen: z.boolean(),
    /** Tasks of other tenants whose turn it is, with what nothing of its own task holds; absent where there are none. */
    foreign: z.array(z.string()).optional(),
    /** A digest of the idempotency key. */
    key: z.string().nullable(),
  }),
  /** It came back: the effects ledger's entry. */
  z.object({
    ...ofAsk,
    kind: z.literal('tool-result'),
    use: z.string(),
    tool: z.string(),
    args_hash: z.string(),
    write: z.boolean(),
    ok: z.boolean(),
    error: z.string().nullable().describe('the code of the failure'),
    /** `new`: this use changed the world. `replayed`: the idempotency key had done so before. */
    effect: z.enum(['new', 'replayed', 'none']),
  }),
  z.object({
    ...ofAsk,
    kind: z.literal('approval'),
    tool: z.string(),
    args_hash: z.string(),
    answer: Approval,
    beside: z.literal(true).optional().describe('it was asked before the same had been answered, of somebody else say'),
  }),
  /** The user left before the ask had ended: its signal fired. */
  z.object({ ...ofAsk, kind: z.literal('left') }),
  z.object({
    ...ofAsk,
    kind: z.literal('outcome'),
    outcome: Outcome.omit({ log: true, model: true, cost_usd: true }),
    held: Held,
    /** Ids of other asks of this world that its state holds; absent where it holds none. */
    state_asks: z.array(z.string()).optional(),
    /** Other tenants' tasks and sources, by name and id, whose question or words stand in it; absent where none do. */
    foreign: z.array(z.string()).optional(),
    /** Replies whose prose it holds, of its own ask and of earlier ones in this world; absent where there are none. */
    kept: z.array(Kept).optional(),
    /** Calls whose error message it repeats to the user word for word; absent where there are none. */
    quoted_errors: z.array(z.object({ call: z.string(), in: z.enum(['answer', 'notice']) })).optional(),
    spliced: Spliced.optional().describe('of `shown`; absent where it holds one reply, or says what came between two'),
    unreadable: z
      .literal(true)
      .optional()
      .describe('the target gave something else; `error` says what is wrong with it'),
  }),
  z.object({ ...ofAsk, kind: z.literal('hung'), waited_ms: z.number().int(), waiting_for: z.string() }),
  /** What the target says of itself; only log checks see it. */
  z.object({
    ...ofAsk,
    kind: z.literal('log'),
    records: z.array(LogRecord),
    model: z.string().optional(),
    cost_usd: z.number().optional(),
    held: Held.describe('markers found in the records; of sources and canaries a fragment is enough, however encoded'),
    held_input: z
      .boolean()
      .describe('whether the records hold the question, or what was said before, or a fragment of it, however encoded'),
    held_tenant: z.literal(true).optional().describe('the records hold the name of a tenant, however encoded'),
    other_tasks: z.array(z.string()).optional().describe('other tasks or asks that stand as `task_id`'),
  }),
  /** Work outside the virtual world. `fatal` work (sockets, DNS) makes the run inconclusive; the rest is waited for. */
  z.object({
    ...event,
    kind: z.literal('real-io'),
    ask: z.number().int().optional(),
    task: z.string().optional(),
    what: z.string(),
    by: z.string().describe('the module that did it'),
    fatal: z.boolean(),
    changed: z
      .literal(true)
      .optional()
      .describe('the target changed what the language gives, and its process records with: what it did is not known'),
    ended: z.literal(true).optional().describe("the target's process ended there: what it was asked has no outcome"),
  }),
  /** The run is to stop: from here on no ask begins. */
  z.object({ ...event, kind: z.literal('stop'), by: StoppedBy }),
  /** These faults were armed and are so no more; what they still held up was broken off. */
  z.object({ ...event, kind: z.literal('reverted'), faults: z.array(FaultAt) }),
  /** The run has stopped, and waits for this ask no longer. */
  z.object({ ...ofAsk, kind: z.literal('given-up') }),
  z.object({
    ...event,
    kind: z.literal('verdict'),
    ask: z.number().int().optional(),
    task: z.string().optional(),
    verdict: z.enum(['passed', 'failed', 'inconclusive', 'not_applicable']),
    score: z.number().nullable(),
  }),
]);
export type TraceEvent = z.infer<typeof TraceEvent>;
export type EventKind = TraceEvent['kind'];
export type EventOf<K extends EventKind> = Extract<TraceEvent, { kind: K }>;

/** What is made of events, by their kind; of kinds that are left out, nothing is. */
export type ByKind<R, A extends unknown[] = []> = { [K in EventKind]?: (event: EventOf<K>, ...rest: A) => R };

export function byKind<R, A extends unknown[]>(table: ByKind<R, A>, event: TraceEvent, ...rest: A): R | undefined {
  const make = table[event.kind] as ((event: TraceEvent, ...rest: A) => R) | undefined;
  return make?.(event, ...rest);
}

/** An event before the recorder gives it its place: number, time, drill and phase are the recorder's. */
type Unstamped<E> = E extends TraceEvent ? Omit<E, 'seq' | 'at' | 'drill' | 'phase'> : never;
export type NewEvent = Unstamped<TraceEvent>;

let last: { event: TraceEvent; line: string } | undefined;

/** An event as a line of trace.jsonl: the file and the judge ask for it one after the other. */
export function lineOf(event: TraceEvent): string {
  if (last?.event !== event) last = { event, line: JSON.stringify(event) };
  return last.line;
}
