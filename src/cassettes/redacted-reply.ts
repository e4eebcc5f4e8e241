import type { RecordedReply } from '../core/cassette.ts';
import { storedBody, textOf } from '../core/cassette-body.ts';
import type { Protocol } from '../core/protocol.ts';
import type { Frame, Head, Headers, Part } from '../core/wire.ts';
import { createInflater } from '../protocols/content-encoding.ts';
import { concat, fromUtf8, utf8 } from '../protocols/json.ts';
import { type Change, changedPieces, redactPieces } from '../redaction/pieces.ts';
import type { Redaction } from '../redaction/redact.ts';
import { parseJson } from '../text/json.ts';

/** A reply as it was received. */
export interface HeardReply {
  head: Head;
  /** Milliseconds from the call to the head. */
  head_ms: number;
  /** Each with its milliseconds since the head. */
  chunks: readonly { ms: number; bytes: Uint8Array }[];
}

/** What clients read of a reply's head; what names accounts, machines and single requests is left out. */
const KEPT = /^(?:content-type|retry-after|x-should-retry|openai-(?:model|version)|(?:[\w-]+-)?ratelimit-[\w-]+)$/;

export const isKept = (name: string, { keeps }: Pick<Protocol, 'keeps'>): boolean =>
  KEPT.test(name) || keeps.includes(name);

/**
 * A reply as a cassette keeps it, without its content encoding and without secrets: they are looked for in its bytes as a
 * whole, across chunks, and in what it says as a whole, across the events of a stream. Undefined where one may be left.
 */
export async function redactedReply(
  heard: HeardReply,
  protocol: Protocol,
  redaction: Redaction,
): Promise<RecordedReply | undefined> {
  const { head, head_ms } = heard;
  const chunks = await plainChunks(heard);
  if (chunks === undefined) return undefined;
  const body = redactedBody(chunks, head, protocol, redaction);
  if (body === undefined) return undefined;
  const sized = chunks.map(({ ms }, i) => [ms, body[i]?.length ?? 0] as [number, number]);
  return {
    status: head.status,
    headers: keptOf(head.headers, protocol).map(([name, value]) => [name, redaction.text(value)]),
    framing: head.framing,
    head_ms,
    chunks: sized.filter(([, size]) => size > 0),
    ...storedBody(concat(body)),
  };
}

const keptOf = (headers: Headers, protocol: Protocol): Headers =>
  headers.map(([name, value]) => [name.toLowerCase(), value] as const).filter(([name]) => isKept(name, protocol));

/** Undefined where nobody here can read them. */
async function plainChunks({ head, chunks }: HeardReply): Promise<HeardReply['chunks'] | undefined> {
  const inflater = createInflater(head);
  const plain: { ms: number; bytes: Uint8Array }[] = [];
  for (const { ms, bytes } of chunks) plain.push({ ms, bytes: await inflater.push(bytes) });
  const size = (all: HeardReply['chunks']) => all.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return size(plain) === 0 && size(chunks) > 0 ? undefined : plain;
}

function redactedBody(
  chunks: HeardReply['chunks'],
  head: Head,
  protocol: Protocol,
  redaction: Redaction,
): Uint8Array[] | undefined {
  const bytes = chunks.map((chunk) => chunk.bytes);
  const text = textOf(concat(bytes));
  if (text === undefined) {
    const letters = Buffer.from(concat(bytes)).toString('latin1');
    return redaction.text(letters) === letters ? bytes : undefined;
  }
  const pieces = decoded(bytes);
  const framesOf = (body: string) => framesIn(utf8(body), head, protocol);
  const said = changedPieces(pieces, changesInSaid(framesOf(text), redaction));
  const clean = redactPieces(said, redaction);
  const whole = clean.join('');
  if (whole === text) return bytes;
  // What a stream says in another way than in texts of its events cannot be changed there.
  return changesInSaid(framesOf(whole), redaction).length > 0 ? undefined : clean.map(utf8);
}

/** Each chunk as text; a character that is cut belongs to the chunk in which it ends. */
function decoded(chunks: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return chunks.map((bytes) => decoder.decode(bytes, { stream: true }));
}

export function framesIn(
  body: Uint8Array,
  head: Pick<Head, 'status' | 'headers' | 'framing'>,
  protocol: Protocol,
): Frame[] {
  const decoder = protocol.decoder(head, 0);
  return [...decoder.push(body), ...decoder.end()];
}

/** A piece of something that a reply says bit by bit, and the frame in which it stands. */
interface Bit {
  text: string;
  from: number;
  frame: string;
}

/** What has to change in the events of a stream so that nothing secret is said by them together. */
function changesInSaid(frames: readonly Frame[], redaction: Redaction): Change[] {
  const saying = new Map<string, Bit[]>();
  let from = 0;
  for (const { wire, parts } of frames) {
    const frame = fromUtf8(wire);
    for (const part of parts) {
      const [what, text] = bitOf(part);
      if (text === '') continue;
      saying.set(what, [...(saying.get(what) ?? []), { text, from, frame }]);
    }
    from += frame.length;
  }
  const changes = [...saying.values()].flatMap((bits) => {
    const clean = redactPieces(
      bits.map(({ text }) => text),
      redaction,
    );
    return bits.flatMap((bit, i) => (clean[i] === bit.text ? [] : changeOf(bit, clean[i] ?? '')));
  });
  return changes.sort((a, b) => a.from - b.from);
}

function bitOf(part: Part): [what: string, text: string] {
  if (part.type === 'tool-call-delta') return [part.id, part.arguments];
  return 'text' in part ? [part.type, part.text] : ['', ''];
}

const LITERAL = /"(?:[^"\\]|\\.)*"/g;

/** Where in its frame a piece is written as a text of JSON. */
function changeOf({ text, from, frame }: Bit, by: string): Change[] {
  for (const { 0: literal, index } of frame.matchAll(LITERAL)) {
    if (parseJson(literal) !== text) continue;
    return [{ from: from + index, to: from + index + literal.length, by: JSON.stringify(by) }];
  }
  return [];
}
