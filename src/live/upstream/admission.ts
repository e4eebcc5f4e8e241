import { isIP } from 'node:net';
import type { Role } from '../../core/declaration.ts';
import { bareHost, isLoopbackHost, isMetadataHost, kindOf } from './addresses.ts';
import type { Line } from './dial.ts';
import { UpstreamRefused } from './failures.ts';
import { type ProxyServer, shown } from './proxies.ts';

/** A proxy that we can ask. */
export function usable(proxy: ProxyServer | undefined): Line['proxy'] {
  if (proxy === undefined) return undefined;
  const { url, named } = proxy;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new UpstreamRefused(
      `${url ? `the proxy ${shown(proxy)}` : shown(proxy)} is no HTTP proxy`,
      `Set ${named} to http://host:port or https://host:port, or name the provider in NO_PROXY.`,
    );
  return { ...proxy, url };
}

/** What can be refused before anybody is asked for an address. */
export function checkHost(name: string, { allow_private }: Role, to: URL, proxied: boolean): void {
  const host = bareHost(to);
  if (isMetadataHost(host)) throw metadata(name, host);
  if (to.username !== '' || to.password !== '')
    throw new UpstreamRefused(
      `the base_url of ${name} holds credentials`,
      'Put the key into an environment variable, and its name into `key_env`.',
    );
  if (to.protocol !== 'https:' && !isLoopbackHost(host) && allow_private !== true)
    throw new UpstreamRefused(
      `${name} would be called over http, where everybody on the way reads its key`,
      'Give its `base_url` with https, or `allow_private: true` for a private network.',
    );
  // A proxy is handed the name: what can be read from that, is.
  if (proxied && isIP(host) > 0) checkAddress(name, { allow_private }, to, host);
}

export function checkAddress(
  name: string,
  { allow_private }: Pick<Role, 'allow_private'>,
  to: URL,
  address: string,
): void {
  const host = bareHost(to);
  const kind = kindOf(address);
  const where =
    host === address ? `${host}, the host of ${name},` : `${host}, the host of ${name}, is at ${address}, which`;
  if (kind === 'never') throw metadata(name, host === address ? host : `${host} (${address})`);
  if (kind === 'public' && to.protocol !== 'https:')
    throw new UpstreamRefused(
      `${where} is a public address, and would be sent a key over http`,
      'Give its `base_url` with https.',
    );
  if (kind === 'public' || allow_private === true || (kind === 'loopback' && isLoopbackHost(host))) return;
  throw new UpstreamRefused(
    `${where} is a ${kind} address`,
    `Mend its \`base_url\`, or give ${name} \`allow_private: true\` if its provider is there.`,
  );
}

/** A proxy is where its user says, in a private network as a rule. */
export function checkProxy(proxy: ProxyServer, address: string): void {
  if (kindOf(address) !== 'never') return;
  throw new UpstreamRefused(`the proxy ${shown(proxy)} is at ${address}, where no proxy is`, `Mend ${proxy.named}.`);
}

const metadata = (name: string, where: string) =>
  new UpstreamRefused(
    `${where}, the host of ${name}, is no provider's: link-local, for a cloud's own machines, or nobody's`,
    'Mend its `base_url`; `allow_private` does not allow this.',
  );
