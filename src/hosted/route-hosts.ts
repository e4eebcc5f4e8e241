import { AsyncLocalStorage } from 'node:async_hooks';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { TO_HOST } from '../core/sockets.ts';
import { destinationOf } from '../world/index.ts';

export interface Routed {
  /** Origins of the providers of all roles. */
  providers: readonly string[];
  /** Where calls to them go: a port of the stand. */
  hosts: string;
  /** Other origins of the stand. */
  stand: readonly string[];
}

/** Headers by which the stand knows whose call it is. */
type Marks = Readonly<Record<string, string>>;

/**
 * Sends calls to providers' own hosts to the stand instead, whichever of Node's clients makes them; what a task calls
 * carries its marks. Everything else passes, and is told once for each `host:port`. A connection to a provider that is
 * made in another way is refused: nothing could be broken there.
 */
export function routeHosts({ providers, hosts, stand }: Routed, tell: (left: string, refused: boolean) => void) {
  const tasks = new AsyncLocalStorage<Marks>();
  const marks = (): Marks => tasks.getStore() ?? {};
  const own = new Set([...stand, hosts].map((url) => new URL(url).origin));
  const isProvider = (url: URL) => providers.includes(url.origin);
  const isStand = (url: URL) => own.has(url.origin);

  const { fetch } = globalThis;
  globalThis.fetch = (input, options) => {
    const init = options ?? {};
    const given = input instanceof Request ? input : undefined;
    const target = given?.url ?? String(input);
    const url = URL.canParse(target) ? new URL(target) : undefined;
    if (url === undefined || !(isProvider(url) || isStand(url))) return fetch(input, init);
    const headers = new Headers(init.headers ?? given?.headers);
    for (const [name, value] of Object.entries(marks())) headers.set(name, value);
    if (isProvider(url)) headers.set(TO_HOST, url.href);
    const to = isProvider(url) ? hosts : url;
    // Never as a new Request: that holds the caller's signal so loosely that a timeout may be lost.
    const rest = given && { method: given.method, body: given.body, signal: given.signal, redirect: given.redirect };
    return fetch(to, { ...rest, ...(given?.body && { duplex: 'half' }), ...init, headers });
  };

  for (const [client, scheme] of [
    [http, 'http:'],
    [https, 'https:'],
  ] as const) {
    const request = client.request.bind(client);
    const routed = (...args: unknown[]): ClientRequest => {
      const read = readRequest(args, scheme);
      if (read === undefined || !(isProvider(read.url) || isStand(read.url)))
        return Reflect.apply(request, client, args);
      const { url, options, heard } = read;
      if (isProvider(url)) {
        const { hostname, port } = new URL(hosts);
        const { method, signal, timeout } = options;
        const headers = { ...asHeaders(options.headers), ...marks(), [TO_HOST]: url.href };
        const given = { method, headers, ...(signal && { signal }), ...(timeout !== undefined && { timeout }) };
        return http_.request({ ...given, hostname, port, path: '/' }, heard);
      }
      return request(url, { ...options, headers: { ...asHeaders(options.headers), ...marks() } }, heard);
    };
    client.request = routed as typeof client.request;
    client.get = ((...args: unknown[]) => {
      const sent = routed(...args);
      sent.end();
      return sent;
    }) as typeof client.get;
  }

  watchConnections([...own], providers, tell);
  // Who imports `request` by its name has it from here.
  syncBuiltinESMExports();
  return { inTask: <T>(headers: Marks, work: () => T): T => tasks.run(headers, work) };
}

/** As it was, before anything is routed. */
const http_ = { request: http.request.bind(http) };

type Heard = ((response: IncomingMessage) => void) | undefined;

/** What `http.request` takes in its several ways; undefined where it is nothing that we could read. */
function readRequest(
  args: readonly unknown[],
  scheme: string,
): { url: URL; options: RequestOptions; heard: Heard } | undefined {
  const [first, second, third] = args;
  const isUrl = typeof first === 'string' || first instanceof URL;
  const options = Object(isUrl ? (typeof second === 'function' ? {} : second) : first) as RequestOptions;
  const heard = [second, third].find((one): one is NonNullable<Heard> => typeof one === 'function');
  const { protocol = scheme, hostname, host = 'localhost', port, path = '/' } = options;
  const name = `${hostname ?? host}`;
  const place = net.isIPv6(name) ? `[${name}]` : name.replace(/:\d+$/, '');
  const said = isUrl ? String(first) : `${protocol}//${place}${port ? `:${port}` : ''}`;
  if (!URL.canParse(said)) return undefined;
  const url = new URL(said);
  // Not as a URL that is seen from there: a path may begin with two slashes.
  if (!isUrl || options.path) [url.pathname, url.search] = partsOf(path ?? '/');
  return { url, options, heard };
}

const partsOf = (path: string): [pathname: string, search: string] => {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
};

/** Of a list of names and values, too. */
function asHeaders(given: RequestOptions['headers']): Record<string, string | string[]> {
  const pairs = Array.isArray(given)
    ? given.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, String(given[i + 1])]] : []))
    : Object.entries(given ?? {});
  const sent = pairs.filter(([name, value]) => !/^(?:host|connection)$/i.test(name) && value !== undefined);
  return Object.fromEntries(sent.map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]));
}

/** Tells where sockets are connected to, beside the stand; those to providers are refused. */
function watchConnections(
  stand: readonly string[],
  providers: readonly string[],
  tell: (left: string, refused: boolean) => void,
): void {
  const places = new Set(stand.map((url) => new URL(url).host));
  const refusedAt = new Set(
    providers
      .map((url) => new URL(url))
      .map(({ hostname, port, protocol }) => `${hostname}:${port || portOf(protocol)}`),
  );
  const { connect } = net.Socket.prototype;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    const to = destinationOf(args);
    if (places.has(to)) return Reflect.apply(connect, this, args);
    tell(to, refusedAt.has(to));
    if (!refusedAt.has(to)) return Reflect.apply(connect, this, args);
    const error = Object.assign(new Error(`connect ECONNREFUSED ${to} (a drill answers for it)`), {
      code: 'ECONNREFUSED',
    });
    process.nextTick(() => this.destroy(error));
    return this;
  } as typeof connect;
}

const portOf = (protocol: string) => (protocol === 'https:' ? 443 : 80);
