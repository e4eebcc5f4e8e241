import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { NetworkFailure, type Transport, type WireReply, type WireRequest } from '../core/wire.ts';
import { createNodeFetch } from './node-fetch.ts';
import { VirtualClock } from './virtual-clock.ts';
import { createWallClock } from './wall-clock.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const real = globalThis.fetch;

async function* chunksOf(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield bytes(chunk);
}

function reply(body: AsyncIterable<Uint8Array>, more: Partial<WireReply> = {}): WireReply {
  return { status: 200, headers: [['content-type', 'application/json']], body, ...more };
}

/** A fetch over `transport` whose clock the test drives. */
function open(transport: Transport) {
  const clock = new VirtualClock(0);
  const drive = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    work.then(
      () => (over = true),
      () => (over = true),
    );
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (over || !clock.step()) return work;
    }
  };
  return { clock, drive, fetch: createNodeFetch(transport, clock) };
}

/** What one sees of a failure. */
const shape = (error: unknown) => {
  const told = (e: unknown): unknown => {
    if (!(e instanceof Error)) return e;
    const { name, message, cause } = e;
    return { name, message, code: Reflect.get(e, 'code'), syscall: Reflect.get(e, 'syscall'), cause: told(cause) };
  };
  return told(error);
};
const failure = (work: Promise<unknown>) => work.then(() => 'no failure', shape);

describe('what the transport sees', () => {
  const inits: Record<string, [string | URL | Request, RequestInit?]> = {
    'string body': [
      'http://a/x?y=1',
      { method: 'POST', body: '{"é":1}', headers: { 'Content-Type': 'application/json' } },
    ],
    'string body of no type': ['http://a:80/x y', { method: 'post', body: '' }],
    'string body and Headers': ['http://a/x', { method: 'POST', body: 'é', headers: new Headers([['A', '1']]) }],
    bytes: [new URL('http://a/x'), { method: 'POST', body: bytes('raw') }],
    Request: [new Request('http://a/x', { method: 'PUT', body: 'in a request' })],
    'Request and init': [new Request('http://a/x', { headers: { a: '1' } }), { method: 'POST', body: 'over it' }],
    params: ['http://a/x', { method: 'POST', body: new URLSearchParams({ a: 'b c' }) }],
    'no body': ['http://a/x'],
  };

  for (const [name, [input, init]] of Object.entries(inits)) {
    it(name, async () => {
      const seen: WireRequest[] = [];
      const { fetch } = open(async (request) => {
        seen.push(request);
        return reply(chunksOf());
      });
      const expected = new Request(input instanceof Request ? input.clone() : input, init);
      await fetch(input, init);
      expect(seen[0]?.method).toBe(expected.method);
      expect(seen[0]?.url).toBe(expected.url);
      expect(new TextDecoder().decode(seen[0]?.body)).toBe(await expected.text());
      const headers = Object.fromEntries(seen[0]?.headers ?? []);
      expect(headers).toMatchObject({ ...Object.fromEntries(expected.headers), accept: '*/*', 'user-agent': 'node' });
    });
  }

  it('a stream and a form are read first', async () => {
    const seen: string[] = [];
    const { fetch } = open(async (request) => {
      seen.push(new TextDecoder().decode(request.body));
      return reply(chunksOf());
    });
    const form = new FormData();
    form.set('field', 'value');
    await fetch('http://a/', { method: 'POST', body: form });
    const body = new Response('streamed').body;
    await fetch(new Request('http://a/', { method: 'POST', body, duplex: 'half' }));
    expect(seen).toEqual([expect.stringContaining('name="field"'), 'streamed']);
  });

  it('what Request refuses is refused, and what is no network stays with Node', async () => {
    const { fetch } = open(async () => reply(chunksOf()));
    await expect(fetch('nowhere')).rejects.toThrow('Failed to parse URL');
    await expect(fetch('http://a/', { body: 'x' })).rejects.toThrow(TypeError);
    const post = { method: 'POST', body: 'x' };
    await expect(fetch('nowhere', post)).rejects.toThrow('Failed to parse URL');
    await expect(fetch('http://me:secret@a/', post)).rejects.toThrow('includes credentials');
    await expect(fetch('http://a/', { ...post, headers: { 'a b': '1' } })).rejects.toThrow('invalid header name');
    expect(await (await fetch('data:text/plain,here')).text()).toBe('here');
  });
});

describe('the response', () => {
  it('has status, headers, url and body, and so has its clone', async () => {
    const headers = [
      ['x-request-id', 'r1'],
      ['Set-Cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ] as const;
    const { fetch } = open(async () => reply(chunksOf('{"a"', '', ':1}'), { status: 429, headers }));
    const response = await fetch('http://a/x');
    const clone = response.clone();
    expect([response.status, response.ok, response.statusText]).toEqual([429, false, 'Too Many Requests']);
    expect([response.url, clone.url]).toEqual(['http://a/x', 'http://a/x']);
    expect(response.headers.get('X-Request-Id')).toBe('r1');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toEqual({ a: 1 });
    expect(await clone.text()).toBe('{"a":1}');
  });

  it('has no body with 204 and 304', async () => {
    for (const status of [204, 304]) {
      const response = await open(async () => reply(chunksOf('x'), { status })).fetch('http://a/');
      expect([response.status, response.body]).toEqual([status, null]);
    }
  });

  it('is pulled only while it is read, and never again once it is cancelled', async () => {
    let pulls = 0;
    let returned = false;
    let left: unknown;
    const { fetch } = open(async (_, signal) => {
      signal?.addEventListener('abort', () => (left = signal.reason));
      const body = async function* () {
        try {
          for (;;) yield bytes(`${++pulls}`);
        } finally {
          returned = true;
        }
      };
      return reply(body());
    });
    const reader = (await fetch('http://a/')).body?.getReader();
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulls).toBe(0);
    await reader?.read();
    await reader?.read();
    expect(pulls).toBe(2);
    await reader?.cancel('seen enough');
    await new Promise((resolve) => setImmediate(resolve));
    expect([pulls, returned, left]).toEqual([2, true, 'seen enough']);
  });

  it('can be read into one’s own buffer', async () => {
    const { fetch } = open(async () => reply(chunksOf('abc')));
    const reader = (await fetch('http://a/')).body?.getReader({ mode: 'byob' });
    const first = await reader?.read(new Uint8Array(2));
    expect(new TextDecoder().decode(first?.value)).toBe('ab');
    await reader?.read(new Uint8Array(2));
    expect((await reader?.read(new Uint8Array(2)))?.done).toBe(true);
  });
});

describe('aborts', () => {
  /** A transport that hangs at the given moment, and remembers what it heard. */
  const hanging = (when: 'headers' | 'body') => {
    const heard: unknown[] = [];
    let hung = () => {};
    const hangs = new Promise<void>((resolve) => {
      hung = resolve;
    });
    const { clock, fetch } = open(async (_, signal) => {
      signal?.addEventListener('abort', () => heard.push(signal.reason));
      const never = () => {
        hung();
        return clock.never(signal);
      };
      if (when === 'headers') return never();
      const body = async function* () {
        yield bytes('begun');
        await never();
      };
      return reply(body());
    });
    return { clock, fetch, heard, hangs };
  };

  it('before: nothing is sent', async () => {
    let calls = 0;
    const { fetch } = open(async () => {
      calls++;
      return reply(chunksOf());
    });
    await expect(fetch('http://a/', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(fetch(new Request('http://a/', { signal: AbortSignal.abort('mine') }))).rejects.toBe('mine');
    expect(calls).toBe(0);
  });

  for (const when of ['headers', 'body'] as const) {
    it(`during ${when}: the caller and the transport get the reason`, async () => {
      const { clock, fetch, heard, hangs } = hanging(when);
      const stop = new AbortController();
      const reading = fetch('http://a/', { signal: stop.signal }).then((response) => response.text());
      hangs.then(() => stop.abort());
      const error = await reading.catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DOMException);
      expect(error).toMatchObject({ name: 'AbortError', message: 'This operation was aborted' });
      expect(heard).toEqual([error]);
      expect(clock.size).toBe(0);
    });
  }

  it('of a transport that does not listen is not waited for', async () => {
    const { fetch } = open(() => new Promise(() => {}));
    const stop = new AbortController();
    const calling = fetch('http://a/', { signal: stop.signal });
    stop.abort('mine');
    await expect(calling).rejects.toBe('mine');
  });

  it('between two reads breaks the next read; after the end it changes nothing', async () => {
    const stop = new AbortController();
    const { fetch } = open(async () => reply(chunksOf('a', 'b')));
    const broken = (await fetch('http://a/', { signal: stop.signal })).body?.getReader();
    const whole = await (await fetch('http://a/', { signal: stop.signal })).text();
    await broken?.read();
    stop.abort('mine');
    await expect(broken?.read()).rejects.toBe('mine');
    expect(whole).toBe('ab');
  });
});

describe('limits', () => {
  it('300 s to headers', async () => {
    const { clock, drive, fetch } = open((_, signal) => clock.never(signal));
    expect(await drive(failure(fetch('http://a/')))).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { name: 'HeadersTimeoutError', message: 'Headers Timeout Error', code: 'UND_ERR_HEADERS_TIMEOUT' },
    });
    expect(clock.now()).toBe(300_900);
  });

  it('300 s between chunks, however long the whole takes', async () => {
    const { clock, drive, fetch } = open(async (_, signal) => {
      const body = async function* () {
        for (let i = 0; i < 3; i++) {
          await clock.sleep(200_000, signal);
          yield bytes('.');
        }
        await clock.never(signal);
      };
      return reply(body());
    });
    expect(await drive(fetch('http://a/').then((response) => failure(response.text())))).toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { name: 'BodyTimeoutError', message: 'Body Timeout Error', code: 'UND_ERR_BODY_TIMEOUT' },
    });
    expect(clock.now()).toBe(900_900);
  });

  it('leave no timer behind where all went well', async () => {
    const { clock, fetch } = open(async () => reply(chunksOf('a', 'b')));
    await (await fetch('http://a/')).text();
    expect(clock.size).toBe(0);
  });
});

/** What a server does to a connection; `begun` says that the client has seen the beginning of the reply. */
type Treat = (socket: Socket, begun: Promise<void>) => void;

/** A real server that does one thing to its one connection, and the client's word that a reply has begun. */
async function serve(treat: Treat): Promise<{ url: string; begin(): void; close(): void }> {
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => treat(socket, begun));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, begin, close: () => server.close() };
}

describe('failures look as they do over sockets', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc';
  const during = (how: 'reset' | 'closed') =>
    async function* () {
      yield bytes('abc');
      throw new NetworkFailure(how);
    };
  const cases: Record<string, [onSocket: Treat, transport: Transport]> = {
    'closed before headers': [
      (socket) => socket.end(),
      async () => {
        throw new NetworkFailure('closed');
      },
    ],
    'reset before headers': [
      (socket) => socket.resetAndDestroy(),
      async () => {
        throw new NetworkFailure('reset');
      },
    ],
    'closed in the body': [(socket) => socket.end(HEAD), async () => reply(during('closed')())],
    'reset in the body': [
      (socket, begun) => {
        socket.write(HEAD);
        begun.then(() => socket.resetAndDestroy());
      },
      async () => reply(during('reset')()),
    ],
  };

  for (const [name, [onSocket, transport]] of Object.entries(cases)) {
    it(name, async () => {
      const server = await serve(onSocket);
      const text = (response: Response) => {
        server.begin();
        return response.text();
      };
      const read = (fetch: typeof real) => failure(fetch(server.url).then(text));
      const overSockets = await read(real);
      server.close();
      expect(await read(createNodeFetch(transport, createWallClock()))).toEqual(overSockets);
      expect(overSockets).not.toBe('no failure');
    });
  }

  it('refused', async () => {
    const server = await serve(() => {});
    server.close();
    const overSockets = await failure(real(server.url));
    const { fetch } = open(async () => {
      throw new NetworkFailure('refused');
    });
    expect(await failure(fetch(server.url))).toEqual(overSockets);
  });

  it('a bug of ours is not dressed up as the network', async () => {
    const bug = new RangeError('ours');
    const { fetch } = open(async () => {
      throw bug;
    });
    await expect(fetch('http://a/')).rejects.toBe(bug);
  });
});
