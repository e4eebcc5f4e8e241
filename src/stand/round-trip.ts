import type { Clock } from '../core/clock.ts';
import type { Role } from '../core/declaration.ts';
import { messageOf } from '../core/errors.ts';
import { type Gathered, gather, nothing } from '../core/gathered.ts';
import type { Script } from '../core/golden-task.ts';
import { estimateTokens, type Message, type ModelCall } from '../core/model-call.ts';
import { costOf } from '../core/prices.ts';
import type { Protocol, Stamp } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { Recording } from '../core/stand.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import type { Flow } from '../core/trace.ts';
import type { Occasion } from '../core/trigger.ts';
import type { Received } from '../core/upstream.ts';
import { atOnce, type Frame, inTurn, NetworkFailure, type Part, type Usage, type WireReply } from '../core/wire.ts';
import { type Armed, respond, type Source } from '../protocols/relay.ts';
import { canonicalJson, canonicalText } from '../text/canonical.ts';
import { citationsInReply } from '../text/citations.ts';
import { fieldsOf, valuesOf } from '../text/prose.ts';
import { answerIn } from './answer-function.ts';
import { keptHeaders } from './route.ts';

interface TripOptions {
  clock: Clock;
  random: Random;
  recording: Recording;
  /** What the provider keeps of its replies to this role. */
  memory: Map<string, readonly Message[]>;
  /** Hears of the end of the call. */
  ended(call: string): void;
}

/** A call's own name in a world: what is drawn for it depends on nothing else. */
export const keyOf = (call: Occasion) => `${call.ask}/${call.role}/${call.attempt}`;

/** One call's way back: bytes go out, and what became of them is recorded. */
export function openTrip(
  call: ModelCall,
  role: Role,
  protocol: Protocol,
  inputTokens: number,
  held: readonly string[],
  script: Script,
  { clock, random, recording, memory, ended }: TripOptions,
  signal: AbortSignal | undefined,
) {
  /** What really went out. */
  const said = nothing();
  let over = false;
  const id = Math.floor(random.fork(`id/${keyOf(call)}`).next() * 2 ** 32);
  const stampNow = (): Stamp => ({ id: id.toString(16).padStart(8, '0'), atMs: clock.epochMs + clock.now() });
  let stamp = stampNow();

  function emit(event: CallEvent): void {
    recording.emit(Object.assign({}, event, { ask: call.ask, task: call.task, call: call.id }));
  }
  /** A call ends once: what comes first counts. */
  function finish(event: CallEvent): void {
    if (over) return;
    recording.bodies?.came(call, said);
    emit(event);
    over = true;
    ended(call.id);
  }
  function spent() {
    const tokens = tokensOf(said, inputTokens);
    return { tokens, cost_usd: costOf(role, tokens) };
  }
  const flow = createFlow(clock);
  const ids = script.sources.map((source) => source.id);
  /** What went out so far: also a broken reply may be handed on. */
  function note(ok: boolean): string[] {
    const text = answerIn(call, said) ?? said.refusal ?? '';
    if (over || text === '') return [];
    const cites = citationsInReply(text, ids);
    const { other_question } = recording.facts(call);
    const { id, ask, role } = call;
    recording.replied({ ...{ call: id, ask, role, ok, text, cites }, other_question, sources: held });
    return cites;
  }
  function noteError(text: string): void {
    const { id, ask, role } = call;
    recording.replied({ ...{ call: id, ask, role, ok: false, text, cites: [] }, error: true });
  }
  function abort(): void {
    note(false);
    finish({ kind: 'call-abort', ...spent(), ...flow.now(), ...(said.refusal !== undefined && { refused: true }) });
  }
  /** Where the limit that cut a reply is ours, what comes of it is no finding. */
  let ours: Received['limit'];
  function tellCut(): void {
    if (over || !ours?.cut) return;
    const why = `its reply was cut by the limit of ${ours.tokens} output tokens, and the target had set none`;
    const fix = 'Raise `max_output_tokens` of `live`, or let the target set a limit of its own.';
    emit({ kind: 'withheld', role: call.role, because: 'output_limit', why, fix });
  }
  function end(how: CallEnd['how'], status: number | null, failure_mode: FailureMode | null): void {
    tellCut();
    const asked = said.calls
      .filter(({ name }) => name !== call.answersBy)
      .map((c) => ({
        tool: c.name,
        args_hash: recording.digest(canonicalText(c.arguments)),
      }));
    const cites = note(failure_mode === null);
    if (!over && said.error !== undefined) noteError(said.error.message);
    const fields = fieldsOf(answerIn(call, said) ?? '');
    const bill = spent();
    const wait = said.error && protocol.waitIn?.(said.error);
    const limit = call.maxOutputTokens ?? Number.POSITIVE_INFINITY;
    finish({
      kind: 'call-end',
      how,
      status,
      failure_mode,
      ...bill,
      ...(asked.length > 0 && { tool_calls: asked }),
      ...(cites.length > 0 && { cites }),
      ...(fields !== undefined && { fields: short(fields) }),
      ...(said.end === 'length' && bill.tokens.output >= limit && { limited: true }),
      ...(wait !== undefined && { retry_after_ms: wait }),
    });
  }
  /** Values as they are where they are short; what is longer is known by its digest. */
  function short(fields: Record<string, unknown>): Record<string, unknown> {
    const entries = valuesOf(fields).map(([key, value]): [string, unknown] => {
      const json = canonicalJson(value);
      return [key, json.length <= SHORT ? value : recording.digest(json)];
    });
    return Object.fromEntries(entries);
  }
  function endAsSaid(status: number): void {
    if (!over && said.end !== undefined)
      for (const [name, messages] of protocol.remembers?.(call, stamp, said) ?? []) memory.set(name, messages);
    end(isWhole(said) ? 'complete' : 'closed', status, failureModeOf(said));
  }

  /** Runs a step before the head; a caller that leaves meanwhile is recorded, and so is a connection that breaks. */
  async function guard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (error instanceof NetworkFailure && !signal?.aborted) end(error.how, null, 'network');
      else leave(error);
      throw error;
    }
  }

  /** The caller has left, or what makes the reply has failed: a plugin's code, and no finding about the target. */
  function leave(error: unknown): void {
    if (!over && !signal?.aborted) {
      const why = `what replies for it threw: ${messageOf(error)}`;
      const fix = 'Mend the plugin that replies: its protocol or its fault.';
      emit({ kind: 'withheld', role: call.role, because: 'plugin_failed', why, fix });
    }
    abort();
  }

  async function* body(frames: AsyncIterable<Frame>, status: number): AsyncGenerator<Uint8Array> {
    let begun = false;
    try {
      for await (const frame of frames) {
        gather(frame.parts, said);
        if (call.stream && frame.parts.some(isAnswer)) {
          if (!begun) emit({ kind: 'first-token' });
          begun = true;
          flow.piece();
        }
        yield frame.wire;
      }
      endAsSaid(status);
    } catch (error) {
      if (error instanceof NetworkFailure) end(error.how, status, 'network');
      else leave(error);
      throw error;
    } finally {
      // Whoever reads no further once the end was said has missed nothing.
      if (isWhole(said)) endAsSaid(status);
      else abort();
    }
  }

  /** A generator that has not begun does not notice that it is given up. */
  function heeded(body: Pick<AsyncGenerator<Uint8Array>, 'next' | 'return'>): AsyncIterable<Uint8Array> {
    const giveUp = () => {
      if (!isWhole(said)) abort();
      return body.return(undefined);
    };
    return { [Symbol.asyncIterator]: () => ({ next: () => body.next(), return: giveUp }) };
  }

  return {
    guard,
    async reply(source: () => Promise<Source>, armed: Armed): Promise<WireReply> {
      stamp = stampNow();
      let received = false;
      const seen = async () => {
        const answer = await source();
        received = answer.kind === 'bytes';
        if (answer.kind === 'bytes') ours = answer.limit;
        return answer;
      };
      const out = await guard(() => respond(protocol, call, stamp, seen, armed));
      if (out.kind === 'none') {
        end(out.how, null, 'network');
        throw new NetworkFailure(out.how);
      }
      const { status, headers, framing, length: known } = out.head;
      // A reply of known length is on its way whole, whether or not the caller ever reads it; a fault may still hold it up,
      // and one from elsewhere may break off.
      const whole = framing === 'length' && armed.wire.length === 0 && !received;
      const sent = whole ? await guard(() => all(out.frames)) : undefined;
      emit({ kind: 'call-head', status, headers: keptHeaders(headers, protocol) });
      if (sent === undefined) {
        const coming = body(out.frames, status);
        const heard = heeded(framing === 'length' ? unasked(coming) : coming);
        return { status, headers, ...(known !== undefined && { length: known }), body: heard };
      }
      for (const frame of sent) gather(frame.parts, said);
      endAsSaid(status);
      const length = sent.reduce((sum, { wire }) => sum + wire.length, 0);
      return { status, headers, length, body: inTurn(sent.map(({ wire }) => wire)) };
    },
  };
}

/** Characters of JSON that are stored as they are. */
const SHORT = 80;
/** Counts the pieces of a stream as they go out. */
function createFlow(clock: Clock) {
  let [pieces, longest_gap_ms, last] = [0, 0, 0];
  return {
    piece(): void {
      const now = clock.now();
      if (pieces > 0) longest_gap_ms = Math.max(longest_gap_ms, now - last);
      pieces += 1;
      last = now;
    },
    now: (): { flow?: Flow } => (pieces === 0 ? {} : { flow: { pieces, longest_gap_ms, idle_ms: clock.now() - last } }),
  };
}

/** Whether a part belongs to an answer. */
const isAnswer = ({ type }: Part) => !['reasoning-delta', 'usage', 'error', 'end'].includes(type);

/** Whether the reply said its end, or an error in its place. */
const isWhole = ({ end, error }: Gathered) => end !== undefined || error !== undefined;

/** As the wire counted them; a stream that was not asked for its usage is estimated. An unanswered call is not billed. */
function tokensOf({ usage, text = '', refusal = '', calls }: Gathered, input: number): Usage {
  if (usage !== undefined) return usage;
  const said = [text, refusal, ...calls.map((c) => c.arguments)].join('');
  return said === '' ? { input: 0, output: 0 } : { input, output: estimateTokens(said) };
}

const END_MODES = {
  stop: null,
  'tool-calls': null,
  length: 'truncated',
  refusal: 'safety_block',
  'content-filter': 'safety_block',
} as const;

/** Null where all went well. */
function failureModeOf({ end, error }: Gathered): FailureMode | null {
  if (error !== undefined) return error.mode;
  return end === undefined ? 'truncated' : END_MODES[end];
}

type Bare<E> = E extends { call: string; ask: number; task: string } ? Omit<E, 'ask' | 'task' | 'call'> : never;
type CallEvent = Bare<Parameters<Recording['emit']>[0]>;

type CallEnd = Extract<CallEvent, { kind: 'call-end' }>;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const there = atOnce(items);
  if (there !== undefined) return there;
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}

/** The same items, pulled at once and kept for whoever asks. */
function unasked<T>(items: AsyncGenerator<T>): Pick<AsyncGenerator<T>, 'next' | 'return'> {
  const coming: Promise<IteratorResult<T>>[] = [];
  const pull = () => {
    const next = items.next();
    coming.push(next);
    // Who reads is told what breaks; where nobody does, it is in the trace.
    next.then(
      ({ done }) => done || pull(),
      () => {},
    );
  };
  pull();
  return { next: () => coming.shift() ?? items.next(), return: (value) => items.return(value) };
}
