import type { Gathered } from '../../core/gathered.ts';
import type { CallBody, Message } from '../../core/model-call.ts';
import type { Memory, Stamp } from '../../core/protocol.ts';
import type { Content, Part } from './body.ts';

/** From Gemini 3 on, a model signs what it calls, whether or not its thoughts are asked for, and wants its signature back. */
export const signs = (model: string): boolean => /^gemini-(?:[3-9]|\d{2})/.test(model);

export const ownSignature = ({ id }: Stamp): string => Buffer.from(`thought/${id}`).toString('base64');

/** What a caller may send in place of a signature, says the API's documentation, where the call was another model's. */
export const SKIP = 'skip_thought_signature_validator';
const BYPASS = [SKIP, 'context_engineering_is_the_way_to_go'];

/** Thoughts are known again by their signatures. */
export function remembers(
  { model }: Pick<CallBody, 'model'>,
  stamp: Stamp,
  { reasoning, calls }: Gathered,
): [string, Message[]][] {
  const signature = reasoning?.signature ?? (signs(model) && calls.length > 0 ? ownSignature(stamp) : undefined);
  return signature === undefined ? [] : [[signature, []]];
}

/** Why the thoughts of a conversation are not taken. */
export function forgedThought(contents: readonly Content[], memory: Memory | undefined): string | undefined {
  const known = (signature: string) => memory === undefined || memory.has(signature) || BYPASS.includes(signature);
  const foreign = contents
    .flatMap(({ parts = [] }) => parts)
    .find(({ thoughtSignature }) => thoughtSignature !== undefined && !known(thoughtSignature));
  return foreign === undefined ? undefined : 'Corrupted thought signature.';
}

/** In the turn that is under way, the first call of every step needs its signature. */
export function unsignedCall(steps: readonly Content[], model: string): string | undefined {
  if (!signs(model)) return undefined;
  const from = steps.findLastIndex(({ role, parts = [] }) => role !== 'model' && parts.some(isOwnWord));
  for (const [at, { role, parts = [] }] of steps.entries()) {
    const call = role === 'model' && at > from ? parts.find((part) => part.functionCall !== undefined) : undefined;
    if (call !== undefined && call.thoughtSignature === undefined)
      return `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call \`default_api:${call.functionCall?.name}\`, position ${at + 1}.`;
  }
  return undefined;
}

/** A user's turn is one that holds more than what tools gave. */
const isOwnWord = ({ functionResponse }: Part) => functionResponse === undefined;
