import type { LookupAddress } from 'node:dns';
import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { whenAborted } from '../../world/abort.ts';
import { bareHost } from './addresses.ts';
import { UpstreamFailure, UpstreamRefused } from './failures.ts';
import { type ProxyServer, shown } from './proxies.ts';

/** How long one address of several may take before the next is tried, in milliseconds. */
const EACH_ADDRESS_MS = 2_500;

export interface Line {
  /** Where the provider is. */
  to: URL;
  /** Whom to ask for the way there. */
  proxy: (ProxyServer & { url: URL }) | undefined;
  /** Of whoever is called first: the addresses that were looked at. Nobody is asked again. */
  addresses: readonly LookupAddress[];
  trust: SecureContext | undefined;
}

/**
 * A connection to the provider that is ready for the first byte of a request; until then nothing of the request has left.
 * Rejects with an UpstreamFailure, an UpstreamRefused, or the signal's reason.
 */
export async function dial({ to, proxy, addresses, trust }: Line, signal: AbortSignal): Promise<Socket> {
  const first = proxy?.url ?? to;
  let socket = await plain(first, addresses, signal);
  if (proxy?.url.protocol === 'https:') socket = await secured(socket, proxy.url, trust, signal);
  if (proxy !== undefined) socket = await tunnelled(socket, to, proxy, signal);
  return to.protocol === 'https:' ? secured(socket, to, trust, signal) : socket;
}

export const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

function plain(to: URL, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: bareHost(to),
    port: portOf(to),
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: EACH_ADDRESS_MS,
    lookup: (_host, { all }, answer) => {
      const [one] = addresses;
      if (all) answer(null, [...addresses]);
      else answer(null, one?.address ?? '', one?.family);
    },
  });
  return ready(socket, 'connect', signal, () => undefined);
}

function secured(over: Socket, to: URL, trust: SecureContext | undefined, signal: AbortSignal): Promise<TLSSocket> {
  const host = bareHost(to);
  const socket = connectTls({
    socket: over,
    host,
    // A name only: an address is compared with the certificate all the same.
    ...(isIP(host) === 0 && { servername: host }),
    ...(trust && { secureContext: trust }),
    // Said here, so that nothing in the environment says otherwise.
    rejectUnauthorized: true,
    checkServerIdentity,
    ALPNProtocols: ['http/1.1'],
  });
  return ready(socket, 'secureConnect', signal, (error) => {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (socket.authorizationError !== null && socket.authorizationError !== undefined) return untrusted(host, code);
    if (/^ERR_SSL_|^EPROTO$/.test(code))
      return new UpstreamRefused(
        `${to.host} does not speak TLS as it should (${code})`,
        'Mend the scheme, host or port of `base_url`.',
      );
    return undefined;
  });
}

function untrusted(host: string, code: string): UpstreamRefused {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new UpstreamRefused(
      `the certificate shown is not for ${host}`,
      'Mend the host of `base_url`, or have its server show its own certificate.',
    );
  return new UpstreamRefused(
    `the certificate of ${host} is not trusted (${code})`,
    'If an authority of your own made it, give that as the `ca_file` of the role.',
  );
}

async function tunnelled(
  over: Socket,
  to: URL,
  proxy: ProxyServer & { url: URL },
  signal: AbortSignal,
): Promise<Socket> {
  const authority = `${to.hostname}:${portOf(to)}`;
  const credentials = credentialsOf(proxy.url);
  const asked = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(credentials && { 'proxy-authorization': credentials }) },
    createConnection: () => over,
  });
  const status = await new Promise<number>((resolve, reject) => {
    const forget = whenAborted(signal, (reason) => {
      over.destroy();
      reject(reason);
    });
    const broken = (error?: Error) => {
      forget();
      reject(new UpstreamFailure('closed', true, error));
    };
    asked.on('error', broken);
    asked.on('close', () => broken());
    asked.on('connect', ({ statusCode = 0 }, _socket, early) => {
      forget();
      if (early.length > 0) over.unshift(early);
      resolve(statusCode);
    });
    asked.end();
  });
  if (status >= 200 && status < 300) return over;
  over.destroy();
  const name = shown(proxy);
  if (status === 407)
    throw new UpstreamRefused(
      `the proxy ${name} wants credentials`,
      `Put the right ones into ${proxy.named}: http://user:password@host:port.`,
    );
  // It found no way to the provider, as the network may not.
  if (status >= 500) throw new UpstreamFailure('refused', true);
  throw new UpstreamRefused(
    `the proxy ${name} opens no way to ${to.host} (HTTP ${status})`,
    'Allow that host there, or name it in NO_PROXY.',
  );
}

function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '') return undefined;
  // A percent sign that begins no byte is one.
  const [user, word] = [username, password].map((text) =>
    decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25')),
  );
  return `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}`;
}

/** Resolves with the socket at its event. What `meant` makes of an error is thrown in its place. */
function ready<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  meant: (error: Error) => Error | undefined,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const forget = whenAborted(signal, (reason) => {
      socket.destroy();
      reject(reason);
    });
    const failed = (error?: Error) => {
      forget();
      socket.destroy();
      reject(
        (error && meant(error)) ?? new UpstreamFailure(event === 'connect' ? 'refused' : brokenBy(error), true, error),
      );
    };
    const closed = () => failed();
    socket.once('error', failed);
    socket.once('close', closed);
    socket.once(event, () => {
      forget();
      socket.off('close', closed);
      resolve(socket);
    });
  });
}

/** What the system says of a socket names a call of the system; what Node makes of an end that came too early does not. */
export const brokenBy = (error: Error | undefined): 'reset' | 'closed' =>
  error !== undefined && 'syscall' in error && error.syscall !== undefined ? 'reset' : 'closed';
