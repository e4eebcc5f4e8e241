import type { Clock } from '../core/clock.ts';
import { NetworkFailure, type Transport, type WireReply, type WireRequest } from '../core/wire.ts';
import { whenAborted } from './abort.ts';
import { bare, originals, web } from './originals.ts';
import { at, currentPlace } from './place.ts';
import { VirtualClock } from './virtual-clock.ts';

/**
 * How long Node waits for headers, and between two chunks of a body: 300 s by undici's own half-second ticks,
 * measured over sockets as 300.9 s for both.
 */
const UNDICI_LIMIT_MS = 300_900;

/** Statuses whose replies have no body. */
const BODILESS = [101, 103, 204, 205, 304];

/** What Node's fetch says of itself unless the caller does. */
const OWN_HEADERS = [
  ['accept', '*/*'],
  ['accept-language', '*'],
  ['sec-fetch-mode', 'cors'],
  ['user-agent', 'node'],
  ['accept-encoding', 'gzip, deflate'],
] as const;

/**
 * A `fetch` over a transport that behaves as Node's own does over sockets: the same rejections
 * (`TypeError: fetch failed` before headers, `terminated` after, with their causes), the same limits, the caller's
 * signal heard at any moment. Redirects are not followed and content encodings not undone: the transport's business.
 */
export function createNodeFetch(transport: Transport, clock: Clock): typeof globalThis.fetch {
  return async (input, init) => {
    // The caller's signal is heard directly: a Request would only follow it weakly, at the mercy of the collector.
    const { signal, ...rest } = init ?? {};
    const request = plainRequest(input, rest) ?? makeRequest(input, { ...rest, signal: null });
    if (!/^https?:/.test(request.url)) return originals.fetch(input, init);
    const caller = signal === undefined && input instanceof web.Request ? input.signal : signal;
    if (caller?.aborted) throw caller.reason;
    const exchange = new Exchange(clock, caller);
    try {
      const wire = await exchange.wait(readRequest(request, init?.body));
      const reply = await exchange.wait(transport(wire, exchange.signal), headersTimeout);
      return readReply(request.url, reply, exchange);
    } catch (error) {
      exchange.end();
      throw error instanceof NetworkFailure
        ? new TypeError('fetch failed', { cause: causeOf(error, request.url) })
        : error;
    }
  };
}

/**
 * A Request that is given a body looks up `queueMicrotask` among the globals; Node 24 does so in a promise of its own,
 * whose rejection would be told as the target's. While it is made, the global is what it was before the target.
 */
function makeRequest(input: string | URL | Request, init: RequestInit): Request {
  const found = Reflect.getOwnPropertyDescriptor(globalThis, 'queueMicrotask');
  const own = { value: web.queueMicrotask, writable: true, enumerable: true, configurable: true };
  const patched = found === undefined || bare(found).value !== own.value;
  if (patched) Reflect.defineProperty(globalThis, 'queueMicrotask', bare(own));
  try {
    return new web.Request(input, init);
  } finally {
    if (found === undefined) Reflect.deleteProperty(globalThis, 'queueMicrotask');
    else if (patched) Reflect.defineProperty(globalThis, 'queueMicrotask', found);
  }
}

type Asked = Pick<Request, 'url' | 'method' | 'headers'>;

/**
 * What a Request would say of the call that SDKs make, a text that is posted: to make one, with its stream and its signal, takes
 * longer than all the rest. Undefined of any other, and of what a Request would refuse.
 */
function plainRequest(input: unknown, init: RequestInit): Asked | undefined {
  const { method, headers: given, body, ...more } = init;
  const isPost = method === 'POST' || method === 'post';
  if (typeof input !== 'string' || !isPost || typeof body !== 'string' || Object.keys(more).length > 0)
    return undefined;
  try {
    const { href, username, password } = new web.URL(input);
    const headers = new web.Headers(given);
    if (!headers.has('content-type')) headers.set('content-type', 'text/plain;charset=UTF-8');
    return username === '' && password === '' ? { url: href, method: 'POST', headers } : undefined;
  } catch {
    return undefined;
  }
}

async function readRequest(request: Asked | Request, body: unknown): Promise<WireRequest> {
  const headers = [...request.headers];
  for (const [name, value] of OWN_HEADERS) if (!request.headers.has(name)) headers.push([name, value]);
  // A string is what SDKs send; encoding it here spares reading it back out of the Request.
  const read = request instanceof web.Request && typeof body !== 'string';
  const bytes = read ? new Uint8Array(await request.arrayBuffer()) : new web.TextEncoder().encode(String(body));
  return { method: request.method, url: request.url, headers, body: bytes };
}

function readReply(url: string, reply: WireReply, exchange: Exchange): Response {
  const empty = BODILESS.includes(reply.status);
  if (empty) exchange.end();
  const response = new web.Response(empty ? null : readBody(reply, exchange), {
    status: reply.status,
    statusText: process.getBuiltinModule('node:http').STATUS_CODES[reply.status] ?? '',
    headers: reply.headers.map(([name, value]): [string, string] => [name, value]),
  });
  return located(response, url);
}

/** A constructed response has no URL; a fetched one has, and so have its clones. */
function located(response: Response, url: string): Response {
  const { clone } = response;
  return Object.defineProperties(response, {
    url: bare({ value: url, configurable: true }),
    clone: bare({ value: () => located(Reflect.apply(clone, response, []), url), configurable: true }),
  });
}

/** Pulls the transport only while somebody reads. */
function readBody(reply: WireReply, exchange: Exchange): ReadableStream<Uint8Array> {
  const chunks = reply.body[Symbol.asyncIterator]();
  const leave = () => {
    // Nobody waits for it: an iterator stuck in a hang would never return.
    chunks.return?.().then(undefined, () => {});
  };
  return new web.ReadableStream({
    type: 'bytes',
    start(controller) {
      exchange.onAbort((reason) => {
        controller.error(reason);
        leave();
      });
    },
    async pull(controller) {
      try {
        let next = await exchange.wait(chunks.next(), bodyTimeout);
        while (!next.done && next.value.length === 0) next = await exchange.wait(chunks.next(), bodyTimeout);
        // A byte stream takes the buffer away from whoever enqueues it, so it gets its own.
        if (!next.done) return controller.enqueue(next.value.slice());
        exchange.end();
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        exchange.end();
        leave();
        throw error instanceof NetworkFailure ? new TypeError('terminated', { cause: causeOf(error) }) : error;
      }
    },
    cancel(reason) {
      exchange.leave(reason);
      leave();
    },
  });
}

/** One request with its reply, while it lasts: who may interrupt it, and what the transport hears of that. */
class Exchange {
  readonly #clock: Clock;
  readonly #left = new originals.AbortController();
  readonly #forget: () => void;
  #interrupt: ((reason: unknown) => void) | undefined;
  #aborted: ((reason: unknown) => void) | undefined;
  #over = false;

  constructor(clock: Clock, caller: AbortSignal | null | undefined) {
    this.#clock = clock;
    this.#forget = whenAborted(caller, (reason) => this.leave(reason));
  }

  /** Tells the transport that nobody waits any more. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  /** Waits for `work`, unless the caller leaves or, where a `limit` is given, it takes longer than Node would wait. */
  wait<T>(work: Promise<T>, limit?: () => Error): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        work.then(undefined, () => {});
        return reject(this.signal.reason);
      }
      this.#interrupt = reject;
      const stop = limit === undefined ? undefined : alarm(this.#clock, UNDICI_LIMIT_MS, () => this.leave(limit()));
      const after = () => {
        stop?.();
        this.#interrupt = undefined;
      };
      work.then(
        (value) => {
          after();
          resolve(value);
        },
        (error: unknown) => {
          after();
          reject(error);
        },
      );
    });
  }

  /** Called with the reason when the exchange is broken off from this end while its body is open. */
  onAbort(then: (reason: unknown) => void): void {
    this.#aborted = then;
  }

  leave(reason: unknown): void {
    if (this.#over) return;
    this.end();
    const interrupt = this.#interrupt;
    this.#left.abort(reason);
    if (interrupt !== undefined) interrupt(this.signal.reason);
    else this.#aborted?.(this.signal.reason);
  }

  end(): void {
    this.#over = true;
    this.#forget();
  }
}

/** Runs `fn` where it was asked for, after `ms`, unless it is called off. */
function alarm(clock: Clock, ms: number, fn: () => void): () => void {
  const place = currentPlace();
  if (clock instanceof VirtualClock) {
    const timer = clock.schedule(ms, () => at(place, fn));
    return () => clock.cancel(timer);
  }
  const off = new originals.AbortController();
  clock.sleep(ms, off.signal).then(fn, () => {});
  return () => off.abort();
}

/** The system's or undici's own error behind a failed fetch. */
function causeOf({ how }: NetworkFailure, url?: string): Error {
  if (how === 'closed') return new SocketError('UND_ERR_SOCKET', 'other side closed');
  if (how === 'reset') {
    return Object.assign(new Error('read ECONNRESET'), { errno: -104, code: 'ECONNRESET', syscall: 'read' });
  }
  const { hostname, port, protocol } = new web.URL(url ?? 'http://unknown');
  const to = { address: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  const refused = new Error(`connect ECONNREFUSED ${to.address}:${to.port}`);
  return Object.assign(refused, { errno: -111, code: 'ECONNREFUSED', syscall: 'connect', ...to });
}

const headersTimeout = () =>
  new TypeError('fetch failed', { cause: new HeadersTimeoutError('UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error') });
const bodyTimeout = () =>
  new TypeError('terminated', { cause: new BodyTimeoutError('UND_ERR_BODY_TIMEOUT', 'Body Timeout Error') });

/** Undici's errors, by class as well as by name: programs tell them apart by either. */
class UndiciError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}
class SocketError extends UndiciError {}
class HeadersTimeoutError extends UndiciError {}
class BodyTimeoutError extends UndiciError {}
