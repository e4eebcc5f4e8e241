import type { Clock } from '../core/clock.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { Around, Fault } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import type { Part, Reply } from '../core/wire.ts';

/** A real clock that stands still: nothing in a fault may need it to move. */
export const still: Clock = {
  kind: 'virtual',
  epochMs: 1_800_000_000_000,
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

/** Runs a fault on one call; nobody stands behind it. */
export async function answer(fault: Fault, params: unknown, signal?: AbortSignal) {
  const fired: string[] = [];
  const random = createRandom(7);
  const injection = fault.arm(params)({ role: 'primary', random });
  if (injection.kind !== 'meaning') throw new Error('not a meaning fault');
  const around: Around = { clock: still, random, signal, fired: (detail) => fired.push(detail) };
  const next = async (): Promise<Reply> => {
    throw new Error('the fault asked for the real reply');
  };
  const reply = injection.inject(call, next, around);
  return { fired, reply };
}

export async function partsOf(reply: Reply): Promise<Part[]> {
  const parts: Part[] = [];
  if (reply.kind === 'http') for await (const part of reply.parts) parts.push(part);
  return parts;
}
