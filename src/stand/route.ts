import type { Role, Roles } from '../core/declaration.ts';
import type { CallBody, CallRefused } from '../core/model-call.ts';
import { keyHeadersOf, type Protocol, protocolOf } from '../core/protocol.ts';
import { type Headers, header, type WireRequest } from '../core/wire.ts';

/** The key a role is given in place of a real one: one per real key, so that two accounts on one host can be told apart by it. */
export const dummyKey = (role: Role, prefix: string) => `${prefix}-${(role.key_env ?? role.provider).toLowerCase()}`;

/** In mocked mode it opens nothing anywhere, and is the same in every run. */
export const mockKey = (role: Role) => dummyKey(role, 'drill-mock');

/** In place of the name of a protocol. */
export const UNSPOKEN = 'unknown';

export type Routed =
  /** `spoken` is the protocol the caller used; `protocol` answers it. */
  | { role: string; protocol: Protocol; spoken: string; body: CallBody | CallRefused; served?: true }
  /** An endpoint beside the models' own, such as their list. */
  | { role: string; plain: object }
  | UnknownCall;

/** A call to no role. `protocol` and `base_url` are what would make one of it, where it is in a protocol that is spoken. */
export interface UnknownCall {
  role: undefined;
  method: string;
  origin: string;
  path: string;
  model: string | null;
  protocol?: string;
  /** What a role's `base_url` would be. */
  base_url?: string;
}

interface Known {
  roles: Roles;
  protocols: readonly Protocol[];
  /** The dummy of each role; `mockKey` without it. */
  keyFor?: ((role: Role) => string) | undefined;
}

/**
 * Whose call a request is. Its port decides where each role has one, else the host; only roles on one host are told apart, by path, key, model, then protocol.
 * What is in no protocol, or in another API's, is the role's own refusal; the protocols of one API are all served.
 */
export function route(request: WireRequest, { roles, protocols, keyFor = mockKey }: Known): Routed {
  const url = new URL(request.url);
  const spoken = protocols.find((p) => p.baseOf(url.pathname) !== undefined);
  const body = spoken?.readCall(request);
  const model = body?.model ?? null;
  const ofPort = request.role === undefined ? undefined : roles[request.role];
  // One client asks two models of a provider at one base URL, so at one port: as at the provider, the model tells them apart.
  const shares = ({ base_url, protocol, model: own }: Role) =>
    base_url === ofPort?.base_url && protocol === ofPort.protocol && own === model && own !== ofPort.model;
  const isAsked = (name: string, role: Role) =>
    ofPort === undefined ? new URL(role.base_url).origin === url.origin : name === request.role || shares(role);
  const onHost = Object.entries(roles).filter(([name, role]) => isAsked(name, role));

  /** Where the body does not name a model, a dialect may have it from elsewhere. */
  const modelAsked = (role: Role) => {
    const own = role.dialect === undefined ? undefined : protocolOf(protocols, role);
    return own?.name === spoken?.name && own !== undefined ? (own.readCall(request).model ?? null) : model;
  };

  const key = keyOf(request, protocols);
  const byPath = narrow(onHost, ([, role]) => url.pathname.startsWith(new URL(role.base_url).pathname));
  const byKey = narrow(byPath, ([, role]) => key === keyFor(role));
  const byModel =
    byKey.length > 1 && body !== undefined ? byKey.filter(([, role]) => role.model === modelAsked(role)) : byKey;
  const [found] = narrow(byModel, ([, role]) => role.protocol === spoken?.name);

  const seen = { role: undefined, method: request.method, origin: url.origin, path: url.pathname, model };
  if (found === undefined) return { ...seen, ...asRole(url, spoken) };
  const [name, role] = found;
  const own = protocolOf(protocols, role);
  if (own === undefined) throw new Error(`no protocol ${role.protocol} for role ${name}`);
  if (spoken === undefined) {
    const models = onHost.map(([, one]) => one.model);
    const plain = own.plain?.(request, [...new Set(models)]);
    if (plain !== undefined) return { role: name, plain };
  }
  const base = spoken?.baseOf(url.pathname) ?? '';
  // What is a role's own is spoken in its dialect.
  const protocol = spoken?.name === own.name ? own : spoken;
  const served =
    protocol !== undefined &&
    (protocol === own || protocol.api === own.api || own.serves?.(protocol.api, base) === true);
  if (served && body !== undefined) {
    const said = protocol === spoken ? body : protocol.readCall(request);
    return { role: name, protocol, spoken: protocol.name, body: said, served: true };
  }
  const message = `${request.method} ${url.pathname} is not served here`;
  const refused: CallRefused = { refused: true, mode: 'model_not_found', status: 404, message };
  if (model !== null) refused.model = model;
  return { role: name, protocol: own, spoken: spoken?.name ?? UNSPOKEN, body: refused };
}

/** The API key of a request, wherever a provider's clients put it. */
export function keyOf({ headers, url }: WireRequest, protocols: readonly Protocol[]): string | undefined {
  const keys = keyHeadersOf(protocols).map((name) => header(headers, name));
  const bearer = header(headers, 'authorization')?.replace(/^Bearer\s+/i, '');
  const inUrl = URL.canParse(url) ? new URL(url).searchParams.get('key') : null;
  return bearer ?? keys.find((key) => key !== undefined) ?? inUrl ?? undefined;
}

/** What would make a role of a host that is none. */
function asRole(url: URL, spoken: Protocol | undefined): Pick<UnknownCall, 'protocol' | 'base_url'> {
  const base = spoken?.baseOf(url.pathname);
  return spoken === undefined || base === undefined ? {} : { protocol: spoken.name, base_url: url.origin + base };
}

/** Keeps the entries that fit, or all where none does: a hint may narrow, never exclude. */
function narrow<T>(entries: T[], fits: (entry: T) => boolean): T[] {
  const kept = entries.filter(fits);
  return kept.length > 0 ? kept : entries;
}

/** Headers worth keeping whoever's they are. */
const KEPT = ['content-type', 'retry-after'];

/** What of the headers is stored, by lower-case name. */
export function keptHeaders(headers: Headers, { keeps }: Pick<Protocol, 'keeps'>): Record<string, string> {
  const kept = headers.map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(kept.filter(([name]) => KEPT.includes(name) || keeps.includes(name)));
}
