import type { Clock } from '../core/clock.ts';
import { GoldenTask, type Script } from '../core/golden-task.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { Around, Fault } from '../core/plugin.ts';
import type { Protocol } from '../core/protocol.ts';
import { createRandom } from '../core/random.ts';
import type { ToolResult, ToolUse } from '../core/tools.ts';
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

export const PICTURE = { media_type: 'image/png', data: 'iVBORw0KGgo=' };

/** A task of each kind of reply: prose or structure with citations, and a tool to call before. */
export const script: Script = {
  task: GoldenTask.parse({
    name: 'refund',
    input: 'Hi',
    tenant: 'acme',
    answer: {
      answer: 'We owe $40.00 within 30 days [policy_v3, order_991].',
      citations: ['policy_v3', 'order_991'],
      next_action: { amount: 40, unit: 'usd' },
      safe_to_send: true,
    },
    turns: [{ tool: 'issue_refund', args: { order_id: '991', amount: 40 } }],
    answer_if_not_done: 'Nothing was refunded.',
    misreadings: [{ field: 'next_action.amount', how: 'scale', value: 4000 }],
  }),
  sources: ['policy_v3', 'order_991', 'order_7'].map((id) =>
    id === 'order_991'
      ? { id, tenant: 'acme', text: '', image: PICTURE }
      : { id, tenant: 'acme', text: `What ${id} says.` },
  ),
  answer: 'We owe $40.00 within 30 days [policy_v3, order_991].',
};

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
  messages: [{ role: 'user', content: 'Hi', images: [PICTURE] }],
  tools: [{ name: 'issue_refund', parameters: { type: 'object' } }],
  stream: false,
};

/** Runs a fault of meaning on one call; nobody stands behind it. */
export async function answer(fault: Fault, params: unknown, signal?: AbortSignal) {
  const { armed, fired } = arm(fault, params, { clock: still, signal });
  const [inject] = armed.meaning;
  if (inject === undefined) throw new Error('not a meaning fault');
  const reply = inject(call, async () => {
    throw new Error('the fault asked for the real reply');
  });
  return { fired, reply };
}

interface Surroundings {
  script?: Script | undefined;
  clock?: Clock | undefined;
  signal?: AbortSignal | undefined;
}

/** Opens a fault once; every call or use of a tool after that meets the same one. */
function arm(fault: Fault, params: unknown, { clock = still, signal, script: played = script }: Surroundings) {
  const fired: string[] = [];
  const random = createRandom(7);
  const around: Around = { clock, random, signal, script: played, fired: (detail) => fired.push(detail) };
  const injection = fault.arm(params)({ role: 'primary', random });
  const armed: Armed = { meaning: [], wire: [] };
  if (injection.kind === 'meaning') armed.meaning.push((asked, next) => injection.inject(asked, next, around));
  if (injection.kind === 'wire') armed.wire.push((reply) => injection.inject(reply, call, around));
  const tool = injection.kind === 'tool' ? injection.inject : undefined;
  return { armed, fired, tool, around };
}

/** Uses a tool that a fault is armed on. `effects` is what the tool behind it did by the time the caller had an answer. */
export async function useTool(fault: Fault, params: unknown, does: ToolResult, clock: Clock = leaping()) {
  const { tool, fired, around } = arm(fault, params, { clock });
  if (tool === undefined) throw new Error('not a fault of tools');
  const effects: ToolUse[] = [];
  const use: ToolUse = {
    id: 't1',
    tool: 'issue_refund',
    args: {},
    write: true,
    key: 'k',
    ask: 1,
    task: 'refund',
    tenant: 'acme',
  };
  const next = async (asked: ToolUse) => {
    effects.push(asked);
    return does;
  };
  return { result: await tool(use, next, around), fired, effects: effects.length, took: clock.now() };
}

/** Whether calls come whole in a protocol: it has no way to say arguments that break off, or come in pieces. */
export const callsWhole = ({ name }: Protocol): boolean => name === 'gemini';

export async function partsOf(reply: Reply): Promise<Part[]> {
  const parts: Part[] = [];
  if (reply.kind === 'http') for await (const part of reply.parts) parts.push(part);
  return parts;
}

const counted: Part = { type: 'usage', input: 12, output: 34 };
const stop: Part = { type: 'end', reason: 'stop' };
const texts = (...said: string[]): Part[] => said.map((text) => ({ type: 'text-delta', text }));

/** What a model may reply where no fault says otherwise. */
export const REPLIES = {
  prose: [
    ...texts('Within 30 days, ', 'in its “original” box, ', 'naïvely said: {yes}. '),
    ...texts('We owe it [policy_v3] [', 'order_991].'),
    counted,
    stop,
  ],
  structured: [...texts(...(JSON.stringify(script.task.answer).match(/.{1,24}/g) ?? [])), counted, stop],
  call: [
    { type: 'tool-call', id: 'call_1', name: 'issue_refund' },
    { type: 'tool-call-delta', id: 'call_1', arguments: '{"order_id":"991",' },
    { type: 'tool-call-delta', id: 'call_1', arguments: '"amount":40}' },
    counted,
    { type: 'end', reason: 'tool-calls' },
  ],
} satisfies Record<string, Part[]>;
export type ReplyKind = keyof typeof REPLIES;

/** A provider that takes `paceMs` for every part. */
async function* paced(parts: readonly Part[], clock: Clock, paceMs: number): AsyncGenerator<Part> {
  for (const part of parts) {
    if (paceMs > 0) await clock.sleep(paceMs);
    yield part;
  }
}

interface Wire extends Surroundings {
  protocol: Protocol;
  stream: boolean;
  says?: ReplyKind;
  paceMs?: number;
  /** What differs from the usual call. */
  asked?: Partial<ModelCall>;
  /** Instead of a good reply. */
  source?: Source;
}

/** Lets a fault act on a reply, as the stand does; `reply` is what arrives at the client. Without a fault: the untouched reply. */
export function onWire(fault: Fault | undefined, params: unknown, wire: Wire) {
  const { fired, ask } = armedOnWire(fault, params, wire);
  return { fired, reply: ask() };
}

/** The same for several calls, which meet the same opened fault. */
export function armedOnWire(fault: Fault | undefined, params: unknown, wire: Wire) {
  const { armed, fired } =
    fault === undefined ? { armed: { meaning: [], wire: [] }, fired: [] } : arm(fault, params, wire);
  const ask = async (asked: Partial<ModelCall> = {}) => {
    const { protocol, stream, clock = still, says = 'prose', paceMs = 0 } = wire;
    const called = {
      ...call,
      protocol: protocol.name,
      stream,
      wishes: { include_usage: true },
      ...wire.asked,
      ...asked,
    };
    const parts = async (): Promise<Source> =>
      wire.source ?? { kind: 'parts', reply: { kind: 'http', parts: paced(REPLIES[says], clock, paceMs) } };
    return received(protocol, clock, await respond(protocol, called, { id: 'c1', atMs: EPOCH_MS }, parts, armed));
  };
  return { fired, ask };
}

/** A reply as it arrived: piece by piece, as text, with when it came, until it was whole or the connection broke. */
async function received(protocol: Protocol, clock: Clock, delivery: Awaited<ReturnType<typeof respond>>) {
  const pieces: string[] = [];
  const at: number[] = [];
  const meant: Part[] = [];
  if (delivery.kind === 'none') return { head: undefined, pieces, at, meant, heard: [], broke: delivery.how };
  const { head, frames } = delivery;
  const decoder = protocol.decoder(head, 0);
  const heard: Part[] = [];
  const hear = (frame: { parts: Part[] }) => void heard.push(...frame.parts);
  let broke: NetworkFailure['how'] | undefined;
  try {
    for await (const frame of frames) {
      at.push(clock.now());
      pieces.push(new TextDecoder().decode(frame.wire));
      meant.push(...frame.parts);
      decoder.push(frame.wire).forEach(hear);
    }
    decoder.end().forEach(hear);
  } catch (error) {
    if (!(error instanceof NetworkFailure)) throw error;
    broke = error.how;
  }
  return { head, pieces, at, meant, heard, broke };
}

/** What parts amount to, however they were cut. */
export function toldBy(parts: readonly Part[]) {
  const told = {
    text: '',
    refusal: '',
    calls: [] as { name: string; args: string }[],
    end: '',
    error: '',
    tokens: [0, 0],
  };
  for (const part of parts) {
    if (part.type === 'text-delta') told.text += part.text;
    if (part.type === 'refusal-delta') told.refusal += part.text;
    if (part.type === 'tool-call') told.calls.push({ name: part.name, args: '' });
    const last = told.calls.at(-1);
    if (part.type === 'tool-call-delta' && last !== undefined) last.args += part.arguments;
    if (part.type === 'end') told.end = part.reason;
    if (part.type === 'error') told.error = part.mode;
    if (part.type === 'usage') told.tokens = [part.input, part.output];
  }
  return told;
}
