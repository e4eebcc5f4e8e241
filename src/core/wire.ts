/** A header list as it goes over the wire: order and repetition kept. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** Node's list of a message's names and values, one after the other. */
export const headersOf = (raw: readonly string[]): Headers =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []));

export interface WireRequest {
  method: string;
  /** Absolute. */
  url: string;
  headers: Headers;
  body: Uint8Array;
  /** Whose port it came to; without it the host decides. */
  role?: string;
}

export interface WireReply {
  status: number;
  headers: Headers;
  /** Bytes of the body, where they are known before the first of them. */
  length?: number;
  /** Chunks as they arrive. Rejects with a `NetworkFailure` where the connection breaks. */
  body: AsyncIterable<Uint8Array>;
}

/**
 * The port between whoever calls a model and the wire: bytes in; status, headers and bytes out.
 * Rejects with a `NetworkFailure` when there is no reply, and with the signal's reason when the caller leaves.
 */
export type Transport = (request: WireRequest, signal?: AbortSignal) => Promise<WireReply>;

/** No reply, or only a part of one. `how` names what the socket did. */
export class NetworkFailure extends Error {
  readonly how: 'refused' | 'reset' | 'closed';
  constructor(how: 'refused' | 'reset' | 'closed') {
    super(how === 'refused' ? 'connection refused' : how === 'reset' ? 'connection reset' : 'other side closed');
    this.name = 'NetworkFailure';
    this.how = how;
  }
}

/** The first value of a header, by its case-insensitive name. */
export function header(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return headers.find(([n]) => n.toLowerCase() === wanted)?.[1];
}

/** Status line, headers and framing of a reply, before it is bytes. */
export interface Head {
  status: number;
  headers: Headers;
  /** How the end of the body is told on a socket: a length, chunks, or closing the connection. */
  framing: 'length' | 'chunked' | 'close';
  /** Bytes of the body, where they are known; whatever changes the body changes them. */
  length?: number;
}

/** One piece of a reply's body, with what it says. An untouched frame goes out byte for byte. */
export interface Frame {
  wire: Uint8Array;
  parts: Part[];
}

/** What a reply means, whatever protocol it is spoken in. */
export type Part =
  /** What the model thought before it spoke; `signature` is how the provider knows its own thoughts again. */
  | { type: 'reasoning-delta'; text: string; signature?: string }
  | { type: 'text-delta'; text: string }
  | { type: 'refusal-delta'; text: string }
  /** A tool call begins; its arguments follow as `tool-call-delta` parts of the same id. */
  | { type: 'tool-call'; id: string; name: string }
  | { type: 'tool-call-delta'; id: string; arguments: string }
  | ({ type: 'usage' } & Usage)
  | ErrorPart
  | { type: 'end'; reason: EndReason };

/** Token counts. */
export interface Usage {
  /** Includes `cached` and `written`. */
  input: number;
  /** Includes `reasoning`. */
  output: number;
  cached?: number;
  /** Input that the provider was to keep for later calls. */
  written?: number;
  reasoning?: number;
}

export type EndReason = 'stop' | 'length' | 'tool-calls' | 'refusal' | 'content-filter';

/** A provider's error. As the first part it becomes an HTTP error reply; later, or with `inBand`, it goes inside the stream. */
export interface ErrorPart {
  type: 'error';
  mode: import('./taxonomy.ts').FailureMode;
  message: string;
  /** Overrides the protocol's usual status for the mode (e.g. 502 or 503 for `server_error`). */
  status?: number;
  /** Milliseconds from now after which the provider says to come back, below 0 for a date gone by; as `garbage` it says nothing that can be read. */
  retryAfter?: { ms: number; as: 'seconds' | 'http-date' | 'garbage' };
  inBand?: boolean;
  /** The offending field of the request, where the protocol names one. */
  param?: string;
  /** The provider's own word for it, where the failure mode alone does not say it. */
  code?: string;
  /** In which of its protocol's shapes it is said in band, where there are several; without it the protocol's own rule chooses. */
  shape?: string;
}

/** A reply in meaning: an HTTP reply made of parts, or no reply at all. */
export type Reply =
  | { kind: 'http'; parts: AsyncIterable<Part> }
  | { kind: 'none'; how: 'refused' | 'reset' | 'closed' };

/** The same reply, where there is one, with its parts told in another way. */
export const withParts = (reply: Reply, tell: (parts: AsyncIterable<Part>) => AsyncIterable<Part>): Reply =>
  reply.kind === 'none' ? reply : { ...reply, parts: tell(reply.parts) };

/** What is there already, one after the other. No generator: that makes several promises of each. */
export const inTurn = <T>(items: Iterable<T>): AsyncIterable<T> => new InTurn(items);

/** All that is still left of them, where they are there already: to wait for each would be dear. */
export const atOnce = <T>(items: AsyncIterable<T>): T[] | undefined =>
  items instanceof InTurn ? items.takeAll() : undefined;

class InTurn<T> implements AsyncIterable<T> {
  readonly #left: Iterator<T>;

  constructor(items: Iterable<T>) {
    this.#left = items[Symbol.iterator]();
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return { next: async () => this.#left.next() };
  }

  takeAll(): T[] {
    const taken: T[] = [];
    for (let one = this.#left.next(); one.done !== true; one = this.#left.next()) taken.push(one.value);
    return taken;
  }
}

/** The same bytes, with somebody who sees them; whoever leaves, even before the first of them, leaves the source as well. */
export function watched(
  body: AsyncIterable<Uint8Array>,
  seen: { on?(bytes: Uint8Array): void; over(how: 'ended' | 'left' | 'failed'): void },
): AsyncIterable<Uint8Array> {
  const inner = body[Symbol.asyncIterator]();
  let open = true;
  const end: typeof seen.over = (how) => {
    if (open) seen.over(how);
    open = false;
  };
  const iterator: AsyncIterator<Uint8Array> = {
    async next() {
      try {
        const result = await inner.next();
        if (result.done === true) end('ended');
        else seen.on?.(result.value);
        return result;
      } catch (error) {
        end('failed');
        throw error;
      }
    },
    async return() {
      end('left');
      await inner.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
