import { gather, nothing } from '../core/gathered.ts';
import { type CallOutside, type Received, type ReplySource, Withheld } from '../core/upstream.ts';
import { NetworkFailure } from '../core/wire.ts';
import { createInflater } from '../protocols/content-encoding.ts';
import { withOutputLimit } from './output-limit.ts';
import type { Refusal } from './refusal.ts';
import type { Reservation, Spend } from './spend.ts';
import { UpstreamFailure, UpstreamRefused } from './upstream/failures.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Replies of the providers themselves. Each call is paid before it leaves; one that cannot be is withheld. */
export function liveReplies(upstream: Upstream, spend: Spend, nowMs: () => number): ReplySource {
  return {
    async ask(outside, signal) {
      const { call, role, request, identity } = outside;
      const paid = await spend.reserve({ request, call, role: call.role, at: role });
      if (!paid.granted) throw withheld(paid);
      const sent = await limited(outside, paid);
      try {
        const received = await upstream.send({ role: call.role, request: sent, identity }, signal);
        const { maxOutputTokens: tokens } = paid;
        const limit = tokens === undefined ? undefined : { tokens, cut: false };
        return { head: received.head, limit, body: settling({ ...received, limit }, outside, paid, nowMs()) };
      } catch (error) {
        await (hasNotLeft(error) ? paid.notSent() : paid.settle(nothing()));
        throw error instanceof UpstreamRefused ? new Withheld('not_sent', error.why, error.fix) : error;
      }
    },
  };
}

const withheld = ({ because, why, fix }: Refusal) => new Withheld(because, why, fix);

const hasNotLeft = (error: unknown): boolean =>
  (error instanceof UpstreamFailure || error instanceof UpstreamRefused) && error.notSent;

/** The request with the limit that its reservation rests on. */
async function limited({ request, protocol }: CallOutside, paid: Reservation) {
  const { maxOutputTokens } = paid;
  const sent = maxOutputTokens === undefined ? request : withOutputLimit(request, protocol, maxOutputTokens);
  if (sent !== undefined) return sent;
  await paid.notSent();
  throw new Withheld(
    'no_output_limit',
    'the request sets no limit to its output, and its protocol has no place for one',
    'Let the target set one.',
  );
}

/**
 * The body as it comes. At its end, whichever that is, the call is settled by what the provider itself said of its usage: also
 * where nobody reads on, or ever begins to.
 */
function settling(
  { head, body, limit }: Received,
  { protocol }: CallOutside,
  paid: Reservation,
  nowMs: number,
): AsyncIterable<Uint8Array> {
  const said = nothing();
  const inflater = createInflater(head);
  const decoder = protocol.decoder(head, nowMs);
  const source = body[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const { done, value } = await source.next();
          const frames = done ? decoder.end() : decoder.push(await inflater.push(value));
          for (const { parts } of frames) gather(parts, said);
          if (limit !== undefined) limit.cut ||= said.end === 'length';
          if (!done) return { value, done };
        } catch (error) {
          await paid.settle(said);
          // Its status has gone out: what is left is to break off.
          throw error instanceof UpstreamRefused ? new NetworkFailure('reset') : error;
        }
        await paid.settle(said);
        return { value: undefined, done: true };
      },
      async return() {
        await source.return?.();
        await paid.settle(said);
        return { value: undefined, done: true };
      },
    }),
  };
}
