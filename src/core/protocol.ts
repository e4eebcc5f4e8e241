import type { CallBody, CallRefused } from './model-call.ts';
import type { Card } from './plugin.ts';
import type { Frame, Head, Part, WireRequest } from './wire.ts';

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

/**
 * How a provider's API speaks: both ends of the wire, synchronous and incremental.
 * Laws: untouched frames keep their bytes; decode(encode(parts)) = parts; decode(encode(decode(bytes))) = decode(bytes).
 */
export interface Protocol extends Card {
  /** The end of the URL path by which this protocol's calls are known, e.g. `/chat/completions`. */
  path: string;
  /** The server's end. */
  readCall(request: WireRequest): CallBody | CallRefused;
  /** The client's end. */
  writeCall(call: CallBody, endpoint: { base_url: string; api_key: string }): WireRequest;
  /** `version` and `stream` of the call shape the bytes. */
  encoder(call: Pick<CallBody, 'model' | 'stream' | 'includeUsage' | 'version'>, stamp: Stamp): Encoder;
  /** `nowMs` (since the Unix epoch) turns a Retry-After date into a wait. */
  decoder(head: Head, nowMs: number): Decoder;
}
