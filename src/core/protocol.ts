import type { RoleRules } from './declaration.ts';
import type { Gathered } from './gathered.ts';
import type { CallBody, CallRefused, Message } from './model-call.ts';
import type { Card } from './plugin.ts';
import type { ErrorPart, Frame, Head, Part, WireRequest } from './wire.ts';

/** What makes one reply differ from the next: its id and when it was made (milliseconds since the Unix epoch). */
export interface Stamp {
  id: string;
  atMs: number;
}

/** Turns parts into bytes, a part at a time. Errors as the first part become an HTTP error reply. */
export interface Encoder {
  /** Asked once, before any `push`, with the first part to come (undefined: an empty reply). */
  head(first: Part | undefined): Head;
  push(part: Part): Frame[];
  end(): Frame[];
}

/** Turns bytes into frames, however the bytes were chunked. */
export interface Decoder {
  push(bytes: Uint8Array): Frame[];
  /** What is left when the bytes stop; a cut shows here as an `error` part of mode `truncated` or `malformed_response`. */
  end(): Frame[];
}

/** What of a call shapes the bytes of its reply. */
export type ReplyShape = Pick<CallBody, 'model' | 'stream' | 'wishes'>;

/**
 * What a provider remembers for one role, where its API lets a caller refer to it: what was said, by the id of a reply or
 * of a piece of it.
 */
export type Memory = ReadonlyMap<string, readonly Message[]>;

/**
 * How a provider's API speaks: both ends of the wire, synchronous and incremental.
 * Laws: untouched frames keep their bytes; decode(encode(parts)) = parts; decode(encode(decode(bytes))) = decode(bytes).
 */
export interface Protocol extends Card {
  /** Whose API it is: protocols of one API are served side by side, at one base URL. */
  api: string;
  /** How the URL path of its calls ends, as documentation shows it, e.g. `/chat/completions`. */
  path: string;
  /** What of a URL path comes before the protocol's own end of it; undefined where the call is not this protocol's. */
  baseOf(pathname: string): string | undefined;
  /** Whether its provider serves another API as well, at this base of a URL path. */
  serves?(api: string, base: string): boolean;
  /** The header that carries an API key, beside `Authorization: Bearer`; in lower case. */
  keyHeader?: string;
  /** Variables in which clients look for a key, beside a role's own: `if set`, they make do with another one. */
  keyEnvs?: Readonly<Record<string, 'always' | 'if set'>>;
  /** Variables in which clients look for a base URL. */
  urlEnvs?: readonly string[];
  /** Headers of requests and replies worth keeping, in lower case; none of them can hold a secret. */
  keeps: readonly string[];
  /** What an error's body says of when to come back, in milliseconds, where no header of this protocol does. */
  waitIn?(error: ErrorPart): number | undefined;
  /** The server's end. `memory` is what it kept of its replies to this role; without it, it takes every id for its own. */
  readCall(request: WireRequest, memory?: Memory): CallBody | CallRefused;
  /** What is kept of a whole reply, by the ids that later calls may name. */
  remembers?(call: CallBody, stamp: Stamp, said: Gathered): Iterable<readonly [id: string, said: readonly Message[]]>;
  /** Plain endpoints beside the models' own, such as a list of models: the JSON they reply; undefined where it is none of them. */
  plain?(request: WireRequest, models: readonly string[]): object | undefined;
  /** The client's end. */
  writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }): WireRequest;
  encoder(call: ReplyShape, stamp: Stamp): Encoder;
  /** `nowMs` (since the Unix epoch) turns a Retry-After date into a wait. */
  decoder(head: Head, nowMs: number): Decoder;
  /** What its provider turns away although the protocol allows it: rules of every role that says nothing else. */
  rules?: RoleRules;
  /** What its requests call what was said so far, and the limit of the output: how it says which of its rules was broken. */
  fields: { conversation: string; limit: string };
  /**
   * Servers that speak this protocol with differences of their own, by the name that a role gives as its `dialect`: each is
   * a whole protocol of this name.
   */
  dialects?: Readonly<Record<string, Protocol>>;
  /** A whole event, its blank line included, that says nothing and that clients of this API have to bear anywhere in a stream. */
  idle?: string;
}

/** The protocol that a role speaks, in its dialect; undefined where there is none of that name. */
export function protocolOf(
  protocols: readonly Protocol[],
  { protocol, dialect = '' }: { protocol: string; dialect?: string | undefined },
): Protocol | undefined {
  const own = protocols.find(({ name }) => name === protocol);
  return new Map(Object.entries(own?.dialects ?? {})).get(dialect) ?? own;
}

/** How a key is sent: in the header of its own, or as a bearer token. */
export const keyIn = (keyHeader: string | undefined, key: string): readonly [name: string, value: string] =>
  keyHeader === undefined ? ['authorization', `Bearer ${key}`] : [keyHeader, key];

/** Every header in which one of these protocols, or a dialect of theirs, carries a key of its own; in lower case. */
export const keyHeadersOf = (protocols: readonly Protocol[]): string[] =>
  protocols.flatMap((one) => [one, ...Object.values(one.dialects ?? {})]).flatMap(({ keyHeader }) => keyHeader ?? []);
