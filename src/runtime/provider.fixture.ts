import type { CallBody } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import { type Frame, NetworkFailure, type Part, type Transport, type WireRequest } from '../core/wire.ts';
import type { HandClock } from './hand-clock.fixture.ts';

export interface Provider {
  transport: Transport;
  /** What arrived: as bytes, and as the server's end of the protocol read it. */
  calls: { at: number; request: WireRequest; body: CallBody }[];
  /** Calls that were left before they were over. */
  left: number;
}

/** A provider that reads real requests and answers in real bytes after `afterMs`, each but the first `gapMs` after the one before; or hangs, or breaks the connection. */
export function provider(
  protocol: Protocol,
  clock: HandClock,
  reply: (body: CallBody) => readonly Part[] | 'hang' | NetworkFailure['how'],
  afterMs = 100,
  gapMs = 0,
): Provider {
  const self: Provider = {
    calls: [],
    left: 0,
    async transport(request, signal) {
      const body = protocol.readCall(request);
      if ('refused' in body) throw new Error(`a strict provider would refuse this: ${body.message}`);
      self.calls.push({ at: clock.now(), request, body });
      const parts = reply(body);
      try {
        await (parts === 'hang' ? clock.never(signal) : clock.sleep(afterMs, signal));
      } catch (error) {
        self.left++;
        throw error;
      }
      if (typeof parts === 'string') throw new NetworkFailure(parts === 'hang' ? 'closed' : parts);
      const encoder = protocol.encoder(body, { id: `r${self.calls.length}`, atMs: clock.epochMs + clock.now() });
      const head = encoder.head(parts[0]);
      const frames: Frame[] = [...parts.flatMap((part) => encoder.push(part)), ...encoder.end()];
      const pause = () => (gapMs === 0 ? undefined : clock.sleep(gapMs, signal));
      return { status: head.status, headers: head.headers, body: bytes(frames, pause) };
    },
  };
  return self;
}

async function* bytes(frames: readonly Frame[], pause: () => Promise<void> | undefined): AsyncGenerator<Uint8Array> {
  for (const [i, frame] of frames.entries()) {
    if (i > 0) await pause();
    yield frame.wire;
  }
}

/** The parts of a whole, plain answer. */
export function says(text: string): Part[] {
  return [
    { type: 'text-delta', text },
    { type: 'usage', input: 1000, output: 100 },
    { type: 'end', reason: 'stop' },
  ];
}
