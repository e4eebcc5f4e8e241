import type { CallView } from '../core/evidence.ts';

/** So long a program may take to hang up once it has read something, in milliseconds. */
const AT_ONCE_MS = 20;

/**
 * Whether its reply was whole and good, told in an unusual way, and its caller left as a part of it came: for what it had read, not
 * for how long that took.
 */
export const isLeftUnread = ({ head, abort, fired }: CallView): boolean =>
  head !== undefined &&
  abort !== undefined &&
  fired.length > 0 &&
  fired.every((f) => f.effect === 'odd') &&
  (abort.flow?.idle_ms ?? abort.at - head.at) <= AT_ONCE_MS;
