import { z } from 'zod';
import { share } from '../core/numbers.ts';
import { type Around, defineWireFault } from '../core/plugin.ts';
import type { Frame } from '../core/wire.ts';

const OPENING = 0x7b;
const CLOSING = 0x7d;

export const malformedJson = defineWireFault({
  name: 'malformed-json',
  summary: 'The reply has its good status, but its JSON, or that of the first streamed event, breaks off.',
  effect: 'spoils',
  params: z.strictObject({
    at_share: share().default(0.5).describe('where the JSON breaks off, as a share of its bytes'),
  }),
  magnitude: { param: 'at_share', zero: 1 },
  example: '{ fault: malformed-json, role: primary, at_share: 0.9 }',
  open:
    ({ at_share }) =>
    (reply, _call, around) =>
      reply.head.status >= 400 ? reply : { ...reply, frames: garble(reply.frames, at_share, around) },
});

/** Only the first piece that holds JSON is broken: comments before it and events after it pass as they are. */
async function* garble(frames: AsyncIterable<Frame>, share: number, around: Around): AsyncGenerator<Frame> {
  let done = false;
  for await (const frame of frames) {
    const broken: Broken | undefined = done ? undefined : breakOff(frame, share);
    if (broken !== undefined) around.fired(`the JSON ends after ${broken.kept} of ${broken.of} bytes`);
    done ||= broken !== undefined;
    yield broken?.frame ?? frame;
  }
}

interface Broken {
  frame: Frame;
  /** Bytes of its JSON. */
  kept: number;
  of: number;
}

/** A frame whose JSON ends after a share of its bytes; undefined where it holds none. */
export function breakOff(frame: Frame, share: number): Broken | undefined {
  const from = frame.wire.indexOf(OPENING);
  const to = frame.wire.lastIndexOf(CLOSING) + 1;
  if (from === -1 || to <= from) return undefined;
  // An object without its last brace is no JSON, and neither is its first brace alone; nothing at all might pass for an empty reply.
  const kept = Math.min(Math.max(1, Math.floor((to - from) * share)), to - from - 1);
  // The provider has counted its tokens all the same.
  const counted = frame.parts.filter((part) => part.type === 'usage');
  const broken: Frame = {
    wire: new Uint8Array([...frame.wire.subarray(0, from + kept), ...frame.wire.subarray(to)]),
    parts: [...counted, { type: 'error', mode: 'malformed_response', message: 'the JSON breaks off', inBand: true }],
  };
  return { frame: broken, kept, of: to - from };
}
