import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Clock } from './core/clock.ts';
import type { Roles } from './core/declaration.ts';
import { GoldenTask } from './core/golden-task.ts';
import type { Injection } from './core/plugin.ts';
import { createRandom } from './core/random.ts';
import type { ArmedFault, Scope } from './core/stand.ts';
import type { NewEvent } from './core/trace.ts';
import { NetworkFailure } from './core/wire.ts';
import { hang } from './faults/hang.ts';
import { rateLimited } from './faults/rate-limited.ts';
import { serverError } from './faults/server-error.ts';
import { protocols } from './protocols/index.ts';
import { scriptFor } from './stand/script.ts';
import { type Answer, FLUSH_MS, listen } from './stand/sockets/listen.ts';
import { createStand } from './stand/stand.ts';
import { createNodeFetch, createVirtualWorld, createWallClock, currentScope, installRoutes } from './world/index.ts';

// Before the SDK is imported, as bin/drill.js does it.
installRoutes();
const { default: OpenAI } = await import('openai');

const SEED = 7;
/** Real timers are up to a millisecond early, and a run has a few. Nothing happens before its virtual time but by that. */
const EARLY_MS = 20;
/** Of the SDK, where it is no part of what happens: only a machine that stands still is slower. */
const NEVER_MS = 200_000;
const ORIGIN = 'https://api.openai.com';
const openai = { provider: 'openai', protocol: 'openai-chat', base_url: `${ORIGIN}/v1` };
const roles: Roles = { primary: { ...openai, model: 'gpt-5-mini' }, backup: { ...openai, model: 'gpt-5-nano' } };
const task = GoldenTask.parse({
  name: 'opening_hours',
  input: 'When are you open on Sunday?',
  answer: 'On Sunday we are open from 10 am to 4 pm, and on public holidays the shop stays closed all day.',
});
const scope: Scope = { ask: 1, task: task.name, tenant: task.tenant };

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
  stream?: true;
  /** When the SDK leaves the primary alone. */
  timeoutMs?: number;
  /** How often the SDK was seen to try the primary over sockets, and how that ended for its caller. */
  attempts: number;
  error: string;
}
const cases: [string, Case][] = [
  ['hang', { open: hang.arm({}), timeoutMs: 2000, attempts: 3, error: 'APIConnectionTimeoutError' }],
  [
    '429',
    { open: rateLimited.arm({ retry_after_ms: 1000 }), attempts: 3, error: 'RateLimitError rate_limit_exceeded' },
  ],
  ['500', { open: serverError.arm({}), attempts: 3, error: 'InternalServerError' }],
  ['reset', { open: silent('reset'), attempts: 3, error: 'APIConnectionError < TypeError < Error ECONNRESET' }],
  [
    'closed',
    { open: silent('closed'), attempts: 3, error: 'APIConnectionError < TypeError < SocketError UND_ERR_SOCKET' },
  ],
  ['reset mid-stream', { open: cut('reset'), stream: true, attempts: 1, error: 'TypeError < Error ECONNRESET' }],
  [
    'closed mid-stream',
    { open: cut('closed'), stream: true, attempts: 1, error: 'TypeError < SocketError UND_ERR_SOCKET' },
  ],
];

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
function open(one: Case, clock: Clock) {
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
    roles,
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

/** An agent as the SDK's documentation would have it, which tells what it sees. */
async function agent(one: Case, tell: (what: string) => void, baseURL = openai.base_url): Promise<void> {
  const client = new OpenAI({
    apiKey: 'k',
    baseURL,
    fetch: async (input, init) => {
      try {
        // What Node waits for, as to keep a connection alive, is not the SDK's affair.
        const response = await telling.exit(() => fetch(input, init));
        tell(`HTTP ${response.status}`);
        return response;
      } catch (error) {
        tell(chainOf(error));
        throw error;
      }
    },
  });
  const ask = async (model: string, timeout = NEVER_MS): Promise<void> => {
    const body = { model, messages: [{ role: 'user' as const, content: task.input }] };
    if (one.stream) {
      const stream = await client.chat.completions.create({ ...body, stream: true }, { timeout });
      for await (const chunk of stream) tell(chunk.choices[0]?.delta.content ?? '');
    } else {
      const completion = await client.chat.completions.create(body, { timeout });
      tell(completion.choices[0]?.message.content ?? '');
    }
  };
  try {
    await ask('gpt-5-mini', one.timeoutMs);
  } catch (error) {
    tell(`failed ${chainOf(error)}`);
    await ask('gpt-5-nano');
  }
}

/** The classes of an error and of its causes, with the system's or the provider's code where there is one. */
function chainOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, 'code');
  const own = typeof code === 'string' ? `${error.constructor.name} ${code}` : error.constructor.name;
  return error.cause === undefined ? own : `${own} < ${chainOf(error.cause)}`;
}

async function inVirtualTime(one: Case): Promise<Seen> {
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
async function overSockets(one: Case, whole: number): Promise<Seen> {
  const clock = createWallClock();
  const { stand, seen, tell } = open(one, clock);
  const arrived = async () => {
    while (seen.client.length < whole) await clock.sleep(1);
  };
  const transport = stand.transport(() => scope);
  const answer: Answer = ({ path, ...request }, signal) => transport({ ...request, url: ORIGIN + path }, signal);
  // A slow machine may take longer to read than a real stand waits.
  const sleep = async (ms: number) => (ms === FLUSH_MS ? arrived() : clock.sleep(ms));
  const { port, close } = await listen(answer, { sleep });
  await telling.run(tell, () => agent(one, tell, `http://127.0.0.1:${port}/v1`)).finally(close);
  return seen;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

describe('the openai SDK sees the same in virtual time as over sockets', () => {
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
    // All of them first: while a world runs, nobody beside it reaches the real network.
    for (const [name, one] of cases) virtual.set(name, await inVirtualTime(one));
    return () => void vi.restoreAllMocks();
  });

  it.concurrent.each(cases)('%s', async (name, one) => {
    const expected = virtual.get(name) ?? { client: [], provider: [] };
    const whole = expected.client.findIndex(({ what }) => what.startsWith('failed'));
    const seen = await overSockets(one, whole);
    for (const end of ['client', 'provider'] as const) {
      expect(seen[end].map(({ what }) => what)).toEqual(expected[end].map(({ what }) => what));
      const late = seen[end].map(({ at }, i) => at - (expected[end][i]?.at ?? Number.NaN));
      expect(Math.min(...late)).toBeGreaterThanOrEqual(-EARLY_MS);
    }
  });

  it.each(cases)('%s: as it was recorded from this SDK before', (name, { attempts, error }) => {
    const { client, provider } = virtual.get(name) ?? { client: [], provider: [] };
    const roles = provider.flatMap(({ what }) => ('kind' in what && what.kind === 'call' ? [what.role] : []));
    expect(roles).toEqual([...Array(attempts).fill('primary'), 'backup']);
    expect(client.map(({ what }) => what)).toContain(`failed ${error}`);
    expect(client.map(({ what }) => what).join('')).toMatch(/stays closed all day\.$/);
  });
});
