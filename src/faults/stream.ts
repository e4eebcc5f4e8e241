import { type Frame, type Head, header, type Part } from '../core/wire.ts';
import { parseJson } from '../text/json.ts';

/** Whether the body is a stream of events: one that holds an answer, or its beginning. */
export const isStream = ({ status, headers }: Head): boolean =>
  status < 400 && header(headers, 'content-type')?.startsWith('text/event-stream') === true;

/** Whether a frame holds a piece of the answer, and not only a border, a count or its end. */
export const isPiece = ({ parts }: Frame): boolean => parts.some(isSaid);

export const isSaid = ({ type }: Part): boolean => type !== 'usage' && type !== 'error' && type !== 'end';

export const hasEnd = ({ parts }: Frame): boolean => parts.some(({ type }) => type === 'end');

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The frame with the JSON in it changed: a body is that JSON, an event has it behind `data:`. Undefined where it stays the same. */
export function withJson(frame: Frame, change: (json: unknown) => unknown): Frame | undefined {
  const text = new TextDecoder().decode(frame.wire);
  const [from, to] = [text.indexOf('{'), text.lastIndexOf('}') + 1];
  const json = from === -1 ? undefined : parseJson(text.slice(from, to));
  if (json === undefined) return undefined;
  const changed = JSON.stringify(change(json));
  if (changed === JSON.stringify(json)) return undefined;
  return { ...frame, wire: bytesOf(text.slice(0, from) + changed + text.slice(to)) };
}
