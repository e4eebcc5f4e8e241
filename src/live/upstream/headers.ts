import type { Headers } from '../../core/wire.ts';
import { readable } from './coded.ts';
import { replacedText } from './redacted.ts';

/** Where any provider's clients put a key. */
const KEYS = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'ocp-apim-subscription-key'];
const KEYS_IN_URL = ['key', 'api_key', 'api-key', 'access_token'];
/** What is said between two neighbours on the wire. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** What is said anew on the way up: to whom, how long, and by which of our marks. */
const SAID_ANEW = ['host', 'content-length', 'expect', 'accept-encoding', 'traceparent', 'tracestate'];

/** Which headers go no further. */
function stopped(headers: Headers, also: readonly string[]): (name: string) => boolean {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(','));
  const all = new Set([...HOP_BY_HOP, ...also, ...named.map((name) => name.trim().toLowerCase())]);
  return (name) => all.has(name.toLowerCase());
}

export interface Upward {
  host: string;
  method: string;
  /** Bytes of the body. */
  length: number;
  /** The header that carries the real key, and its value. */
  key: readonly [name: string, value: string] | undefined;
  /** Headers that carry keys of other protocols. */
  keyHeaders: readonly string[];
  /** The reply is to come as it is read. */
  identity: boolean;
}

/** The headers of a target's request as the provider gets them. */
export function upward(headers: Headers, { host, method, length, key, keyHeaders, identity }: Upward): Headers {
  const stops = stopped(headers, [...KEYS, ...keyHeaders, ...SAID_ANEW, 'cookie']);
  const passing = headers.filter(([name]) => !stops(name) && !/^x-drill-/i.test(name));
  const accepted = headers
    .flatMap(([name, value]) => (name.toLowerCase() === 'accept-encoding' ? value : []))
    .join(', ');
  const encoding = identity ? 'identity' : accepted && readable(accepted);
  const hasBody = length > 0 || !['GET', 'HEAD'].includes(method);
  return [
    ['host', host],
    ...passing,
    ...(encoding ? [['accept-encoding', encoding] as const] : []),
    ...(key ? [key] : []),
    ...(hasBody ? [['content-length', String(length)] as const] : []),
  ];
}

/** The headers of a provider's reply as its caller gets them: how long it is, is told by its framing. */
export function downward(headers: Headers, needles: readonly Buffer[]): Headers {
  const stops = stopped(headers, ['content-length', 'set-cookie']);
  return headers
    .filter(([name]) => !stops(name))
    .map(([name, value]) => [replacedText(name, needles), replacedText(value, needles)]);
}

/** The path and query of a URL, without keys in it and otherwise as it was written. */
export function pathOf({ pathname, search }: URL): string {
  const isKey = (pair: string) => [...new URLSearchParams(pair).keys()].some((name) => KEYS_IN_URL.includes(name));
  const pairs = search.slice(1).split('&');
  const kept = pairs.filter((pair) => !isKey(pair));
  return kept.length === pairs.length ? pathname + search : pathname + (kept.length > 0 ? `?${kept.join('&')}` : '');
}
