import { NetworkFailure, type Transport } from './wire.ts';

/** Wraps a `fetch` as a transport: its errors become `NetworkFailure`, its redirects are not followed. */
export function fetchTransport(fetch: typeof globalThis.fetch): Transport {
  return async (request, signal) => {
    const init: RequestInit = {
      method: request.method,
      headers: request.headers.map(([name, value]): [string, string] => [name, value]),
      redirect: 'manual',
    };
    if (signal !== undefined) init.signal = signal;
    // A copy over a plain ArrayBuffer: what a fetch body may be.
    if (request.body.length > 0) init.body = new Uint8Array(request.body);
    const response = await fetch(request.url, init).catch((error) => {
      throw meaningOf(error, signal);
    });
    return { status: response.status, headers: [...response.headers], body: chunks(response.body, signal) };
  };
}

async function* chunks(
  body: AsyncIterable<Uint8Array> | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    throw meaningOf(error, signal);
  }
}

const HOW: Record<string, NetworkFailure['how']> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'refused',
  EAI_AGAIN: 'refused',
  UND_ERR_CONNECT_TIMEOUT: 'refused',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
};

/** A fetch tells of the network by a TypeError whose cause has a code; anything else is somebody's bug and stays as it is. */
function meaningOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(error instanceof TypeError)) return error;
  const cause: unknown = error.cause;
  if (!(cause instanceof Error))
    return ['fetch failed', 'terminated'].includes(error.message) ? new NetworkFailure('closed') : error;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return code === 'ERR_INVALID_URL' ? error : new NetworkFailure(HOW[code] ?? 'closed');
}
