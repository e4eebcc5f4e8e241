import type { Role } from './declaration.ts';
import type { ModelCall } from './model-call.ts';
import type { Protocol } from './protocol.ts';
import type { Head, WireRequest } from './wire.ts';

/** A reply as it came over the wire. */
export interface Received {
  /** Without `content-length`: see `framing` and `length`. */
  head: Head;
  /** Chunks as they arrive, in the head's content encoding. Rejects with a `NetworkFailure` where the connection breaks. */
  body: AsyncIterable<Uint8Array>;
  /** Which recording it is, where it is one. */
  recording?: string;
  /** Output tokens to which we limited it, where the caller set no limit; `cut` once the provider says that it ends there. */
  limit?: { tokens: number; cut: boolean } | undefined;
}

/** A call whose reply no script gives. */
export interface CallOutside {
  call: ModelCall;
  role: Role;
  protocol: Protocol;
  /** As the target sent it, at the URL of the role's provider. */
  request: WireRequest;
  /** A fault reads or changes the reply on its way: it should come without a content encoding. */
  identity: boolean;
}

/** Where replies come from in place of scripts: a provider, or what was recorded of one. */
export interface ReplySource {
  /** Rejects with a `NetworkFailure` where there is no reply, with `Withheld` where nobody was asked. */
  ask(outside: CallOutside, signal: AbortSignal | undefined): Promise<Received>;
}

/** The call was not passed on, and that says nothing of the target: the drill is open. */
export class Withheld extends Error {
  /** For a program, e.g. `no_room`. */
  readonly because: string;
  readonly fix: string;

  /** `why` is one sentence without its full stop. */
  constructor(because: string, why: string, fix: string) {
    super(why);
    this.name = 'Withheld';
    this.because = because;
    this.fix = fix;
  }
}
