import type { Clock } from '../core/clock.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { Around, Fault } from '../core/plugin.ts';
import type { Protocol } from '../core/protocol.ts';
import { createRandom } from '../core/random.ts';
import { NetworkFailure, type Part, type Reply } from '../core/wire.ts';
import { type Armed, respond, type Source } from '../protocols/relay.ts';

const EPOCH_MS = 1_800_000_000_000;

/** A real clock that stands still: whoever sleeps on it waits until the caller leaves. */
export const still: Clock = {
  kind: 'virtual',
  epochMs: EPOCH_MS,
  now: () => 0,
  sleep: (_ms, signal) => aborted(signal),
  never: (signal) => aborted(signal),
};
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}

/** A clock that is already there: whoever sleeps on it has slept at once. */
export function leaping(): Clock {
  let at = 0;
  return {
    ...still,
    now: () => at,
    async sleep(ms) {
      at += ms;
    },
  };
}

const call: ModelCall = {
  id: 'c1',
  role: 'primary',
  provider: 'openai',
  protocol: 'openai-chat',
  ask: 1,
  task: 'refund',
  tenant: 'acme',
  attempt: 1,
  turn: 1,
  model: 'm-1',
  messages: [{ role: 'user', content: 'Hi' }],
  tools: [],
  stream: false,
};

/** Runs a fault of meaning on one call; nobody stands behind it. */
export async function answer(fault: Fault, params: unknown, signal?: AbortSignal) {
  const { armed, fired } = arm(fault, params, still, signal);
  const [inject] = armed.meaning;
  if (inject === undefined) throw new Error('not a meaning fault');
  const reply = inject(call, async () => {
    throw new Error('the fault asked for the real reply');
  });
  return { fired, reply };
}

function arm(fault: Fault, params: unknown, clock: Clock, signal: AbortSignal | undefined) {
  const fired: string[] = [];
  const random = createRandom(7);
  const around: Around = { clock, random, signal, fired: (detail) => fired.push(detail) };
  const injection = fault.arm(params)({ role: 'primary', random });
  const armed: Armed = { meaning: [], wire: [] };
  if (injection.kind === 'meaning') armed.meaning.push((asked, next) => injection.inject(asked, next, around));
  else armed.wire.push((reply) => injection.inject(reply, call, around));
  return { armed, fired };
}

export async function partsOf(reply: Reply): Promise<Part[]> {
  const parts: Part[] = [];
  if (reply.kind === 'http') for await (const part of reply.parts) parts.push(part);
  return parts;
}

const ANSWER: Part[] = [
  { type: 'text-delta', text: 'Within 30 days, ' },
  { type: 'text-delta', text: 'in its “original” box, ' },
  { type: 'text-delta', text: 'naïvely said: {yes}.' },
  { type: 'usage', input: 12, output: 34 },
  { type: 'end', reason: 'stop' },
];
function good(): Reply {
  async function* parts(): AsyncGenerator<Part> {
    yield* ANSWER;
  }
  return { kind: 'http', parts: parts() };
}

interface Wire {
  protocol: Protocol;
  stream: boolean;
  clock?: Clock;
  signal?: AbortSignal;
  /** Without it, a good answer. */
  source?: Source;
}

/** Lets a fault act on a reply, as the stand does; `reply` is what arrives at the client. Without a fault: the untouched reply. */
export function onWire(fault: Fault | undefined, params: unknown, wire: Wire) {
  const { protocol, stream, clock = still, signal, source = { kind: 'parts', reply: good() } } = wire;
  const { armed, fired } =
    fault === undefined ? { armed: { meaning: [], wire: [] }, fired: [] } : arm(fault, params, clock, signal);
  const stamp = { id: 'c1', atMs: EPOCH_MS };
  const reply = respond(protocol, { ...call, stream, includeUsage: true }, stamp, async () => source, armed).then(
    received,
  );
  return { fired, reply };
}

/** A reply as it arrived: piece by piece, as text, until it was whole or the connection broke. */
async function received(delivery: Awaited<ReturnType<typeof respond>>) {
  const pieces: string[] = [];
  const meant: Part[] = [];
  if (delivery.kind === 'none') return { head: undefined, pieces, meant, broke: delivery.how };
  const { head, frames } = delivery;
  try {
    for await (const frame of frames) {
      pieces.push(new TextDecoder().decode(frame.wire));
      meant.push(...frame.parts);
    }
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error;
    return { head, pieces, meant, broke: error.how };
  }
  return { head, pieces, meant, broke: undefined };
}
