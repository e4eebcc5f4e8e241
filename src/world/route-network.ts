import { isIP, type Socket } from 'node:net';
import { basename } from 'node:path';
import { originals } from './originals.ts';
import { currentPlace, running } from './place.ts';
import { refused, reportLost, route } from './route.ts';
import { VirtualImmediate } from './virtual-timers.ts';

/** `fetch` goes to the world's own; every other way to the network is named and refused while a world runs. */
export function routeNetwork(): void {
  route(globalThis, 'fetch', (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const place = currentPlace();
    if (place !== undefined) return place.world.fetch(input, init);
    if (running.size === 0) return originals.fetch(input, init);
    reportLost('fetch');
    return Promise.reject(new TypeError('fetch failed', { cause: refusal('connect', 'unknown') }));
  });
  routeConnect(process.getBuiltinModule('node:net').Socket.prototype);
  const inspector = process.getBuiltinModule('node:inspector');
  const { open } = inspector;
  route(inspector, 'open', (...args: Parameters<typeof open>) => {
    if (refused('inspector.open')) throw new Error('inspector.open (a mocked drill opens no port)');
    return open(...args);
  });
  const [dns, dnsPromises] = [process.getBuiltinModule('node:dns'), process.getBuiltinModule('node:dns/promises')];
  routeLookups(dns, dnsPromises);
  routeLookups(dns.Resolver.prototype, dnsPromises.Resolver.prototype);
}

function routeConnect(prototype: Socket): void {
  const { connect } = prototype;
  route(prototype, 'connect', function (this: Socket, ...args: unknown[]) {
    const to = destinationOf(args);
    if (!refused(`net.connect ${to}`)) return Reflect.apply(connect, this, args);
    // Until the refusal arrives the socket looks like any other: what is written to it is queued.
    Reflect.set(this, 'connecting', true);
    // Work that lost its place is refused all the same; the place it has is kept either way.
    const place = currentPlace();
    const tell = () => {
      // Around TLS the end of a socket is told a turn of the real loop later.
      if (place !== undefined) place.world.realTurns = 2;
      this.destroy(refusal('connect', to));
    };
    if (place === undefined) originals.setImmediate(tell);
    else new VirtualImmediate(place, tell);
    return this;
  });
}

/** Those with a callback, and those with a promise. */
function routeLookups(dns: object, dnsPromises: object): void {
  for (const name of Object.getOwnPropertyNames(dns))
    if (/^(lookup|resolve|reverse)/.test(name)) routeLookup(name, dns, dnsPromises);
}

function routeLookup(name: string, dns: object, dnsPromises: object): void {
  const byCallback: unknown = Reflect.get(dns, name);
  const byPromise: unknown = Reflect.get(dnsPromises, name);
  if (typeof byCallback !== 'function' || typeof byPromise !== 'function') return;
  // An IP address needs no resolver.
  const leaves = ([host]: unknown[]) => !(name === 'lookup' && isIP(String(host))) && refused(`dns.${name} ${host}`);
  route(dns, name, function (this: unknown, ...args: unknown[]) {
    const done = args.at(-1);
    if (typeof done !== 'function' || !leaves(args)) return Reflect.apply(byCallback, this, args);
    originals.nextTick(() => done(refusal(name, String(args[0]))));
    return {};
  });
  route(dnsPromises, name, function (this: unknown, ...args: unknown[]) {
    return leaves(args) ? Promise.reject(refusal(name, String(args[0]))) : Reflect.apply(byPromise, this, args);
  });
}

function refusal(syscall: string, to: string): Error {
  const code = syscall === 'connect' ? 'ECONNREFUSED' : 'ENOTFOUND';
  return Object.assign(new Error(`${syscall} ${code} ${to} (a mocked drill never reaches the network)`), {
    code,
    syscall,
  });
}

/** Where a socket is to be connected: `host:port`, or the name of a local socket. */
export function destinationOf(args: readonly unknown[]): string {
  // Node's own callers hand over their arguments already gathered: [[options, callback]].
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null) {
    const path: unknown = Reflect.get(first, 'path');
    const port: unknown = Reflect.get(first, 'port');
    if (port === undefined || port === null) return typeof path === 'string' ? basename(path) : 'unknown';
    return `${Reflect.get(first, 'host') ?? 'localhost'}:${port}`;
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return basename(first);
  return `${typeof args[1] === 'string' ? args[1] : 'localhost'}:${first}`;
}
