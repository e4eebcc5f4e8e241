import type { Clock } from '../../core/clock.ts';
import type { Roles } from '../../core/declaration.ts';
import { DrillError, EXIT, messageOf } from '../../core/errors.ts';
import type { Task } from '../../core/outcome.ts';
import type { Habitat } from '../../core/plugin.ts';
import { type Protocol, protocolOf } from '../../core/protocol.ts';
import { type Placement, type Sockets, TO_HOST, variableOf, type Way } from '../../core/sockets.ts';
import type { Recording, Scope, Stand } from '../../core/stand.ts';
import { header, NetworkFailure, type WireReply, type WireRequest } from '../../core/wire.ts';
import { isRecord, parseJson } from '../../text/json.ts';
import { keyOf } from '../route.ts';
import { type Asks, createAttribution, unmarked } from './attribution.ts';
import { type Answer, type At, type Listener, LOOPBACK, listen } from './listen.ts';
import { hasRunKey, withoutRunKey } from './run-key.ts';
import { answerTools, json } from './tools.ts';
import { type Leaving, trap } from './trap.ts';

export interface SocketsOptions {
  clock: Clock;
  stand: Stand;
  roles: Roles;
  /** Where the target finds each role in virtual time, with a dummy key. */
  addresses: Habitat['roles'];
  protocols: readonly Protocol[];
  recording: Recording;
  asks: Asks;
  /** What the keys of this world's asks are made of. */
  secret: string;
  print(text: string): void;
  /** Where to listen, and under which name others find it; loopback and free ports where it is not said. */
  at?: Placement | undefined;
  /** Where providers reply: what the key of every call to one has to begin with. */
  live?: string | undefined;
}

export interface OpenSockets extends Sockets {
  close(): Promise<void>;
}

/** The same stand on sockets: a port for each role, one for the tools and whoever approves, and a proxy that lets nothing out. */
export async function openSockets(options: SocketsOptions): Promise<OpenSockets> {
  const { clock, stand, roles, addresses, protocols, recording, asks, secret, at, live } = options;
  const attribution = createAttribution(secret, asks);
  const ways = new Set<Way>();
  const left = new Set<string>();
  let asked = false;
  const listeners: Listener[] = [];

  function note(way: Way): void {
    if (ways.has(way)) return;
    ways.add(way);
    recording.emit({ kind: 'attributed', way });
  }

  /** Answers of a port of its own; `to` is what a message calls it. Of which ask it is, is only asked where it matters. */
  const attributed =
    (
      to: string,
      answer: (request: Parameters<Answer>[0], whose: () => Scope, signal: AbortSignal) => ReturnType<Answer>,
    ) =>
    (given: Parameters<Answer>[0], signal: AbortSignal): ReturnType<Answer> => {
      const admitted = admit(given);
      if (admitted === undefined) return Promise.resolve(turnedAway(to));
      const { request, scope, way } = attribution.attribute(admitted);
      const whose = () => {
        if (scope === undefined || way === undefined) {
          recording.emit({ kind: 'unattributed-call', role: to, asks: asks.open.length });
          throw new NetworkFailure('reset');
        }
        note(way);
        return scope;
      };
      return answer(request, whose, signal);
    };

  const add = async (answer: Answer) => {
    const { host, port } = at ?? LOOPBACK;
    const listener = await listening(answer, clock, { host, port: port === 0 ? 0 : port + listeners.length });
    listeners.push(listener);
    return `http://${at?.advertise ?? listener.host}:${listener.port}`;
  };

  const inPath = at?.token === undefined ? '' : `/~${at.token}`;

  /** The request without the token that is asked of everyone; nothing where it does not bring it along. */
  function admit<R extends WireRequest & { path: string }>(given: R): R | undefined {
    if (inPath === '') return given;
    if (given.path.startsWith(`${inPath}/`)) return { ...given, path: given.path.slice(inPath.length) };
    return keyOf(given, protocols) === at?.token ? given : undefined;
  }

  let told = false;
  function turnedAway(to: string): WireReply {
    if (!told) options.print(`a call to ${to} came without the token of the stand and was turned away (HTTP 403)\n`);
    told = true;
    return json(403, { error: 'the token of the stand is missing: it is in its URLs, and may be the API key' });
  }

  const origins = new Map<string, string>();
  try {
    for (const [name, role] of Object.entries(roles)) {
      const reach = reaching(role.base_url, protocols);
      const answer = attributed(name, async (request, whose, signal) => {
        if (!hasRunKey(request, protocols, live)) return withoutKey(name);
        const scope = whose();
        return stand.transport(() => scope)({ ...request, url: reach(request.path), role: name }, signal);
      });
      origins.set(name, await add(answer));
    }
    const hosts = live === undefined ? undefined : await add(attributed('a provider', toHosts));
    const tools = await add(
      attributed('tools', (request, whose, signal) => answerTools(request, stand, whose, signal)),
    );
    const providers = Object.values(roles).map(({ base_url }) => new URL(base_url).origin);
    const lets = live === undefined ? undefined : (origin: string) => !providers.includes(origin);
    const proxy = await trap(pastIt, lets);
    listeners.push(proxy);
    return { ...placed(proxy, tools, hosts), close };
  } catch (error) {
    await close();
    throw error;
  }

  /** A call on its way to a provider's own host, which a header names: the host tells whose role it is. */
  async function toHosts(request: WireRequest, whose: () => Scope, signal: AbortSignal): Promise<WireReply> {
    const url = header(request.headers, TO_HOST);
    const seen = parseJson(new TextDecoder().decode(request.body));
    if (url === undefined && isRecord(seen) && typeof seen['left'] === 'string') {
      pastIt({ method: 'CONNECT', origin: seen['left'], path: '' }, seen['refused'] !== true);
      return json(200, {});
    }
    const headers = request.headers.filter(([name]) => name.toLowerCase() !== TO_HOST);
    if (url === undefined || !URL.canParse(url)) return json(400, { error: `the header ${TO_HOST} holds no URL` });
    if (!hasRunKey({ ...request, url }, protocols, live)) return withoutKey(new URL(url).host);
    const scope = whose();
    return absolute(await stand.transport(() => scope)({ ...request, headers, url }, signal), url);
  }

  function withoutKey(to: string): WireReply {
    if (!asked) options.print(`a call to ${to} came without the key of this run and was turned away (HTTP 401)\n`);
    asked = true;
    return withoutRunKey();
  }

  /** What went, or was to go, somewhere else than to the stand. */
  function pastIt(seen: Leaving, passes: boolean): void {
    if (!passes) recording.emit({ kind: 'unknown-call', ...seen, model: null });
    else if (!left.has(seen.origin)) recording.emit({ kind: 'passed', origin: seen.origin });
    left.add(seen.origin);
  }

  async function close(): Promise<void> {
    await Promise.all(listeners.map((listener) => listener.close()));
  }

  function placed(proxy: Listener, tools: string, hosts: string | undefined): Sockets {
    const prefix = (task?: Task) => inPath + (task === undefined ? '' : `/~${attribution.keyOf(task)}`);
    const local = (task?: Task): Habitat['roles'] =>
      Object.fromEntries(
        Object.entries(addresses).map(([name, address]) => {
          const path = new URL(address.base_url).pathname.replace(/\/$/, '');
          return [name, { ...address, base_url: `${origins.get(name)}${prefix(task)}${path}` }];
        }),
      );
    return {
      roles: local,
      env: (task) => ({
        ...variablesOf(local(task), roles, protocols),
        ...proxyVariables(proxy, [...origins.values(), tools]),
        ...(hosts !== undefined && { DRILL_HOSTS_URL: `${hosts}${prefix(task)}` }),
        DRILL_TOOLS_URL: `${tools}${prefix(task)}/tools`,
        DRILL_MCP_URL: `${tools}${prefix(task)}/mcp`,
        DRILL_APPROVE_URL: `${tools}${prefix(task)}/approve`,
      }),
      headers: (task) => ({ 'x-drill-ask': attribution.keyOf(task), traceparent: attribution.traceparentOf(task) }),
      marked: attribution.marked,
      unmarked: (outcome) => JSON.parse(unmarked(JSON.stringify(outcome))),
      started({ id }, beside) {
        const scope = asks.open.find((one) => attribution.idOf(one) === id);
        if (scope !== undefined) recording.emit({ kind: 'process', ask: scope.ask, task: scope.task, beside });
      },
      print: options.print,
    };
  }
}

/** A reply that leads on, seen from where it really is from: who follows it is led to us again, by its whole URL. */
const absolute = (reply: WireReply, url: string): WireReply => ({
  ...reply,
  headers: reply.headers.map(([name, value]) =>
    name.toLowerCase() === 'location' && URL.canParse(value, url) ? [name, new URL(value, url).href] : [name, value],
  ),
});

async function listening(answer: Answer, clock: Clock, at: At): Promise<Listener> {
  try {
    return await listen(answer, clock, at);
  } catch (error) {
    throw new DrillError(
      {
        message: `the stand cannot listen: ${messageOf(error)}`,
        place: { file: 'stand' },
        fix: 'End what has the port, or name another in `stand: { port: … }` of the target: one for each role and one for the tools are taken from there on.',
      },
      EXIT.inconclusive,
    );
  }
}

/**
 * The URL at the provider that a path on the role's port stands for: clients differ in whether their base URL ends in a
 * version, so it may be there, twice or not at all.
 */
export function reaching(base_url: string, protocols: readonly Protocol[]): (path: string) => string {
  const { origin, pathname } = new URL(base_url);
  const base = pathname.replace(/\/$/, '');
  const served = (path: string) => protocols.some((one) => one.baseOf(path) !== undefined);
  return (path) => {
    const bare = path.split('?')[0] ?? path;
    const rest = path.slice(bare.length);
    const once = bare.replace(/^(\/v\d\w*)(?=\1\/)/, '');
    const candidates = once.startsWith(`${base}/`) ? [once, base + once] : [base + once, once];
    return origin + (candidates.find(served) ?? candidates[0]) + rest;
  };
}

/** What SDKs read, for the first role of each kind; and of every role under its own name. */
export function variablesOf(
  local: Habitat['roles'],
  roles: Roles,
  protocols: readonly Protocol[],
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, { base_url, model, api_key }] of Object.entries(local)) {
    const role = roles[name];
    const protocol = role && protocolOf(protocols, role);
    for (const variable of protocol?.urlEnvs ?? []) env[variable] ??= base_url;
    for (const variable of [role?.key_env, ...Object.keys(protocol?.keyEnvs ?? {})])
      if (variable !== undefined) env[variable] ??= api_key;
    const own = variableOf(name);
    Object.assign(env, { [`${own}_URL`]: base_url, [`${own}_MODEL`]: model, [`${own}_KEY`]: api_key });
  }
  return { ...env, DRILL_ROLES: JSON.stringify(local) };
}

/** Everything else is sent to a proxy of ours, which says what it was and lets none of it out. */
function proxyVariables(proxy: Listener, own: readonly string[]): Record<string, string> {
  const url = `http://${proxy.host}:${proxy.port}`;
  const hosts = [...new Set(['127.0.0.1', 'localhost', '::1', ...own.map((one) => new URL(one).hostname)])].join(',');
  const both = (name: string, value: string) => ({ [name]: value, [name.toLowerCase()]: value });
  return {
    ...both('HTTP_PROXY', url),
    ...both('HTTPS_PROXY', url),
    ...both('ALL_PROXY', url),
    ...both('NO_PROXY', hosts),
    // Node heeds them from 24 on where it is told so.
    NODE_USE_ENV_PROXY: '1',
  };
}
