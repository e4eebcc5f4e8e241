import { BlockList, isIP } from 'node:net';
import { bareHost, isLoopbackHost } from './addresses.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What a variable names as the way to a host. */
export interface ProxyServer {
  /** The variable. */
  named: string;
  /** Undefined where its value is no URL. It may hold credentials. */
  url: URL | undefined;
}

/** The proxy between here and a URL. One elsewhere is not asked for this machine: what it reached would be its own. */
export function proxyFor(to: URL, env: Env): ProxyServer | undefined {
  if (isExcepted(to, found(env, 'NO_PROXY')?.value ?? '')) return undefined;
  const set = found(env, to.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY') ?? found(env, 'ALL_PROXY');
  if (set === undefined) return undefined;
  const text = /^\w+:\/\//.test(set.value) ? set.value : `http://${set.value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isElsewhere = url === undefined || !isLoopbackHost(bareHost(url));
  return isElsewhere && isLoopbackHost(bareHost(to)) ? undefined : { named: set.name, url };
}

/** A proxy without its credentials. */
export const shown = ({ named, url }: ProxyServer): string =>
  url ? `${url.protocol}//${url.host}` : `what ${named} says`;

function found(env: Env, name: string): { name: string; value: string } | undefined {
  for (const one of [name.toLowerCase(), name]) {
    const value = env[one]?.trim();
    if (value) return { name: one, value };
  }
  return undefined;
}

/** Whether NO_PROXY names a URL: `*`, a domain with all below it, an address, a range of them, each with a port or without. */
function isExcepted(to: URL, list: string): boolean {
  const host = bareHost(to);
  const port = to.port || (to.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .map(entryOf)
    .some(({ name, only = port }) => only === port && (name === '*' || covers(name, host)));
}

function entryOf(entry: string): { name: string; only?: string | undefined } {
  if (isIP(entry) > 0 || entry.includes('/')) return { name: entry };
  const [, name = '', only] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(entry) ?? [];
  return { name, only };
}

function covers(name: string, host: string): boolean {
  const version = isIP(host);
  if (version === 0) {
    const domain = name.replace(/^\*?\./, '');
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
  }
  const [address = '', bits] = name.split('/');
  if (isIP(address) !== version) return false;
  const list = new BlockList();
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const most = version === 6 ? 128 : 32;
  const size = bits === undefined ? most : Number(bits);
  if (!Number.isInteger(size) || size < 0 || size > most) return false;
  list.addSubnet(address, size, family);
  return list.check(host, family);
}
