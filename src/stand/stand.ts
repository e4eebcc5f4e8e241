import type { Clock } from '../core/clock.ts';
import type { Role, Roles } from '../core/declaration.ts';
import { type CallRefused, estimateTokens, type ModelCall } from '../core/model-call.ts';
import type { Around, Injection } from '../core/plugin.ts';
import { costOf } from '../core/prices.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { ArmedFault, Recording, Scope, Script, Stand } from '../core/stand.ts';
import {
  type Frame,
  type Headers,
  NetworkFailure,
  type Part,
  type Reply,
  type Transport,
  type WireReply,
  type WireRequest,
} from '../core/wire.ts';
import { type Armed, respond } from '../protocols/relay.ts';
import { ReplyMeter } from './reply-meter.ts';
import { type Routed, route } from './route.ts';
import { replyText } from './script.ts';

export interface StandOptions {
  clock: Clock;
  random: Random;
  roles: Roles;
  protocols: readonly Protocol[];
  recording: Recording;
  /** Fields of the workflow's output schema; a prompt that names them all is answered with them. */
  schemaFields: readonly string[];
}

/** Headers worth keeping; none of them can hold a secret. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms', 'anthropic-version', 'x-stainless-retry-count'];

interface ArmedHere {
  fault: ArmedFault;
  opened: Map<string, Injection>;
}

/** Mocked providers for one world: scripted replies, with the armed faults between them and the target. */
export function createStand(options: StandOptions): Stand {
  const { clock, random, roles, recording } = options;
  const scripts = new Map<number, Script>();
  const attempts = new Map<string, number>();
  let phase = 0;
  let began = 0;
  let armed: ArmedHere[] = [];
  let roleCounts = new Map<string, number>();
  let calls = 0;

  async function exchange(request: WireRequest, signal: AbortSignal | undefined, scope: Scope | undefined) {
    signal?.throwIfAborted();
    const to = route(request, roles, options.protocols);
    if (to.role === undefined || scope === undefined) return refuseUnknown(request, to, scope);
    const role = roles[to.role];
    const script = scripts.get(scope.ask);
    if (role === undefined || script === undefined) throw new Error(`ask ${scope.ask} has no script`);

    const call = describe(request, to.role, to.body, role, scope);
    const trip = new RoundTrip(call, role, to.protocol, options, signal);
    await trip.guard(() => clock.sleep(20 + Math.floor(random.fork(`trip/${keyOf(call)}`).next() * 60), signal));
    const { body } = to;
    if ('refused' in body) return trip.reply(async () => refusal(body), { meaning: [], wire: [] });
    return trip.reply(() => scriptedReply(script, call, signal), bind(inject(call, signal), call));
  }

  function refuseUnknown(request: WireRequest, to: Routed, scope: Scope | undefined): never {
    const url = new URL(request.url);
    if (to.role === undefined) {
      const whose = scope === undefined ? {} : { ask: scope.ask, task: scope.task };
      const seen = { method: request.method, origin: url.origin, path: url.pathname, model: to.model };
      recording.emit({ kind: 'unknown-call', ...whose, ...seen });
    } else {
      recording.emit({ kind: 'real-io', what: `a call to ${to.role} outside any task`, by: url.origin, fatal: true });
    }
    throw new NetworkFailure('refused');
  }

  function describe(request: WireRequest, roleName: string, body: ModelCallBody, role: Role, scope: Scope): ModelCall {
    const counted = `${scope.ask}/${roleName}`;
    const attempt = (attempts.get(counted) ?? 0) + 1;
    attempts.set(counted, attempt);
    calls += 1;
    const said = 'refused' in body ? unreadable(body, role) : body;
    const turn = 1 + said.messages.filter((m) => m.role === 'assistant').length;
    const call: ModelCall = {
      ...said,
      ...scope,
      id: `c${calls}`,
      role: roleName,
      provider: role.provider,
      attempt,
      turn,
    };
    record(call, request.headers);
    return call;
  }

  function record(call: ModelCall, headers: Headers): void {
    const { messages, tools, responseSchema } = call;
    const said = messages.map((m) => m.content).join('\n');
    const asked = [said, ...[...tools, ...(responseSchema ? [responseSchema] : [])].map((x) => JSON.stringify(x))].join(
      '\n',
    );
    recording.emit({
      kind: 'call',
      ask: call.ask,
      task: call.task,
      call: call.id,
      role: call.role,
      provider: call.provider,
      protocol: call.protocol,
      model: call.model,
      attempt: call.attempt,
      turn: call.turn,
      stream: call.stream,
      ...(call.maxOutputTokens === undefined ? {} : { max_output_tokens: call.maxOutputTokens }),
      input_tokens: estimateTokens(asked),
      held: recording.held(asked),
      digests: {
        messages: messages.map((m) => recording.digest(`${m.role}\n${m.content}`)),
        tools: tools.map((t) => recording.digest(JSON.stringify(t))),
        schema: responseSchema === undefined ? null : recording.digest(JSON.stringify(responseSchema.schema)),
      },
      headers: keptHeaders(headers),
    });
  }

  /** The injections that fire on this call, outermost first, each with what surrounds it. */
  function inject(call: ModelCall, signal: AbortSignal | undefined): Firing[] {
    const onRole = (roleCounts.get(call.role) ?? 0) + 1;
    roleCounts.set(call.role, onRole);
    const firing: Firing[] = [];
    for (const [i, entry] of armed.entries()) {
      const { fault } = entry;
      if (fault.role !== call.role) continue;
      if (fault.tenants?.includes(call.tenant) === false || fault.tasks?.includes(call.task) === false) continue;
      const stream = random.fork(`fault/${phase}/${i}/${fault.fault}`);
      if (!fault.trigger(call, { task: call.attempt, role: onRole }, clock.now() - began, stream)) continue;
      const around: Around = {
        clock,
        random: stream.fork(keyOf(call)),
        signal,
        fired(detail) {
          const { ask, task, id, role } = call;
          recording.emit({ kind: 'fault-fired', ask, task, call: id, fault: fault.fault, role, detail });
        },
      };
      firing.push({ injection: opened(entry, call, stream), around });
    }
    return firing;
  }

  async function scriptedReply(script: Script, call: ModelCall, signal: AbortSignal | undefined): Promise<Reply> {
    const text = replyText(script, call, options.schemaFields);
    const pace = random.fork(`pace/${keyOf(call)}`);
    const thinking = 300 + Math.floor(pace.next() * 700);
    const perToken = 4 + Math.floor(pace.next() * 4);
    const output = estimateTokens(text);
    await clock.sleep(call.stream ? thinking : thinking + perToken * output, signal);
    const usage: Part = {
      type: 'usage',
      input: estimateTokens(call.messages.map((m) => m.content).join('\n')),
      output,
    };
    async function* parts(): AsyncGenerator<Part> {
      for (const piece of call.stream ? pieces(text) : [text]) {
        yield { type: 'text-delta', text: piece };
        if (call.stream) await clock.sleep(perToken * estimateTokens(piece), signal);
      }
      yield usage;
      yield { type: 'end', reason: 'stop' };
    }
    return { kind: 'http', parts: parts() };
  }

  return {
    transport:
      (scope): Transport =>
      (request, signal) =>
        exchange(request, signal, scope()),
    begin(faults) {
      phase += 1;
      began = clock.now();
      armed = faults.map((fault) => ({ fault, opened: new Map() }));
      roleCounts = new Map();
    },
    play: (ask, script) => void scripts.set(ask, script),
  };
}

type ModelCallBody = Extract<Routed, { role: string }>['body'];

const keyOf = (call: ModelCall) => `${call.ask}/${call.role}/${call.attempt}`;

/** What a fault remembers is kept per role and tenant. */
function opened(entry: ArmedHere, call: ModelCall, random: Random): Injection {
  const known = entry.opened.get(call.tenant);
  if (known !== undefined) return known;
  const injection = entry.fault.open({ role: call.role, random: random.fork(call.tenant) });
  entry.opened.set(call.tenant, injection);
  return injection;
}

interface Firing {
  injection: Injection;
  around: Around;
}

/** Gives each injection what surrounds it, layer by layer. */
function bind(firing: readonly Firing[], call: ModelCall): Armed {
  const armed: Armed = { meaning: [], wire: [] };
  for (const { injection, around } of firing) {
    if (injection.kind === 'meaning') armed.meaning.push((asked, next) => injection.inject(asked, next, around));
    else armed.wire.push((reply) => injection.inject(reply, call, around));
  }
  return armed;
}

function unreadable(refused: CallRefused, role: Role) {
  return { protocol: role.protocol, model: refused.model ?? '', messages: [], tools: [], stream: false };
}

function refusal(refused: CallRefused): Reply {
  async function* parts(): AsyncGenerator<Part> {
    const { mode, message, status, param } = refused;
    yield { type: 'error', mode, message, status, ...(param === undefined ? {} : { param }) };
  }
  return { kind: 'http', parts: parts() };
}

/** About six tokens each, so that a streamed reply comes in believable pieces. */
function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,24}/gu) ?? [];
}

function keptHeaders(headers: Headers): Record<string, string> {
  const kept = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => KEPT_HEADERS.includes(name)));
}

/** One call's way back: bytes go out, and what became of them is recorded. */
class RoundTrip {
  private readonly meter: ReplyMeter;
  private readonly call: ModelCall;
  private readonly role: Role;
  private readonly protocol: Protocol;
  private readonly options: StandOptions;
  private readonly signal: AbortSignal | undefined;

  constructor(call: ModelCall, role: Role, protocol: Protocol, options: StandOptions, signal: AbortSignal | undefined) {
    this.call = call;
    this.role = role;
    this.protocol = protocol;
    this.options = options;
    this.signal = signal;
    this.meter = new ReplyMeter(estimateTokens(call.messages.map((m) => m.content).join('\n')));
  }

  /** Runs a step before the head; a caller that leaves meanwhile is recorded. */
  async guard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (this.signal?.aborted) this.abort();
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
    // A reply of known length is on its way whole, whether or not the caller ever reads it.
    const whole = head.framing === 'length' && armed.wire.length === 0;
    const frames = whole ? from(await this.guard(() => gather(out.frames))) : out.frames;
    this.emit({ kind: 'call-head', status: head.status, headers: keptHeaders(head.headers) });
    const body = this.body(frames, head.status);
    if (!whole) return { status: head.status, headers: head.headers, body };
    return { status: head.status, headers: head.headers, body: from(await gather(body)) };
  }

  private async *body(frames: AsyncIterable<Frame>, status: number): AsyncGenerator<Uint8Array> {
    let over = false;
    let begun = false;
    try {
      for await (const frame of frames) {
        if (this.meter.read(frame.parts) && !begun && this.call.stream) {
          begun = true;
          this.emit({ kind: 'first-token' });
        }
        yield frame.wire;
      }
      over = true;
      this.end(this.meter.whole ? 'complete' : 'closed', status, this.meter.failureMode());
    } catch (error) {
      if (!over && error instanceof NetworkFailure) {
        over = true;
        this.end(error.how, status, 'network');
      }
      throw error;
    } finally {
      if (!over) this.abort();
    }
  }

  private end(
    how: 'complete' | 'refused' | 'reset' | 'closed',
    status: number | null,
    failure_mode: ReturnType<ReplyMeter['failureMode']>,
  ): void {
    this.emit({ kind: 'call-end', how, status, failure_mode, ...this.spent() });
  }

  private abort(): void {
    this.emit({ kind: 'call-abort', ...this.spent() });
  }

  private spent() {
    return { tokens: this.meter.tokens, cost_usd: costOf(this.role, this.meter.tokens) };
  }

  private emit(event: CallEvent): void {
    const { ask, task, id } = this.call;
    this.options.recording.emit({ ...event, ask, task, call: id });
  }
}

type Bare<E> = E extends { call: string; ask: number; task: string } ? Omit<E, 'ask' | 'task' | 'call'> : never;
type CallEvent = Bare<Parameters<Recording['emit']>[0]>;

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
