import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Clock } from './core/clock.ts';
import type { Role } from './core/declaration.ts';
import { GoldenTask } from './core/golden-task.ts';
import type { Injection } from './core/plugin.ts';
import { createRandom } from './core/random.ts';
import type { ArmedFault, Scope } from './core/stand.ts';
import type { NewEvent } from './core/trace.ts';
import { NetworkFailure } from './core/wire.ts';
import { hang } from './faults/hang.ts';
import { oddSuccess } from './faults/odd-success.ts';
import { rateLimited } from './faults/rate-limited.ts';
import { serverError } from './faults/server-error.ts';
import { protocols } from './protocols/index.ts';
import { scriptFor } from './stand/script.ts';
import { type Answer, FLUSH_MS, listen } from './stand/sockets/listen.ts';
import { createStand } from './stand/stand.ts';
import { canonicalJson } from './text/canonical.ts';
import { createNodeFetch, createVirtualWorld, createWallClock, currentScope, installRoutes } from './world/index.ts';

// Before the SDK is imported, as bin/drill.js does it.
installRoutes();
const { default: Anthropic } = await import('@anthropic-ai/sdk');
const { GoogleGenAI } = await import('@google/genai');
const { default: OpenAI } = await import('openai');

const SEED = 7;
/** Real timers are up to a millisecond early, and a run has a few. Nothing happens before its virtual time but by that. */
const EARLY_MS = 20;
/** Of the SDK, where it is no part of what happens: only a machine that stands still is slower. */
const NEVER_MS = 200_000;
const task = GoldenTask.parse({
  name: 'opening_hours',
  input: 'When are you open on Sunday?',
  answer: 'On Sunday we are open from 10 am to 4 pm, and on public holidays the shop stays closed all day.',
});
const scope: Scope = { ask: 1, task: task.name, tenant: task.tenant };

/** How an SDK is asked, as its documentation has it; what a reader sees is told. */
interface Sdk {
  name: string;
  primary: Role;
  backup: Role;
  ask(asked: Asked): Promise<void>;
}
interface Asked {
  baseURL: string;
  model: string;
  timeout: number;
  stream: boolean;
  tell(what: string): void;
}

const messages = [{ role: 'user' as const, content: task.input }];
const openai = { provider: 'openai', protocol: 'openai-chat', base_url: 'https://api.openai.com/v1' };
const anthropic = { provider: 'anthropic', protocol: 'anthropic-messages', base_url: 'https://api.anthropic.com' };
const gemini = { provider: 'google', protocol: 'gemini', base_url: 'https://generativelanguage.googleapis.com' };
const SDKS: Sdk[] = [
  {
    name: 'openai',
    primary: { ...openai, model: 'gpt-5-mini' },
    backup: { ...openai, model: 'gpt-5-nano' },
    async ask({ baseURL, model, timeout, stream, tell }) {
      const { completions } = new OpenAI({ apiKey: 'k', baseURL }).chat;
      if (stream) {
        const chunks = await completions.create({ model, messages, stream: true }, { timeout });
        for await (const chunk of chunks) tell(chunk.choices[0]?.delta.content ?? '');
      } else tell((await completions.create({ model, messages }, { timeout })).choices[0]?.message.content ?? '');
    },
  },
  {
    name: 'anthropic',
    primary: { ...anthropic, model: 'claude-opus-4-6' },
    backup: { ...anthropic, model: 'claude-haiku-4-5' },
    async ask({ baseURL, model, timeout, stream, tell }) {
      const { messages: api } = new Anthropic({ apiKey: 'k', baseURL });
      const body = { model, messages, max_tokens: 500 };
      if (stream) {
        for await (const event of await api.create({ ...body, stream: true }, { timeout }))
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') tell(event.delta.text);
      } else
        for (const block of (await api.create(body, { timeout })).content) if (block.type === 'text') tell(block.text);
    },
  },
  {
    name: 'gemini',
    primary: { ...gemini, model: 'gemini-2.5-pro' },
    backup: { ...gemini, model: 'gemini-2.5-flash' },
    async ask({ baseURL: baseUrl, model, timeout, stream, tell }) {
      const { models } = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl, timeout } });
      const body = { model, contents: task.input };
      if (stream) for await (const chunk of await models.generateContentStream(body)) tell(chunk.text ?? '');
      else tell((await models.generateContent(body)).text ?? '');
    },
  },
];

type Break = 'reset' | 'closed';
/** No reply at all. */
const silent = (how: Break) => (): Injection => ({
  kind: 'meaning',
  async inject(_call, _next, around) {
    around.fired(how);
    return { kind: 'none', how };
  },
});
/** The beginning of a reply. */
const cut = (how: Break) => (): Injection => ({
  kind: 'wire',
  inject({ head, frames }, _call, around) {
    async function* some() {
      let left = 3;
      for await (const frame of frames) {
        yield frame;
        left -= 1;
        if (left === 0) break;
      }
      around.fired(`${how} after three frames`);
      throw new NetworkFailure(how);
    }
    return { head, frames: some() };
  },
});

interface Case {
  open: ArmedFault['open'];
  stream?: boolean;
  /** When the SDK leaves the primary alone. */
  timeoutMs?: number;
  /** By SDK: how often it was seen to try the primary over sockets, and how that ended for its caller, if with an error. */
  seen: Record<string, [attempts: number, error: string | undefined]>;
}
const odd = (how: 'too-long' | 'too-short' | 'no-content' | 'empty') => oddSuccess.arm({ how });
const TIMEOUT = 'APIConnectionTimeoutError';
const RESET = 'TypeError < Error ECONNRESET';
const CLOSED = 'TypeError < SocketError UND_ERR_SOCKET';
const CASES: [string, Case][] = [
  [
    'hang',
    {
      open: hang.arm({}),
      timeoutMs: 2000,
      seen: { openai: [3, TIMEOUT], anthropic: [3, TIMEOUT], gemini: [1, 'DOMException'] },
    },
  ],
  [
    '429',
    {
      open: rateLimited.arm({ retry_after_ms: 1000 }),
      seen: {
        openai: [3, 'RateLimitError rate_limit_exceeded'],
        anthropic: [3, 'RateLimitError'],
        gemini: [1, 'ApiError'],
      },
    },
  ],
  [
    '500',
    {
      open: serverError.arm({}),
      seen: { openai: [3, 'InternalServerError'], anthropic: [3, 'InternalServerError'], gemini: [1, 'ApiError'] },
    },
  ],
  [
    'reset',
    {
      open: silent('reset'),
      seen: {
        openai: [3, `APIConnectionError < ${RESET}`],
        anthropic: [3, `APIConnectionError < ${RESET}`],
        gemini: [1, RESET],
      },
    },
  ],
  [
    'closed',
    {
      open: silent('closed'),
      seen: {
        openai: [3, `APIConnectionError < ${CLOSED}`],
        anthropic: [3, `APIConnectionError < ${CLOSED}`],
        gemini: [1, CLOSED],
      },
    },
  ],
  [
    'reset mid-stream',
    { open: cut('reset'), stream: true, seen: { openai: [1, RESET], anthropic: [1, RESET], gemini: [1, RESET] } },
  ],
  [
    'closed mid-stream',
    { open: cut('closed'), stream: true, seen: { openai: [1, CLOSED], anthropic: [1, CLOSED], gemini: [1, CLOSED] } },
  ],
  [
    'too long a length',
    { open: odd('too-long'), seen: { openai: [1, CLOSED], anthropic: [1, CLOSED], gemini: [1, CLOSED] } },
  ],
  [
    'too short a length',
    {
      open: odd('too-short'),
      seen: { openai: [1, 'SyntaxError'], anthropic: [1, 'SyntaxError'], gemini: [1, 'SyntaxError'] },
    },
  ],
  [
    '204',
    {
      open: odd('no-content'),
      seen: { openai: [1, 'TypeError'], anthropic: [1, 'TypeError'], gemini: [1, 'SyntaxError'] },
    },
  ],
  [
    'an empty body',
    { open: odd('empty'), seen: { openai: [1, 'TypeError'], anthropic: [1, 'TypeError'], gemini: [1, 'SyntaxError'] } },
  ],
  [
    'an empty stream',
    {
      open: odd('empty'),
      stream: true,
      seen: { openai: [1, undefined], anthropic: [1, undefined], gemini: [1, undefined] },
    },
  ],
];
const cases = SDKS.flatMap((sdk) => CASES.map(([name, one]) => [`${sdk.name}: ${name}`, { sdk, ...one }] as const));
type Meeting = (typeof cases)[number][1];

/**
 * A run as either end saw it, with when, and how long each decided to wait: that is what their times are made of, and
 * it does not change where a machine is slow. How the two interleave is the network's affair.
 */
interface Seen {
  client: { what: string; at: number }[];
  provider: { what: NewEvent | { waitsMs: number }; at: number }[];
}

/** Tells what the SDK of this run does. */
const telling = new AsyncLocalStorage<(what: string) => void>();

/** A stand that breaks the primary, and what is seen of it from now on. */
function open(one: Meeting, clock: Clock) {
  const seen: Seen = { client: [], provider: [] };
  const began = clock.now();
  const since = () => clock.now() - began;
  const noting: Clock = {
    kind: clock.kind,
    epochMs: clock.epochMs,
    now: () => clock.now(),
    never: (signal) => clock.never(signal),
    sleep(ms, signal) {
      seen.provider.push({ what: { waitsMs: ms }, at: since() });
      return clock.sleep(ms, signal);
    },
  };
  const noMarkers = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
  const stand = createStand({
    clock: noting,
    random: createRandom(SEED),
    roles: { primary: one.sdk.primary, backup: one.sdk.backup },
    protocols,
    recording: {
      emit: (what) => void seen.provider.push({ what, at: since() }),
      held: () => noMarkers,
      facts: () => ({}),
      digest: (text) => text,
      replied() {},
      rereads: () => [],
    },
    schemaFields: [],
    contract: undefined,
    tools: [],
  });
  const always = { shared: false, trigger: () => true, tenants: undefined, tasks: undefined };
  stand.begin([{ fault: 'fault', role: 'primary', effect: 'fails', open: one.open, ...always }]);
  stand.play(scope.ask, scriptFor(task, []));
  return { stand, seen, tell: (what: string) => void seen.client.push({ what, at: since() }) };
}

/** An agent with a fallback, which tells what it sees. `origin` is where it finds its provider. */
async function agent({ sdk, stream = false, timeoutMs }: Meeting, tell: Asked['tell'], origin?: string): Promise<void> {
  const ask = ({ model, base_url }: Role, timeout = NEVER_MS) => {
    const baseURL = origin === undefined ? base_url : origin + new URL(base_url).pathname.replace(/\/$/, '');
    return sdk.ask({ baseURL, model, timeout, stream, tell });
  };
  try {
    await ask(sdk.primary, timeoutMs);
  } catch (error) {
    tell(`failed ${chainOf(error)}`);
    await ask(sdk.backup);
  }
}

/** The classes of an error and of its causes, with the system's or the provider's code where there is one. */
function chainOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  const own = typeof code === 'string' ? `${error.constructor.name} ${code}` : error.constructor.name;
  return error.cause === undefined ? own : `${own} < ${chainOf(error.cause)}`;
}

async function inVirtualTime(one: Meeting): Promise<Seen> {
  const world = createVirtualWorld({
    seed: SEED,
    epochMs: 1_767_225_600_000,
    fetch: (input, init) => nodeFetch(input, init),
    onRealIo: (io) => tell(`real I/O: ${io.what}`),
  });
  const { stand, seen, tell } = open(one, world.clock);
  const nodeFetch = createNodeFetch(stand.transport(currentScope), world.clock);
  await world.run(() => world.enter(scope, () => telling.run(tell, () => agent(one, tell))));
  return seen;
}

/** `whole` is how much the client has seen before its call fails: a connection is not cut before that has arrived. */
async function overSockets(one: Meeting, whole: number): Promise<Seen> {
  const clock = createWallClock();
  const { stand, seen, tell } = open(one, clock);
  const arrived = async () => {
    while (seen.client.length < whole) await clock.sleep(1);
  };
  const transport = stand.transport(() => scope);
  const { origin } = new URL(one.sdk.primary.base_url);
  const answer: Answer = ({ path, ...request }, signal) => transport({ ...request, url: origin + path }, signal);
  // A slow machine may take longer to read than a real stand waits.
  const sleep = async (ms: number) => (ms === FLUSH_MS ? arrived() : clock.sleep(ms));
  const { port, close } = await listen(answer, { sleep });
  await telling.run(tell, () => agent(one, tell, `http://127.0.0.1:${port}`)).finally(close);
  return seen;
}

/** What is due at the same instant has no order: it is put into the one in which it was seen. */
function inOrderOf<T extends { what: unknown; at: number }>(seen: readonly T[], due: readonly T[]): T[] {
  const left = seen.map(({ what }) => canonicalJson(what));
  const placed = due.map((one) => {
    const place = left.indexOf(canonicalJson(one.what));
    if (place >= 0) left[place] = '';
    return { one, place };
  });
  return placed.toSorted((a, b) => a.one.at - b.one.at || a.place - b.place).map(({ one }) => one);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('an SDK sees the same in virtual time as over sockets', () => {
  const virtual = new Map<string, Seen>();

  beforeAll(async () => {
    // The SDK's jitter is drawn alike on both sides, so that their times can be compared.
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    // Sockets and parsers are made ready on first use, which may last longer than a call that hangs.
    const first = await listen(async () => ({ status: 200, headers: [], body: nothing() }), createWallClock());
    await fetch(`http://127.0.0.1:${first.port}`).finally(first.close);
    const { setTimeout: routed } = globalThis;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation((fn, ms, ...more) => {
      telling.getStore()?.(`waits ${ms} ms`);
      return routed(fn, ms, ...more);
    });
    const { fetch: own } = globalThis;
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const tell = telling.getStore() ?? (() => {});
      try {
        // What Node waits for, as to keep a connection alive, is not the SDK's affair.
        const response = await telling.exit(() => own(input, init));
        tell(`HTTP ${response.status}`);
        return response;
      } catch (error) {
        tell(chainOf(error));
        throw error;
      }
    });
    // All of them first: while a world runs, nobody beside it reaches the real network.
    for (const [name, one] of cases) virtual.set(name, await inVirtualTime(one));
    return () => void vi.restoreAllMocks();
  });

  it.concurrent.each(cases)('%s', async (name, one) => {
    const expected = virtual.get(name) ?? { client: [], provider: [] };
    const whole = expected.client.findIndex(({ what }) => what.startsWith('failed'));
    const seen = await overSockets(one, whole);
    for (const end of ['client', 'provider'] as const) {
      const due = end === 'client' ? expected.client : inOrderOf(seen.provider, expected.provider);
      expect(seen[end].map(({ what }) => what)).toEqual(due.map(({ what }) => what));
      const late = seen[end].map(({ at }, i) => at - (due[i]?.at ?? Number.NaN));
      expect(Math.min(...late)).toBeGreaterThanOrEqual(-EARLY_MS);
    }
  });

  it.each(cases)('%s: as it was recorded from this SDK before', (name, { sdk, seen }) => {
    const { client, provider } = virtual.get(name) ?? { client: [], provider: [] };
    const roles = provider.flatMap(({ what }) => ('kind' in what && what.kind === 'call' ? [what.role] : []));
    const failed = client.find(({ what }) => what.startsWith('failed'))?.what.slice('failed '.length);
    expect([roles.filter((role) => role === 'primary').length, failed]).toEqual(seen[sdk.name]);
    if (failed !== undefined) expect(client.map(({ what }) => what).join('')).toMatch(/stays closed all day\.$/);
  });
});
