import { BlockList, isIP } from 'node:net';

/**
 * What an address is. `never`: nobody's model is there, but a cloud's keys may be (link-local, metadata services), or it is
 * no machine's (unspecified, multicast, reserved).
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'never';

function listOf(...subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

const LOOPBACK = listOf('127.0.0.0/8', '::1/128');
/** First what clouds tell their machines from: EC2 and most others, Alibaba, Oracle, Azure, EC2 and Google over IPv6. */
const NEVER = listOf(
  ...['169.254.0.0/16', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
  ...['fd00:ec2::254/128', 'fd20:ce::254/128', 'fe80::/10'],
  ...['0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', 'ff00::/8'],
);
const PRIVATE = listOf(
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15'],
  ...['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  ...['fc00::/7', 'fec0::/10', '64:ff9b:1::/48', '2001::/23', '2001:db8::/32'],
);
/** All of IPv6 that is routed between strangers. */
const GLOBAL = listOf('2000::/3');

export function kindOf(address: string): AddressKind {
  const plain = isIP(address) === 6 ? (embedded(address) ?? address) : address;
  const version = isIP(plain);
  if (version === 0) return 'never';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  if (NEVER.check(plain, family)) return 'never';
  if (LOOPBACK.check(plain, family)) return 'loopback';
  if (PRIVATE.check(plain, family)) return 'private';
  return version === 4 || GLOBAL.check(plain, family) ? 'public' : 'never';
}

/** The IPv4 address that an IPv6 one stands for: mapped, behind NAT64, or 6to4. */
function embedded(address: string): string | undefined {
  const groups = groupsOf(address);
  const starts = (...wanted: number[]) => wanted.every((group, i) => groups[i] === group);
  const at = starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0) ? 6 : starts(0x2002) ? 1 : undefined;
  if (at === undefined) return undefined;
  return groups
    .slice(at, at + 2)
    .flatMap((group) => [group >> 8, group & 255])
    .join('.');
}

/** The eight numbers of an IPv6 address; none where it has a zone, which no address of a provider has. */
function groupsOf(address: string): number[] {
  if (!URL.canParse(`http://[${address}]`)) return [];
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const numbers = (text: string) =>
    text.split(':').flatMap((group) => (group === '' ? [] : Number.parseInt(group, 16)));
  const [front, back] = [numbers(head), numbers(tail ?? '')];
  return [...front, ...Array<number>(Math.max(0, 8 - front.length - back.length)).fill(0), ...back];
}

/** A URL's host without the brackets of IPv6 and the dot of the root. */
export const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

/** Says by itself that it is this machine. */
export const isLoopbackHost = (host: string): boolean =>
  /(?:^|\.)localhost$/.test(host) || (isIP(host) > 0 && kindOf(host) === 'loopback');

const METADATA = [
  ...['metadata', 'metadata.google.internal', 'metadata.goog', 'metadata.azure.internal', 'metadata.oraclecloud.com'],
  'instance-data',
];

/** A name under which a cloud tells its machines their keys. */
export const isMetadataHost = (host: string): boolean => METADATA.includes(host) || host.startsWith('instance-data.');
