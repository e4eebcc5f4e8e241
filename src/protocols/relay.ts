import type { ModelCall } from '../core/model-call.ts';
import type { WireReplyInParts } from '../core/plugin.ts';
import type { Protocol, Stamp } from '../core/protocol.ts';
import type { Received } from '../core/upstream.ts';
import { atOnce, type Frame, inTurn, NetworkFailure, type Part, type Reply, withParts } from '../core/wire.ts';
import { createInflater, inflated } from './content-encoding.ts';
import { decodeFrames, encodeFrames, framesOf, peek } from './frames.ts';
import { mendFrames, openRecording, type Recording } from './recording.ts';

/** What a call gets when nothing is in the way: a scripted reply, or one as it came over the wire. */
export type Source = { kind: 'parts'; reply: Reply } | ({ kind: 'bytes' } & Received);

/** The injections armed on one call, already bound to what surrounds it; the first one is nearest to the caller. */
export interface Armed {
  meaning: ((call: ModelCall, next: (call: ModelCall) => Promise<Reply>) => Promise<Reply>)[];
  wire: ((reply: WireReplyInParts) => WireReplyInParts)[];
}

/** An injection that tells the parts of a reply in another way. */
export const retold =
  (tell: (parts: AsyncIterable<Part>) => AsyncIterable<Part>): Armed['meaning'][number] =>
  async (call, next) =>
    withParts(await next(call), tell);

type Delivery = ({ kind: 'http' } & WireReplyInParts) | Extract<Reply, { kind: 'none' }>;

/**
 * Puts the armed injections between a reply and its caller.
 * With nothing armed, recorded bytes pass chunk by chunk; what they say is read beside them.
 * With a meaning injection, a frame whose parts came through untouched keeps its bytes; the others are written anew.
 * Nothing is pulled from the source before the caller asks, except what the first part needs: the head depends on it.
 * The frames reject with a `NetworkFailure` where the source's bytes do.
 */
export async function respond(
  protocol: Protocol,
  call: ModelCall,
  stamp: Stamp,
  source: (call: ModelCall) => Promise<Source>,
  armed: Armed,
): Promise<Delivery> {
  let recording: Recording | undefined;
  const reply = async (asked: ModelCall): Promise<Reply> => {
    const answer = await source(asked);
    if (answer.kind === 'parts') return answer.reply;
    const { head, body } = changeable(answer);
    recording = openRecording(head, decodeBody(protocol, { head, body }, stamp), protocol.encoder(call, stamp));
    return { kind: 'http', parts: recording.parts };
  };

  if (armed.meaning.length === 0) {
    const answer = await source(call);
    if (answer.kind === 'parts') return spoken(answer.reply);
    if (armed.wire.length === 0)
      return { kind: 'http', head: answer.head, frames: readBeside(protocol, answer, stamp) };
    const { head, body } = changeable(answer);
    return withWire({ head, frames: decodeBody(protocol, { head, body }, stamp), idle: protocol.idle }, armed);
  }
  const meant = await armed.meaning.reduceRight<(call: ModelCall) => Promise<Reply>>(
    (next, inject) => (asked) => inject(asked, next),
    reply,
  )(call);
  return spoken(meant);

  async function spoken(said: Reply): Promise<Delivery> {
    if (said.kind === 'none') return said;
    const { idle } = protocol;
    const encoder = protocol.encoder(call, stamp);
    const parts = recording === undefined ? atOnce(said.parts) : undefined;
    if (parts !== undefined)
      return withWire({ head: encoder.head(parts[0]), frames: inTurn(framesOf(parts, encoder)), idle }, armed);
    const { first, all } = await peek(said.parts);
    const head = encoder.head(first);
    if (recording === undefined) return withWire({ head, frames: encodeFrames(all, encoder), idle }, armed);
    // An error and an answer differ in their heads; two answers do not.
    const kept = first !== undefined && (recording.holds(first) || (head.status < 400 && recording.head.status < 400));
    return withWire({ head: kept ? recording.head : head, frames: mendFrames(all, recording, encoder), idle }, armed);
  }
}

/** A wire injection that throws a `NetworkFailure` lets not even the head through. */
function withWire(reply: WireReplyInParts, armed: Armed): Delivery {
  try {
    const { idle } = reply;
    return { kind: 'http', ...armed.wire.reduceRight((inner, inject) => ({ ...inject(inner), idle }), reply) };
  } catch (error) {
    if (error instanceof NetworkFailure) return { kind: 'none', how: error.how };
    throw error;
  }
}

/** The bytes as they come, each chunk with what it says. */
async function* readBeside(protocol: Protocol, { head, body }: Received, stamp: Stamp): AsyncGenerator<Frame> {
  const inflater = createInflater(head);
  const decoder = protocol.decoder(head, stamp.atMs);
  for await (const wire of body) yield { wire, parts: decoder.push(await inflater.push(wire)).flatMap(partsOf) };
  const parts = decoder.end().flatMap(partsOf);
  if (parts.length > 0) yield { wire: new Uint8Array(0), parts };
}

const partsOf = ({ parts }: Frame) => parts;

/** Whatever is changed is as long as it becomes. */
function changeable(answer: Received): Received {
  const { head, body } = inflated(answer);
  const { length: _, ...rest } = head;
  return { head: rest, body };
}

function decodeBody(protocol: Protocol, { head, body }: Received, stamp: Stamp): AsyncIterable<Frame> {
  return decodeFrames(body, protocol.decoder(head, stamp.atMs));
}
