import { BoundedMap } from '../core/bounded-map.ts';
import { ByAsk } from '../core/by-ask.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { Role, RoleRules, Roles } from '../core/declaration.ts';
import type { GoldenTask, Script } from '../core/golden-task.ts';
import {
  type CallBody,
  type CallRefused,
  imagesIn,
  type Message,
  type ModelCall,
  promptText,
  promptTokens,
  type ToolSchema,
} from '../core/model-call.ts';
import { countUp, entryOf, once, rememberingBy } from '../core/once.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Random } from '../core/random.ts';
import type { Recording, Scope, Stand } from '../core/stand.ts';
import { type CallOutside, type ReplySource, Withheld } from '../core/upstream.ts';
import {
  inTurn,
  NetworkFailure,
  type Part,
  type Reply,
  type Transport,
  type WireReply,
  type WireRequest,
} from '../core/wire.ts';
import { asLatin1, fromUtf8, utf8 } from '../protocols/json.ts';
import type { Armed, Source } from '../protocols/relay.ts';
import { stringsIn } from '../text/content.ts';
import { parseJson } from '../text/json.ts';
import { names } from '../text/names.ts';
import { answersAsked, withAnswersCalled } from './answer-function.ts';
import { createArmedFaults } from './armed-faults.ts';
import { brokenRule, givingOwnIds } from './role-rules.ts';
import { keyOf, openTrip } from './round-trip.ts';
import { keptHeaders, mockKey, type Routed, route, UNSPOKEN, type UnknownCall } from './route.ts';
import { scriptFor } from './script.ts';
import { createScriptedReplies } from './scripted-reply.ts';
import { createToolStand } from './tool-stand.ts';

export interface StandOptions {
  clock: Clock;
  random: Random;
  roles: Roles;
  protocols: readonly Protocol[];
  recording: Recording;
  /** Fields of the workflow's output schema; a prompt that names them all is answered with them. */
  schemaFields: readonly string[];
  /** What the workflow allows, and the tools it has. */
  contract: Contract | undefined;
  tools: readonly ToolSchema[];
  tasks?: readonly GoldenTask[] | undefined;
  /** What is replied to whoever asks for this golden task; without it, to whom it was asked alone. */
  scripts?: ((task: string) => Script | undefined) | undefined;
  /** Who replies in place of the scripts. */
  replies?: ReplySource | undefined;
  /** The dummy key of each role; that of mocked mode without it. */
  keyFor?: ((role: Role) => string) | undefined;
}

/** Mocked providers for one world: scripted replies, with the armed faults between them and the target. */
export function createStand(options: StandOptions): Stand {
  const { clock, random, roles, recording } = options;
  const scripts = new ByAsk<Script>();
  /** Of each role, how often each ask has called it. */
  const attempts = new Map<string, ByAsk<number>>();
  const armedFaults = createArmedFaults({ ...options, scriptOf });
  const toolStand = createToolStand({ ...options, armedFaults, scriptOf });
  const scripted = createScriptedReplies(options);
  let roleCounts = new Map<string, number>();
  let calls = 0;
  const memories = new Map<string, Map<string, readonly Message[]>>();
  /** The same request comes at every attempt, and at every ask of a task. */
  const routeOf = rememberingBy(inFull, (request) => route(request, options));
  const tellingOf = once(tell);
  const keys = Object.entries(roles).map(([name, role]) => [name, (options.keyFor ?? mockKey)(role)] as const);
  const askingOf = once(answersAsked(options.tools));

  function scriptOf(ask: number): Script {
    const script = scripts.get(ask);
    if (script === undefined) throw new Error(`ask ${ask} has no script`);
    return script;
  }

  /** A model answers what it is asked, also where that is another task's question, from what it is given. */
  function scriptAsked(call: ModelCall, held: readonly string[]): Script {
    const own = scriptOf(call.ask);
    const { other_question } = recording.facts(call);
    const other = other_question === undefined ? undefined : options.scripts?.(other_question);
    if (other === undefined) return own;
    const wrong = own.sources.filter(({ id }) => held.includes(id) && !other.sources.some((one) => one.id === id));
    return wrong.length === 0 ? other : scriptFor({ ...other.task, answer: undefined, must_include: [] }, wrong);
  }

  async function exchange(request: WireRequest, signal: AbortSignal | undefined, scope: Scope | undefined) {
    signal?.throwIfAborted();
    const to = asRemembered(routeOf(request), request);
    if (to.role === undefined) return refuseUnknown(to, scope);
    if ('plain' in to) {
      if (scope !== undefined) recordPlain(request, to.role, scope);
      return plainReply(to.plain);
    }
    if (scope === undefined) return refuseUntold(to, new URL(request.url).origin);
    const role = roles[to.role];
    if (role === undefined) throw new Error(`no role ${to.role}`);

    const sent = 'refused' in to.body ? unreadable(to.body, to.spoken) : to.body;
    const said = askingOf(sent);
    const about = describe(sent, to.role, role, scope);
    const call: ModelCall = { ...about, ...said };
    const telling = tellingOf(said);
    const { inputTokens, held } = telling;
    const script = scriptAsked(call, held.sources);
    record(call, telling, keptHeaders(request.headers, to.protocol), foreignKeysIn(request, to.role));
    const onRole = countUp(roleCounts, to.role);
    const trip = openTrip(
      call,
      role,
      to.protocol,
      inputTokens,
      held.sources,
      script,
      { clock, random, recording, memory: memoryOf(to.role), ended: armedFaults.ended },
      signal,
    );
    const { body, protocol } = to;
    const rules = { ...protocol.rules, ...role.rules };
    const { replies } = options;
    if (replies === undefined)
      await trip.guard(() => clock.sleep(20 + Math.floor(random.fork(`trip/${keyOf(call)}`).next() * 60), signal));
    // What a provider takes, it says itself.
    const taken = replies === undefined ? { ...role, rules } : undefined;
    const refused = 'refused' in body ? body : taken && brokenRule(body, taken, inputTokens, protocol.fields);
    if (refused !== undefined) {
      recording.emit({
        kind: 'unscripted-call',
        ask: call.ask,
        task: call.task,
        call: call.id,
        why: refused.message,
        ...(to.spoken === UNSPOKEN && { unspoken: true }),
      });
      return trip.reply(async () => inParts(refusal(refused)), { meaning: [], wire: [] });
    }
    const armed = armedFaults.armedOn(call, onRole, signal);
    if (replies !== undefined) {
      const identity = armed.meaning.length + armed.wire.length > 0;
      const outside = { call: { ...about, ...sent }, role, protocol, request, identity };
      // What nobody changes passes as it came.
      const changed = armed.meaning.length > 0 ? withAnswersCalled(armed, call) : armed;
      return trip.reply(() => receivedReply(replies, outside, signal), changed);
    }
    return trip.reply(
      async () => inParts(await scripted(script, call, rules, inputTokens, signal)),
      withOwnIds(withAnswersCalled(armed, call), rules),
    );
  }

  /** Roles whose key it carries, without being for them or for one that has the same. Most carry none, which bytes tell at once. */
  function foreignKeysIn({ url, headers, body }: WireRequest, to: string): string[] {
    const own = keys.find(([name]) => name === to)?.[1];
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const isThere = (key: string) =>
      bytes.includes(key) || url.includes(key) || headers.some(([, value]) => value.includes(key));
    const there = keys.filter(([, key]) => key !== own && isThere(key));
    if (there.length === 0) return [];
    const texts = [url, ...headers.map(([, value]) => value), fromUtf8(body)];
    return there.filter(([, key]) => texts.some((text) => names(text, key))).map(([name]) => name);
  }

  async function receivedReply(replies: ReplySource, outside: CallOutside, signal: AbortSignal | undefined) {
    try {
      const { recording: which, ...received } = await replies.ask(outside, signal);
      const { ask, task, id: call, role } = outside.call;
      if (which !== undefined) recording.emit({ kind: 'replayed', ask, task, call, role, recording: which });
      return { kind: 'bytes' as const, ...received };
    } catch (error) {
      if (!(error instanceof Withheld)) throw error;
      const { ask, task, id, role } = outside.call;
      const { because, message, fix } = error;
      recording.emit({ kind: 'withheld', ask, task, call: id, role, because, why: message, fix });
      return inParts(refusal({ refused: true, mode: 'server_error', status: 503, message: `drill: ${message}` }));
    }
  }

  /** Whatever a fault makes of a reply, its ids are the provider's. */
  const withOwnIds = (armed: Armed, { tool_call_ids: rule }: RoleRules): Armed =>
    rule === undefined ? armed : { ...armed, meaning: [givingOwnIds(rule, random), ...armed.meaning] };

  /** What a provider that knows its own ids makes of a request; which ones it knows, it says itself where it replies. */
  function asRemembered(to: Routed, request: WireRequest): Routed {
    if (options.replies !== undefined || !('served' in to) || to.protocol.remembers === undefined) return to;
    return { ...to, body: to.protocol.readCall(request, memoryOf(to.role)) };
  }

  function memoryOf(role: string): Map<string, readonly Message[]> {
    return entryOf(memories, role, () => new BoundedMap(MOST_REMEMBERED));
  }

  /** What is sent there is judged as what models are sent, as far as it is anyone's data. */
  function recordPlain(request: WireRequest, role: string, { ask, task }: Scope): void {
    const body = fromUtf8(request.body);
    const text = stringsIn(parseJson(body) ?? body).join('\n');
    const { questions } = recording.facts({ task, messages: [{ role: 'user', content: text }] });
    const foreign_keys = foreignKeysIn(request, role);
    recording.emit({
      kind: 'plain-call',
      ...{ ask, task, role, method: request.method, path: new URL(request.url).pathname },
      held: recording.held(text),
      ...(questions !== undefined && { questions }),
      ...(foreign_keys.length > 0 && { foreign_keys }),
    });
  }

  async function plainReply(said: object): Promise<WireReply> {
    await clock.sleep(PLAIN_MS);
    const body = utf8(JSON.stringify(said));
    return {
      status: 200,
      headers: [['content-type', 'application/json']],
      length: body.length,
      body: inTurn([body]),
    };
  }

  function refuseUnknown({ role: _, ...seen }: UnknownCall, scope: Scope | undefined): never {
    const whose = scope === undefined ? {} : { ask: scope.ask, task: scope.task };
    recording.emit({ kind: 'unknown-call', ...whose, ...seen });
    throw new NetworkFailure('refused');
  }

  function refuseUntold({ role }: RoutedToRole, by: string): never {
    recording.emit({ kind: 'real-io', what: `a call to ${role} outside any task`, by, fatal: true });
    throw new NetworkFailure('refused');
  }

  function describe(said: CallBody, name: string, role: Role, scope: Scope): Omit<ModelCall, keyof CallBody> {
    const attempt = countUp(
      entryOf(attempts, name, () => new ByAsk<number>()),
      scope.ask,
    );
    calls += 1;
    const before = scriptOf(scope.ask).task.history;
    const own = said.messages.filter((m) => m.role === 'assistant' && !before.some((h) => h.content === m.content));
    const turn = 1 + own.length;
    return { id: `c${calls}`, role: name, provider: role.provider, attempt, turn, ...scope };
  }

  /** What is told of a request, whoever's it is. */
  function tell(said: CallBody) {
    const { messages, tools, responseSchema } = said;
    const images = imagesIn(said);
    return {
      inputTokens: promptTokens(said),
      held: recording.held([promptText(said), ...images.map((i) => i.data)].join('\n')),
      digests: {
        messages: messages.map((m) =>
          recording.digest([m.role, m.content, ...(m.images ?? []).map((i) => i.data)].join('\n')),
        ),
        tools: tools.map((t) => recording.digest(JSON.stringify(t))),
        schema: responseSchema === undefined ? null : recording.digest(JSON.stringify(responseSchema.schema)),
      },
      images: images.length,
    };
  }
  type Telling = ReturnType<typeof tell>;

  function record(
    call: ModelCall,
    { inputTokens, held, digests, images }: Telling,
    headers: Record<string, string>,
    foreign_keys: string[],
  ): void {
    const { messages, tools } = call;
    const rereads = recording.rereads(call.ask, messages);
    recording.bodies?.sent(call);
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
      input_tokens: inputTokens,
      ...recording.facts(call),
      held,
      digests,
      headers,
      ...(foreign_keys.length > 0 && { foreign_keys }),
      ...(tools.length === 0 ? {} : { tools: tools.map((t) => t.name) }),
      ...(images === 0 ? {} : { images }),
      ...(rereads.length === 0 ? {} : { rereads }),
    });
  }

  return {
    arm: armedFaults.add,
    revert: armedFaults.revert,
    transport:
      (scope): Transport =>
      (request, signal) =>
        exchange(request, signal, scope()),
    tools: toolStand.tools,
    approve: toolStand.approve,
    begin(faults) {
      armedFaults.begin(faults);
      roleCounts = new Map();
    },
    end: armedFaults.end,
    play: (ask, script) => scripts.set(ask, script),
  };
}

type RoutedToRole = Extract<Routed, { spoken: string }>;

/** All of a request as one text. */
const inFull = ({ role, method, url, headers, body }: WireRequest): string =>
  JSON.stringify([role, method, url, headers]) + asLatin1(body);

/** Replies that a role can still be referred to. */
const MOST_REMEMBERED = 10_000;

/** How long a plain endpoint takes, in milliseconds. */
const PLAIN_MS = 40;

function unreadable(refused: CallRefused, protocol: string) {
  return { protocol, model: refused.model ?? '', messages: [], tools: [], stream: false };
}

const inParts = (reply: Reply): Source => ({ kind: 'parts', reply });

function refusal(refused: CallRefused): Reply {
  const { refused: _, model: __, ...said } = refused;
  return { kind: 'http', parts: inTurn<Part>([{ type: 'error', ...said }]) };
}
