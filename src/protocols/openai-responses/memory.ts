import type { Gathered } from '../../core/gathered.ts';
import type { CallBody, Message } from '../../core/model-call.ts';
import type { Memory, Stamp } from '../../core/protocol.ts';
import { askedIn } from './asked.ts';
import { asTurns, calling } from './items.ts';

/** What is in a reply: each kind of item is counted for itself, so that its ids tell which reply it came with. */
export type ItemKind = 'msg' | 'fc' | 'rs';

export const responseId = ({ id }: Stamp): string => `resp_${id}`;
export const itemId = (kind: ItemKind, { id }: Stamp, count: number): string => `${kind}_${id}_${count}`;

/**
 * What the provider keeps of a reply: its items and, by its id, the whole conversation with it. Instructions are of one
 * request only. A sealed thought is known again whether or not anything was stored.
 */
export function* remembers(call: CallBody, stamp: Stamp, said: Gathered): Generator<[string, Message[]]> {
  const asked = askedIn(call);
  const { signature } = said.reasoning ?? {};
  if (signature !== undefined) yield [signature, []];
  if (asked['store'] === false) return;
  const items = itemsIn(stamp, said);
  for (const { id, message } of items) yield [id, message === undefined ? [] : [message]];
  const heard = typeof asked['instructions'] === 'string' ? call.messages.slice(1) : call.messages;
  yield [responseId(stamp), asTurns([...heard, ...items.flatMap(({ message }) => message ?? [])])];
}

interface Kept {
  id: string;
  message?: Message;
}

function itemsIn(stamp: Stamp, { reasoning, blocks, refusal }: Gathered): Kept[] {
  const counts = { msg: 0, fc: 0, rs: 0 };
  const next = (kind: ItemKind) => itemId(kind, stamp, counts[kind]++);
  const items: Kept[] = reasoning === undefined ? [] : [{ id: next('rs') }];
  for (const block of blocks)
    items.push(
      'text' in block
        ? { id: next('msg'), message: { role: 'assistant', content: block.text } }
        : { id: next('fc'), message: calling(block.id, block.name, block.arguments) },
    );
  const last = items.at(-1)?.message;
  if (refusal === undefined) return items;
  // A refusal goes on in the message before it.
  if (last !== undefined && last.toolCalls === undefined) last.content += refusal;
  else items.push({ id: next('msg'), message: { role: 'assistant', content: refusal } });
  return items;
}

/** The thought a kept item came with: without it the API does not take the item back. */
export function thoughtBefore(id: string, memory: Memory): string | undefined {
  const [, reply] = /^(?:msg|fc)_(.+)_\d+$/.exec(id) ?? [];
  const thought = reply === undefined ? '' : itemId('rs', { id: reply, atMs: 0 }, 0);
  return memory.has(id) && memory.has(thought) ? thought : undefined;
}
