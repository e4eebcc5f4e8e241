import type { LookupAddress } from 'node:dns';
import { lookup as resolve } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Role, Roles } from '../../core/declaration.ts';
import { entryOf } from '../../core/once.ts';
import { keyHeadersOf, keyIn, type Protocol, protocolOf } from '../../core/protocol.ts';
import { type Head, type WireRequest, watched } from '../../core/wire.ts';
import { whenAborted } from '../../world/abort.ts';
import { bareHost } from './addresses.ts';
import { checkAddress, checkHost, checkProxy, usable } from './admission.ts';
import { withoutNeedles } from './coded.ts';
import { dial, type Line } from './dial.ts';
import { exchange } from './exchange.ts';
import { UpstreamFailure, UpstreamRefused } from './failures.ts';
import { downward, pathOf, upward } from './headers.ts';
import { type Env, proxyFor, shown } from './proxies.ts';
import { needlesOf } from './redacted.ts';
import { trustOf } from './trust.ts';

export interface UpstreamOptions {
  roles: Roles;
  protocols: readonly Protocol[];
  /** Real keys by the roles' `key_env`; HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY in either case. */
  env: Env;
  /** What a role's `ca_file` is relative to. */
  cwd: string;
  /** Asked once a call, with the host; rejects where there is none of that name. The system's resolver without it. */
  lookup?: (host: string) => Promise<readonly LookupAddress[]>;
}

export interface Wanted {
  role: string;
  /** Its path and query count: who is called is the role's to say. */
  request: WireRequest;
  /** The reply is to come as it is read, without compression. */
  identity: boolean;
}

export interface UpstreamReply {
  /** Without a content-length and what is said from hop to hop: its framing tells how the body ends. */
  head: Head;
  /** Whoever does not read it to its end returns from it, which ends the connection. */
  body: AsyncIterable<Uint8Array>;
}

/** Through what a role is reached. */
export interface UpstreamRoute {
  role: string;
  origin: string;
  key_env: string | null;
  key_present: boolean;
  /** Without its credentials. */
  proxy: string | null;
  ca_file: string | null;
}

export interface Upstream {
  /**
   * Sends a request once, as it is, with the real key in the place of every other: no retry, no redirect followed, no
   * decoding. Rejects with an UpstreamRefused for what we do not do, with an UpstreamFailure (a NetworkFailure) where the
   * connection breaks, and with the signal's reason once that fires; so does the body.
   */
  send(wanted: Wanted, signal?: AbortSignal): Promise<UpstreamReply>;
  /** Makes no call. */
  routes(): UpstreamRoute[];
  /** Ends every connection. */
  close(): Promise<void>;
}

export function openUpstream({ roles, protocols, env, cwd, lookup = lookUp }: UpstreamOptions): Upstream {
  const open = new Set<Socket>();
  const closing = new AbortController();
  const trusts = new Map<string | undefined, SecureContext | undefined>();
  const keyHeaders = keyHeadersOf(protocols);

  /** Node's list of authorities takes long to read. */
  const trust = ({ ca_file }: Role) => entryOf(trusts, ca_file, () => trustOf(ca_file, cwd, env));

  /** Where a role is, once everything that can be refused is not. */
  async function lineTo(name: string, role: Role, signal: AbortSignal): Promise<Line> {
    const to = new URL(role.base_url);
    const proxy = usable(proxyFor(to, env));
    checkHost(name, role, to, proxy !== undefined);
    const first = bareHost(proxy?.url ?? to);
    const version = isIP(first);
    const addresses = version > 0 ? [{ address: first, family: version }] : await found(lookup(first), signal);
    for (const { address } of addresses)
      if (proxy === undefined) checkAddress(name, role, to, address);
      else checkProxy(proxy, address);
    return { to, proxy, addresses, trust: trust(role) };
  }

  return {
    async send({ role: name, request, identity }, caller) {
      const signal = caller === undefined ? closing.signal : AbortSignal.any([caller, closing.signal]);
      signal.throwIfAborted();
      const role = roles[name];
      if (role === undefined) throw new Error(`no role ${name}`);
      const key = keyOf(name, role, env);
      const { keyHeader } = protocolOf(protocols, role) ?? {};
      const line = await lineTo(name, role, signal);
      const socket = await dial(line, signal);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      const { method, body } = request;
      const headers = upward(request.headers, {
        ...{ host: line.to.host, method, length: body.length, keyHeaders, identity },
        key: key === undefined ? undefined : keyIn(keyHeader, key),
      });
      const heard = await exchange(socket, { method, path: pathOf(new URL(request.url)), headers, body }, signal);
      const needles = needlesOf(key);
      try {
        const reply = await withoutNeedles(heard, needles);
        const head = { ...reply.head, headers: downward(reply.head.headers, needles) };
        return { head, body: ending(reply.body, socket) };
      } catch (error) {
        socket.destroy();
        throw error;
      }
    },
    routes: () =>
      Object.entries(roles).map(([name, { base_url, key_env, ca_file }]) => {
        const proxy = proxyFor(new URL(base_url), env);
        return {
          role: name,
          origin: new URL(base_url).origin,
          key_env: key_env ?? null,
          key_present: key_env !== undefined && Boolean(env[key_env]?.trim()),
          proxy: proxy === undefined ? null : shown(proxy),
          ca_file: ca_file ?? null,
        };
      }),
    async close() {
      closing.abort(new UpstreamFailure('closed', false));
      await Promise.all(
        [...open].map((socket) => new Promise<void>((done) => socket.once('close', () => done()).destroy())),
      );
    },
  };
}

const lookUp = (host: string) => resolve(host, { all: true });

async function found(asked: Promise<readonly LookupAddress[]>, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  const gone = new Promise<never>((_, reject) => {
    const forget = whenAborted(signal, reject);
    asked.then(forget, forget);
  });
  const addresses = await Promise.race([asked, gone]).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : new UpstreamFailure('refused', true, error);
  });
  if (addresses.length === 0) throw new UpstreamFailure('refused', true);
  return addresses;
}

/** The real key of a role; none where it names no variable. */
function keyOf(name: string, { key_env }: Role, env: Env): string | undefined {
  if (key_env === undefined) return undefined;
  const key = env[key_env]?.trim();
  if (!key)
    throw new UpstreamRefused(
      `${key_env} is not set, so ${name} cannot be called`,
      `Set ${key_env} to the API key of ${name}.`,
    );
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UpstreamRefused(
      `what ${key_env} holds is no API key: a header cannot carry it`,
      `Set ${key_env} to the key alone, without spaces or line breaks.`,
    );
  return key;
}

/** The body, whose connection ends when its reader leaves, even before the first chunk. */
const ending = (body: AsyncIterable<Uint8Array>, socket: Socket) =>
  watched(body, { over: (how) => void (how === 'left' && socket.destroy()) });
