import { randomUUID } from 'node:crypto';
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { generate } from 'selfsigned';
import { type Protocol, protocolOf, type ReplyShape } from '../core/protocol.ts';
import { type Headers, header, headersOf, type Part } from '../core/wire.ts';
import { protocols } from '../protocols/index.ts';

/** One request as it arrived. */
export interface ProviderCall {
  method: string;
  /** Without its query. */
  path: string;
  url: string;
  headers: Headers;
  body: Uint8Array;
  /** The name of the protocol whose path it is; undefined where it is nobody's. */
  protocol: string | undefined;
  /** The key it brought, where its protocol has it; empty without. */
  key: string;
  /** The name that TLS was asked for (SNI). */
  servername: string | undefined;
  /** Which of all calls it is, from 1 on. */
  n: number;
  /** Resolves once its connection is gone: true where the reply was not whole by then. */
  gone: Promise<boolean>;
}

/** Bytes, or what a model says, in the protocol of the call. */
export interface ProviderAnswer {
  status?: number;
  headers?: Headers;
  /** Chunks that are sent one after the other. */
  body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** In the place of `status` and `body`; an error as its first part becomes an HTTP error. */
  parts?: readonly Part[];
  /** How it ends after the last chunk; `whole` without. `hang` keeps the connection open until the other side leaves. */
  ends?: 'whole' | 'reset' | 'closed' | 'hang';
  /** Not even a status is said. */
  silent?: boolean;
  /** What is waited for after the last chunk. */
  until?: Promise<unknown>;
}

export interface ProviderOptions {
  /** Names and addresses that its certificate is for; 127.0.0.1 and localhost without. */
  names?: readonly string[];
  /** Speaks HTTP without TLS. */
  plain?: boolean;
  /** Keys it takes: others get an authentic 401. It takes all without. */
  keys?: readonly string[];
  /** Packs what it says for whoever takes gzip. */
  gzip?: boolean;
  /** What it answers; undefined is a true reply of the call's protocol. */
  answer?(call: ProviderCall): ProviderAnswer | undefined;
}

export interface Provider {
  /** On loopback. */
  origin: string;
  port: number;
  /** The authority of its certificate, PEM; empty for a plain one. */
  ca: string;
  calls: ProviderCall[];
  /** How many calls brought a key, to a path where one is given. */
  count(key: string, path?: string): number;
  close(): Promise<void>;
}

/** What a provider says that was told nothing else. */
export const TRUE_TEXT = 'Paris is the capital of France.';
const TRUE_PARTS: readonly Part[] = [
  { type: 'text-delta', text: 'Paris is the ' },
  { type: 'text-delta', text: 'capital of France.' },
  { type: 'usage', input: 12, output: 7 },
  { type: 'end', reason: 'stop' },
];

/** A model provider of its own on loopback, of every protocol at once: the other side of live mode in tests. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const { names = ['127.0.0.1', 'localhost'], plain = false } = options;
  const calls: ProviderCall[] = [];
  const made = plain ? undefined : await certificateFor(names);
  const serve = (request: IncomingMessage, response: ServerResponse) =>
    void answered(request, response).catch(() => response.destroy());
  const server = made === undefined ? createPlain(serve) : createServer({ key: made.key, cert: made.cert }, serve);
  // Whoever refuses its certificate tells so by an alert.
  server.on('tlsClientError', () => {});
  // TLS has no way to reset what is under it.
  const raw = new Map<number | undefined, Socket>();
  server.on('connection', (socket) => void raw.set(socket.remotePort, socket));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;

  async function answered(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new Promise<boolean>((resolve) => response.once('close', () => resolve(!response.writableFinished)));
    const call = callOf(request, Buffer.concat(await request.toArray()), calls.length + 1, gone);
    calls.push(call);
    const allowed = options.keys === undefined || options.keys.includes(call.key);
    const answer = allowed ? (options.answer?.(call) ?? { parts: TRUE_PARTS }) : WRONG_KEY;
    await (answer.silent ? undefined : say(response, call, answer));
    await answer.until;
    const { ends = 'whole' } = answer;
    if (ends === 'whole') response.end();
    else if (ends === 'reset') raw.get(request.socket.remotePort)?.resetAndDestroy();
    else if (ends === 'closed') request.socket.destroySoon();
  }

  async function say(response: ServerResponse, call: ProviderCall, answer: ProviderAnswer): Promise<void> {
    const { status, headers, chunks, whole } = written(call, answer);
    const packed = options.gzip === true && /gzip/.test(header(call.headers, 'accept-encoding') ?? '');
    const sent = packed ? [gzipSync(Buffer.concat(chunks))] : chunks;
    const length = String(sent.reduce((sum, chunk) => sum + chunk.length, 0));
    const more = [...(packed ? [['content-encoding', 'gzip']] : []), ...(whole ? [['content-length', length]] : [])];
    response.writeHead(status, [...headers, ...more].flat());
    for (const chunk of sent) await new Promise((done) => response.write(chunk, done));
  }

  return {
    origin: `${plain ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    ca: made?.ca ?? '',
    calls,
    count: (key, path) => calls.filter((call) => call.key === key && (path === undefined || call.path === path)).length,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

const WRONG_KEY: ProviderAnswer = { parts: [{ type: 'error', mode: 'auth', message: 'Incorrect API key provided.' }] };

function callOf(
  { method = 'GET', url = '/', rawHeaders, socket }: IncomingMessage,
  body: Uint8Array,
  n: number,
  gone: Promise<boolean>,
): ProviderCall {
  const headers = headersOf(rawHeaders);
  const path = url.split('?')[0] ?? url;
  const protocol = protocols.find((one) => one.baseOf(path) !== undefined);
  const own = protocol?.keyHeader && header(headers, protocol.keyHeader);
  const key = own ?? header(headers, 'authorization')?.replace(/^Bearer /, '') ?? '';
  const servername = (socket instanceof TLSSocket && socket.servername) || undefined;
  return { method, path, url, headers, body, protocol: protocol?.name, key, servername, n, gone };
}

interface Written {
  status: number;
  headers: Headers;
  chunks: Uint8Array[];
  /** Its length is told before it. */
  whole: boolean;
}

function written(call: ProviderCall, { status = 200, headers = [], body = [], parts }: ProviderAnswer): Written {
  if (parts !== undefined) return spoken(call, parts, headers);
  const chunks = typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
  return { status, headers, chunks: chunks.map((chunk) => Buffer.from(chunk)), whole: chunks !== body };
}

function spoken(call: ProviderCall, parts: readonly Part[], more: Headers): Written {
  const protocol = protocolOf(protocols, { protocol: call.protocol ?? '' });
  if (protocol === undefined)
    return {
      status: 404,
      headers: [['content-type', 'text/plain']],
      chunks: [Buffer.from('no such path')],
      whole: true,
    };
  const url = `https://provider.test${call.url}`;
  const asked = protocol.readCall({ method: call.method, url, headers: call.headers, body: call.body });
  const said: readonly Part[] =
    'refused' in asked ? [{ type: 'error', mode: asked.mode, message: asked.message, status: asked.status }] : parts;
  const shape = 'refused' in asked ? { model: asked.model ?? '', stream: false } : asked;
  return encoded(protocol, shape, said, more);
}

function encoded(protocol: Protocol, call: ReplyShape, parts: readonly Part[], more: Headers): Written {
  const encoder = protocol.encoder(call, { id: '0badcafe', atMs: 1_790_000_000_000 });
  const { status, headers, framing } = encoder.head(parts[0]);
  const frames = [...parts.flatMap((part) => encoder.push(part)), ...encoder.end()];
  return {
    status,
    headers: [...headers, ...more],
    chunks: frames.map(({ wire }) => wire),
    whole: framing === 'length',
  };
}

/** A certificate for these names by an authority of its own, PEM. */
export async function certificateFor(names: readonly string[]): Promise<{ ca: string; cert: string; key: string }> {
  const common = { keyType: 'ec', algorithm: 'sha256' } as const;
  const authority = await generate([{ name: 'commonName', value: `a test authority ${randomUUID()}` }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const own = await generate([{ name: 'commonName', value: 'a test provider' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      {
        name: 'subjectAltName',
        altNames: names.map((name) => (/^[\d.]+$|:/.test(name) ? { type: 7, ip: name } : { type: 2, value: name })),
      },
    ],
  });
  return { ca: authority.cert, cert: own.cert, key: own.private };
}
