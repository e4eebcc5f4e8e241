import type { ModelCall } from '../core/model-call.ts';
import { defineMeaningFault, type Fault, type MeaningInjection } from '../core/plugin.ts';
import { type ErrorPart, inTurn, type Part, type Reply } from '../core/wire.ts';

/** A reply that is there at once. */
export function replyOf(...parts: Part[]): Reply {
  return { kind: 'http', parts: inTurn(parts) };
}

/** Replies at once in place of the provider, and tells the trace how; where `reply` gives nothing, the provider replies. */
export const replying =
  (reply: (call: ModelCall) => [did: string, ...parts: Part[]] | undefined): MeaningInjection =>
  async (call, next, around) => {
    const [did, ...parts] = reply(call) ?? [];
    if (did === undefined) return next(call);
    around.fired(did);
    return replyOf(...parts);
  };

/** A fault that is nothing but one of the provider's own errors, in the words of the protocol. */
export const errorFault = (
  name: string,
  summary: string,
  mode: ErrorPart['mode'],
  message: (call: ModelCall) => string,
): Fault =>
  defineMeaningFault({
    ...{ name, summary, effect: 'fails' },
    open: () => replying((call) => [`the error ${mode}`, { type: 'error', mode, message: message(call) }]),
  });
