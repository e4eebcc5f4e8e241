import type { Cassette, RecordedReply, RecordedRequest } from '../core/cassette.ts';
import { bodyOf } from '../core/cassette-body.ts';
import type { Clock } from '../core/clock.ts';
import { type Received, type ReplySource, Withheld } from '../core/upstream.ts';
import type { Redaction } from '../redaction/redact.ts';
import { nearestTo } from './nearest.ts';
import { takeId } from './refs.ts';
import { keyOf, requestOf } from './request.ts';

interface Kept {
  id: string;
  request: RecordedRequest;
  reply: RecordedReply;
}

/**
 * Replies out of cassettes, byte for byte and in their time. Who asks the same again gets the same again. A request that was
 * not recorded is withheld, with the one that is most like it.
 */
export function replaying(
  cassettes: readonly Cassette[],
  { clock, redaction }: { clock: Clock; redaction: Redaction },
): ReplySource {
  const known = cassettes.flatMap((cassette) =>
    cassette.takes.map(({ request, reply }, i): Kept => ({ id: takeId(cassette, i), request, reply })),
  );
  // The same words may have been recorded for two tasks: the first one answers.
  const byKey = new Map(known.toReversed().map((one) => [keyOf(one.request), one]));
  return {
    async ask({ call }, signal) {
      const asked = requestOf(call, redaction);
      const found = byKey.get(keyOf(asked));
      if (found === undefined) throw missing(call.task, asked, known);
      await clock.sleep(found.reply.head_ms, signal);
      return { ...played(found.reply, clock, signal), recording: found.id };
    },
  };
}

/** A recorded reply from its head on. */
function played(reply: RecordedReply, clock: Clock, signal: AbortSignal | undefined): Received {
  const { status, headers, framing, chunks } = reply;
  const bytes = bodyOf(reply);
  async function* body() {
    const began = clock.now();
    let at = 0;
    for (const [ms, size] of chunks) {
      const wait = began + ms - clock.now();
      if (wait > 0) await clock.sleep(wait, signal);
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  const head = { status, headers, framing, ...(framing === 'length' && { length: bytes.length }) };
  return { head, body: body() };
}

function missing(task: string, asked: RecordedRequest, known: readonly Kept[]): Withheld {
  const near = nearestTo(asked, known, ({ request }) => request);
  const like = near === undefined ? 'there is none at all' : `the nearest is ${near.one.id}: ${near.differs}`;
  return new Withheld(
    'no_recording',
    `there is no recording for this call of ${task} to ${asked.role}; ${like}`,
    'Undo the change, or record the calls anew with `drill run … --mode live --record`.',
  );
}
