import type { ErrorPart, Reply } from '../core/wire.ts';

/** A reply that is nothing but an error. */
export function errorReply(part: ErrorPart): Reply {
  return {
    kind: 'http',
    parts: (async function* () {
      yield part;
    })(),
  };
}
