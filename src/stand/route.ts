import type { Role, Roles } from '../core/declaration.ts';
import type { CallBody, CallRefused } from '../core/model-call.ts';
import type { Protocol } from '../core/protocol.ts';
import { header, type WireRequest } from '../core/wire.ts';

/** The key a role is given in mocked mode: one per real key, so that two accounts on one host can be told apart by it. */
export const mockKey = (role: Role) => `drill-mock-${(role.key_env ?? role.provider).toLowerCase()}`;

export type Routed =
  /** `spoken` is the protocol the caller used; `protocol` the role's own. */
  | { role: string; protocol: Protocol; spoken: string; body: CallBody | CallRefused }
  | { role: undefined; origin: string; path: string; model: string | null };

/**
 * Whose call a request is. The host decides; only roles on one host are told apart, by path, key, then model.
 * A wrong protocol, or a path nobody serves, is the role's own refusal.
 */
export function route(request: WireRequest, roles: Roles, protocols: readonly Protocol[]): Routed {
  const url = new URL(request.url);
  const onHost = Object.entries(roles).filter(([, role]) => new URL(role.base_url).origin === url.origin);
  const spoken = protocols.find((p) => url.pathname.endsWith(p.path));
  const body = spoken?.readCall(request);
  const model = body?.model ?? null;

  const key =
    header(request.headers, 'authorization')?.replace(/^Bearer\s+/i, '') ?? header(request.headers, 'x-api-key');
  const byPath = narrow(onHost, ([, role]) => url.pathname.startsWith(new URL(role.base_url).pathname));
  const byKey = narrow(byPath, ([, role]) => key === mockKey(role));
  const candidates = byKey.length > 1 ? byKey.filter(([, role]) => role.model === model) : byKey;
  const [found] = candidates;
  if (found === undefined) return { role: undefined, origin: url.origin, path: url.pathname, model };

  const [name, role] = found;
  const own = protocols.find((p) => p.name === role.protocol);
  if (own === undefined) throw new Error(`no protocol ${role.protocol} for role ${name}`);
  if (spoken === undefined || body === undefined || spoken.name !== own.name) {
    const message = `${request.method} ${url.pathname} is not served here`;
    const refused: CallRefused = { refused: true, mode: 'model_not_found', status: 404, message };
    if (model !== null) refused.model = model;
    return { role: name, protocol: own, spoken: spoken?.name ?? 'unknown', body: refused };
  }
  return { role: name, protocol: own, spoken: own.name, body };
}

/** Keeps the entries that fit, or all where none does: a hint may narrow, never exclude. */
function narrow<T>(entries: T[], fits: (entry: T) => boolean): T[] {
  const kept = entries.filter(fits);
  return kept.length > 0 ? kept : entries;
}
