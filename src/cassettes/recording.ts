import type { Take } from '../core/cassette.ts';
import type { Clock } from '../core/clock.ts';
import { gather } from '../core/gathered.ts';
import { type CallOutside, type ReplySource, Withheld } from '../core/upstream.ts';
import { header, watched } from '../core/wire.ts';
import { concat } from '../protocols/json.ts';
import type { Redaction } from '../redaction/redact.ts';
import { isoTime } from '../world/index.ts';
import { framesIn, type HeardReply, redactedReply } from './redacted-reply.ts';
import { keyOf, requestOf } from './request.ts';

/** Whose calls are recorded, and by which clock. */
interface Recorded {
  clock: Clock;
  workflow: string;
  drill: string;
}

interface Heard extends HeardReply, Pick<Recorded, 'workflow' | 'drill'> {
  outside: CallOutside;
  /** When it was asked, in milliseconds since the Unix epoch. */
  atMs: number;
}

/** What was heard in a run: nothing of it is redacted before `takesOf`, and it goes nowhere else. */
export class Tape {
  readonly heard: Heard[] = [];
  /** Calls whose reply did not come to its end, or that got none. */
  readonly broken: CallOutside[] = [];
  /** Whether every call was passed on, and no connection broke: else the target may have asked less than it does. */
  whole = true;
}

/** Asks the source, and notes on the tape what it replies: before any fault, without a content encoding. */
export function recording(source: ReplySource, tape: Tape, { clock, workflow, drill }: Recorded): ReplySource {
  return {
    async ask(outside, signal) {
      const began = clock.now();
      const received = await source.ask({ ...outside, identity: true }, signal).catch((error: unknown) => {
        if (!(error instanceof Withheld)) tape.broken.push(outside);
        tape.whole &&= signal?.aborted === true;
        throw error;
      });
      const headAt = clock.now();
      const chunks: { ms: number; bytes: Uint8Array }[] = [];
      const { head } = received;
      const heard = { outside, head, head_ms: headAt - began, chunks, workflow, drill, atMs: clock.epochMs + began };
      const body = watched(received.body, {
        on: (bytes) => void chunks.push({ ms: clock.now() - headAt, bytes }),
        over(how) {
          // Many clients read no further than what ends the message.
          if (how === 'ended' || saysItsEnd(heard)) tape.heard.push(heard);
          else tape.broken.push(outside);
          tape.whole &&= how !== 'failed' || signal?.aborted === true;
        },
      });
      return { ...received, body };
    },
  };
}

function saysItsEnd({ outside, head, chunks }: Pick<Heard, 'outside' | 'head' | 'chunks'>): boolean {
  if (chunks.length === 0) return false;
  const frames = framesIn(concat(chunks.map(({ bytes }) => bytes)), head, outside.protocol);
  const { end, error } = gather(frames.flatMap(({ parts }) => parts));
  return end !== undefined && error === undefined;
}

/** A take, and where it belongs. */
export interface Taken {
  workflow: string;
  task: string;
  take: Take;
}

/**
 * What there is to be kept of a tape, a take for each different request; of several replies to the same one the first that
 * is no error. `unsafe` counts what was left out because something secret might be left in it; `unanswered` are the keys of
 * requests whose replies did not come to their end.
 */
export async function takesOf(
  tape: Tape,
  { redaction, version }: { redaction: Redaction; version: string },
): Promise<{ taken: Taken[]; unsafe: number; unanswered: string[] }> {
  const byKey = new Map<string, Taken>();
  let unsafe = 0;
  for (const heard of tape.heard) {
    const { outside, workflow, drill, atMs } = heard;
    const { call, protocol, role, request: sent } = outside;
    const request = requestOf(call, redaction);
    const key = `${workflow}/${keyOf(request)}`;
    const before = byKey.get(key)?.take;
    if (before !== undefined && !before.about.drills.includes(drill)) before.about.drills.push(drill);
    if (before !== undefined && (before.reply.status < 400 || heard.head.status >= 400)) continue;
    const reply = await redactedReply(heard, protocol, redaction);
    if (reply === undefined) {
      unsafe += 1;
      continue;
    }
    const client = header(sent.headers, 'user-agent');
    const api = sent.headers.filter(([name]) => protocol.keeps.includes(name.toLowerCase()) && /version/i.test(name));
    const about: Take['about'] = {
      provider: role.provider,
      recorded: isoTime(atMs).slice(0, 'yyyy-mm-dd'.length),
      drill: version,
      ...(client !== undefined && { client: redaction.text(client) }),
      ...(api.length > 0 && { api: Object.fromEntries(api.map(([name, value]) => [name.toLowerCase(), value])) }),
      drills: before?.about.drills ?? [drill],
    };
    byKey.set(key, { workflow, task: call.task, take: { request, reply, about } });
  }
  const unanswered = tape.broken.map(({ call }) => keyOf(requestOf(call, redaction)));
  return { taken: [...byKey.values()], unsafe, unanswered };
}
