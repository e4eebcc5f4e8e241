import { canonicalText } from '../core/canonical.ts';
import type { Clock } from '../core/clock.ts';
import type { Role } from '../core/declaration.ts';
import type { ModelCall } from '../core/model-call.ts';
import { costOf } from '../core/prices.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { Recording } from '../core/stand.ts';
import type { Occasion } from '../core/trigger.ts';
import { type Frame, type Head, NetworkFailure, type Reply, type WireReply } from '../core/wire.ts';
import { type Armed, respond } from '../protocols/relay.ts';
import { keptHeaders } from './kept-headers.ts';
import { ReplyMeter } from './reply-meter.ts';

interface TripOptions {
  clock: Clock;
  random: Random;
  recording: Recording;
}

/** A call's own name in a world: what is drawn for it depends on nothing else. */
export const keyOf = (call: Occasion) => `${call.ask}/${call.role}/${call.attempt}`;

/** One call's way back: bytes go out, and what became of them is recorded. */
export class RoundTrip {
  private readonly meter: ReplyMeter;
  private readonly call: ModelCall;
  private readonly role: Role;
  private readonly protocol: Protocol;
  private readonly options: TripOptions;
  private readonly signal: AbortSignal | undefined;
  private over = false;

  constructor(
    call: ModelCall,
    role: Role,
    protocol: Protocol,
    inputTokens: number,
    options: TripOptions,
    signal: AbortSignal | undefined,
  ) {
    this.call = call;
    this.role = role;
    this.protocol = protocol;
    this.options = options;
    this.signal = signal;
    this.meter = new ReplyMeter(inputTokens);
  }

  /** Runs a step before the head; a caller that leaves meanwhile is recorded, and so is a connection that breaks. */
  async guard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (this.signal?.aborted) this.abort();
      else if (error instanceof NetworkFailure) this.end(error.how, null, 'network');
      throw error;
    }
  }

  async reply(source: () => Promise<Reply>, armed: Armed): Promise<WireReply> {
    const { call } = this;
    const { clock, random } = this.options;
    const id = Math.floor(random.fork(`id/${keyOf(call)}`).next() * 2 ** 32);
    const stamp = { id: id.toString(16).padStart(8, '0'), atMs: clock.epochMs + clock.now() };
    const parts = async () => ({ kind: 'parts', reply: await source() }) as const;
    const out = await this.guard(() => respond(this.protocol, call, stamp, parts, armed));
    if (out.kind === 'none') {
      this.end(out.how, null, 'network');
      throw new NetworkFailure(out.how);
    }
    const { head } = out;
    // A reply of known length is on its way whole, whether or not the caller ever reads it; a fault may still hold it up.
    const whole = head.framing === 'length' && armed.wire.length === 0;
    const gathered = whole ? await this.guard(() => gather(out.frames)) : undefined;
    this.emit({ kind: 'call-head', status: head.status, headers: keptHeaders(head.headers) });
    return { status: head.status, headers: head.headers, body: this.sent(head, gathered, out.frames) };
  }

  private sent(head: Head, gathered: readonly Frame[] | undefined, frames: AsyncIterable<Frame>) {
    if (gathered === undefined) {
      const body = this.body(frames, head.status);
      return this.heeded(head.framing === 'length' ? unasked(body) : body);
    }
    for (const { parts } of gathered) this.meter.read(parts);
    this.end(this.meter.whole ? 'complete' : 'closed', head.status, this.meter.failureMode());
    return from(gathered.map(({ wire }) => wire));
  }

  /** A generator that has not begun does not notice that it is given up. */
  private heeded(body: Pick<AsyncGenerator<Uint8Array>, 'next' | 'return'>): AsyncIterable<Uint8Array> {
    const giveUp = () => {
      if (!this.meter.whole) this.abort();
      return body.return(undefined);
    };
    return { [Symbol.asyncIterator]: () => ({ next: () => body.next(), return: giveUp }) };
  }

  private async *body(frames: AsyncIterable<Frame>, status: number): AsyncGenerator<Uint8Array> {
    let begun = false;
    try {
      for await (const frame of frames) {
        if (this.meter.read(frame.parts) && !begun && this.call.stream) {
          begun = true;
          this.emit({ kind: 'first-token' });
        }
        yield frame.wire;
      }
      this.end(this.meter.whole ? 'complete' : 'closed', status, this.meter.failureMode());
    } catch (error) {
      if (error instanceof NetworkFailure) this.end(error.how, status, 'network');
      else this.abort();
      throw error;
    } finally {
      // Whoever reads no further once the end was said has missed nothing.
      if (this.meter.whole) this.end('complete', status, this.meter.failureMode());
      else this.abort();
    }
  }

  private end(
    how: 'complete' | 'refused' | 'reset' | 'closed',
    status: number | null,
    failure_mode: ReturnType<ReplyMeter['failureMode']>,
  ): void {
    const { digest } = this.options.recording;
    const asked = this.meter.asked.map(({ tool, args }) => ({ tool, args_hash: digest(canonicalText(args)) }));
    const tool_calls = asked.length === 0 ? {} : { tool_calls: asked };
    this.finish({ kind: 'call-end', how, status, failure_mode, ...this.spent(), ...tool_calls });
  }

  private abort(): void {
    this.finish({ kind: 'call-abort', ...this.spent() });
  }

  /** A call ends once: what comes first counts. */
  private finish(event: CallEvent): void {
    if (!this.over) this.emit(event);
    this.over = true;
  }

  private spent() {
    return { tokens: this.meter.tokens, cost_usd: costOf(this.role, this.meter.tokens) };
  }

  private emit(event: CallEvent): void {
    const { ask, task, id } = this.call;
    this.options.recording.emit(Object.assign({}, event, { ask, task, call: id }));
  }
}

type Bare<E> = E extends { call: string; ask: number; task: string } ? Omit<E, 'ask' | 'task' | 'call'> : never;
type CallEvent = Bare<Parameters<Recording['emit']>[0]>;

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
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

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
