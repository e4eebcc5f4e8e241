import type { Part, Usage } from '../core/wire.ts';
import { isRecord, type Json } from '../text/json.ts';

export const asRecord = (value: unknown): Json => (isRecord(value) ? value : {});
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
/** Undefined where there are none. */
export const listed = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items);
export const asCount = (value: unknown): number => (typeof value === 'number' && value > 0 ? Math.floor(value) : 0);

/** What was counted; of tokens of which there were none, nothing is said. */
export function usagePart({ input, output, ...some }: Usage): Part {
  const counted = Object.entries(some).filter(([, tokens]) => tokens > 0);
  return { type: 'usage', input, output, ...Object.fromEntries(counted) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

/** A byte order mark is dropped, broken characters become U+FFFD: as every client's decoder does. */
export const fromUtf8 = (bytes: Uint8Array): string => decoder.decode(bytes);

/** A character a byte, whatever they stand for: the quickest text that other bytes do not have. */
export const asLatin1 = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(chunks.reduce((sum, c) => sum + c.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
