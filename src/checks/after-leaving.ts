import type { EventOf } from '../core/trace.ts';

/** So long word of a user who left may be on its way. */
export const GRACE_MS = 250;

/** Whether something was begun when its user had left, and nobody could know of it yet. */
export const inGrace = ({ at }: { at: number }, left: EventOf<'left'>, grace_ms = GRACE_MS): boolean =>
  at <= left.at + grace_ms;
