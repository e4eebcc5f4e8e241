import { z } from 'zod';
import type { EventOf } from './trace.ts';

/** What a call has to be for a fault to find anything in it that it could break. */
export const Need = z.enum(['stream', 'whole', 'tools', 'schema', 'images']);
export type Need = z.infer<typeof Need>;

/** How it shows in the event of a call, and how that is said: "no call to primary …". */
export const NEEDS: Readonly<Record<Need, { met(call: EventOf<'call'>): boolean; words: string }>> = {
  stream: { met: ({ stream }) => stream, words: 'was streamed' },
  whole: { met: ({ stream }) => !stream, words: 'asked for a reply in one piece' },
  tools: { met: ({ tools }) => tools !== undefined, words: 'was offered tools' },
  images: { met: ({ images }) => images !== undefined, words: 'showed a picture' },
  schema: { met: ({ digests }) => digests.schema !== null, words: 'asked for structured output' },
};
