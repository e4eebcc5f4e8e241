import { z } from 'zod';
import type { ModelCall } from '../core/model-call.ts';
import { defineMeaningFault, type Fault } from '../core/plugin.ts';
import type { ErrorPart, Part, Reply } from '../core/wire.ts';

/** A reply that is there at once. */
export function replyOf(...parts: Part[]): Reply {
  return {
    kind: 'http',
    parts: (async function* () {
      yield* parts;
    })(),
  };
}

/** A reply that is nothing but an error. */
export const errorReply = (part: ErrorPart): Reply => replyOf(part);

/** A fault that is nothing but one of the provider's own errors, in the words of the protocol. */
export function errorFault(
  name: string,
  summary: string,
  mode: ErrorPart['mode'],
  message: (call: ModelCall) => string,
): Fault {
  return defineMeaningFault({
    name,
    summary,
    params: z.strictObject({}),
    example: `{ fault: ${name}, role: primary }`,
    open: () => async (call, _next, around) => {
      around.fired(`the error ${mode}`);
      return errorReply({ type: 'error', mode, message: message(call) });
    },
  });
}
