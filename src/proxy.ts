import { resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Catalogue } from './config/catalogue-type.ts';
import { unknown } from './config/closest.ts';
import { loadConfig } from './config/config-file.ts';
import { checkedUse, faultFromFlag } from './config/fault-flag.ts';
import { findWorkflow, sourceHomes } from './config/find.ts';
import { parseWith } from './config/issues.ts';
import { DEFAULT_ROLES } from './config/target.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import type { Clock } from './core/clock.ts';
import { Role, type Roles } from './core/declaration.ts';
import { type FaultUse, placeOf } from './core/drill.ts';
import { DrillError } from './core/errors.ts';
import { GoldenTask, sourcesFor, type Workflow } from './core/golden-task.ts';
import { whole } from './core/numbers.ts';
import type { Fault, Habitat } from './core/plugin.ts';
import { createRandom } from './core/random.ts';
import type { Scope, Stand } from './core/stand.ts';
import { isLoopback } from './core/target-params.ts';
import { addressesOf, armFault } from './equip.ts';
import { schemaFieldsOf } from './run/plan.ts';
import { eventsOnly } from './stand/events-only.ts';
import { dummyKey } from './stand/route.ts';
import { scriptFor } from './stand/script.ts';
import { ADMIN_PREFIX, adminOf, type Faults } from './stand/sockets/admin.ts';
import { reaching, variablesOf } from './stand/sockets/index.ts';
import { type By, createJournal, type Happened, type Switched, type Totals } from './stand/sockets/journal.ts';
import { type Answer, type Listener, listen } from './stand/sockets/listen.ts';
import { hasRunKey, withoutRunKey } from './stand/sockets/run-key.ts';
import { answerTools } from './stand/sockets/tools.ts';
import { createStand } from './stand/stand.ts';
import { canonicalJson } from './text/canonical.ts';
import { isRecord, parseJson } from './text/json.ts';
import { createWallClock, isoTime, unguessable } from './world/index.ts';

/** What a user asks of `drill proxy`. */
export interface ProxyRequest {
  cwd: string;
  /** `name=protocol`, or `name=protocol/dialect`; those of the configuration without any. */
  role: readonly string[];
  /** As `--fault` of a run. */
  fault: readonly string[];
  workflow?: string | undefined;
  tasks?: string | undefined;
  seed: number;
  /** The first of the ports; 0 for free ones. */
  port: number;
  listen: string;
  advertise?: string | undefined;
  token?: string | undefined;
  /** Calls that the journal keeps. */
  journal: number;
  /** The providers themselves reply, for real money. */
  upstream?: boolean;
  /** With the real keys in it, where `upstream` is asked for. */
  env?: NodeJS.ProcessEnv;
  /** Why no fault may be armed now, if none may. */
  locked?(): string | undefined;
  /** Hears of each call and each switch of a fault, as it happens. */
  tell?(happened: Happened): void;
}

/** What stands ready, with how it is reached. */
export interface OpenProxy {
  roles: Habitat['roles'];
  /** Where the tools of the workflow are, if it has any. */
  tools?: string;
  admin: { url: string; token: string };
  /** Variables to start a system under test with. */
  env: Record<string, string>;
  totals(): Totals;
  /** What faults may break. */
  names: { roles: string[]; tools: string[] };
  /** What is armed, and may be changed: by the admin API in the same way. */
  faults: Faults;
  /** Takes every fault away and breaks off what they hold up; gives how many there were. */
  revert(): number;
  /** Ends every connection and timer, and frees the ports. */
  close(): Promise<void>;
}

/** Opens the stand on its own: mocked providers on ports, their faults, and an API to change them. Throws a DrillError. */
export async function openProxy(request: ProxyRequest, catalogue: Catalogue): Promise<OpenProxy> {
  const { seed } = request;
  const token = tokenOf(request);
  const roles = rolesOf(request, catalogue);
  const workflow = workflowOf(request, catalogue);
  const clock = createWallClock();
  const { tell = () => {} } = request;
  const now = () => clock.epochMs + clock.now();
  const journal = createJournal(request.journal, now, tell);
  const { protocols } = catalogue;
  const live = await liveOf(request, roles, clock, catalogue);
  const keyFor = live && ((role: Role) => dummyKey(role, live.keys));
  const stand = createStand({
    ...{ clock, roles, protocols, keyFor, replies: live?.replies, random: createRandom(seed) },
    recording: eventsOnly(journal.emit),
    schemaFields: workflow === undefined ? [] : schemaFieldsOf({ workflow }),
    contract: workflow?.contract,
    tools: workflow?.tools ?? [],
  });
  const asks = openAsks(stand, workflow);
  const names = { roles: Object.keys(roles), tools: (workflow?.tools ?? []).map(({ name }) => name) };
  const switched = (one: Omit<Switched, 'at'>) => tell({ ...one, at: isoTime(now()) });
  const faults = armedFaults(stand, clock, catalogue.faults, switched, (given) => {
    const why = request.locked?.();
    if (why !== undefined)
      throw new DrillError({ message: why, fix: '`drill lever disengage` lets faults be armed again' });
    return checkedUse(given, catalogue, names, { file: 'the body of the request' });
  });
  for (const flag of request.locked?.() === undefined ? request.fault : [])
    faults.add(faultFromFlag(flag, catalogue, names.roles, names.tools));

  const open = await listeners(request, clock);
  try {
    const origins = new Map<string, string>();
    for (const [name, role] of Object.entries(roles)) {
      const reach = reaching(role.base_url, protocols);
      origins.set(
        name,
        await open.add(async ({ path, ...call }, signal) => {
          if (!hasRunKey(call, protocols, live?.keys)) return withoutRunKey();
          const scope = asks.ofCall(call.body);
          return stand.transport(() => scope)({ ...call, url: reach(path), role: name }, signal);
        }),
      );
    }
    const tools =
      names.tools.length === 0
        ? undefined
        : await open.add((call, signal) => answerTools(call, stand, () => asks.ofTool(call), signal));
    const about = () => ({
      status: 'ok',
      roles: names.roles,
      faults: faults.list().length,
      calls: journal.totals().calls,
    });
    const admin = await open.add(
      adminOf({ faults, journal, token, advertise: advertised(request).toLowerCase(), about }),
    );
    const local = Object.fromEntries(
      Object.entries(addressesOf(roles, protocols, keyFor)).map(([name, address]) => {
        const path = new URL(address.base_url).pathname.replace(/\/$/, '');
        return [name, { ...address, base_url: `${origins.get(name)}${path}` }];
      }),
    );
    return {
      roles: local,
      ...(tools !== undefined && { tools: `${tools}/tools` }),
      admin: { url: `${admin}${ADMIN_PREFIX}`, token },
      env: {
        ...variablesOf(local, roles, protocols),
        ...(tools !== undefined && { DRILL_TOOLS_URL: `${tools}/tools`, DRILL_APPROVE_URL: `${tools}/approve` }),
        DRILL_ADMIN_URL: `${admin}${ADMIN_PREFIX}`,
        DRILL_ADMIN_TOKEN: token,
      },
      totals: journal.totals,
      ...{ names, faults },
      revert() {
        const before = faults.reset('lever');
        stand.revert();
        return before;
      },
      async close() {
        faults.reset('end');
        journal.close();
        await open.close();
        await live?.upstream.close();
      },
    };
  } catch (error) {
    faults.reset('end');
    await open.close();
    throw error;
  }
}

async function liveOf({ upstream, cwd, env = {} }: ProxyRequest, roles: Roles, clock: Clock, catalogue: Catalogue) {
  if (upstream !== true) return undefined;
  const { openLiveRun } = await import('./live-run.ts');
  return openLiveRun(loadConfig(cwd, catalogue), { roles, cwd, env, clock, protocols: catalogue.protocols });
}

// --- what answers -----------------------------------------------------------

/** A call that is no golden task's. */
const ANY = GoldenTask.parse({
  name: 'any',
  input: 'any',
  answer:
    'Thank you for your question. In short: yes, this is possible, and it usually takes two to three working days. If anything changes, you will hear from us by e-mail.',
});

/** Whose script answers: a golden task's whose words are in the call, else one for any. There are as many asks as scripts. */
function openAsks(stand: Stand, workflow: Workflow | undefined) {
  const tasks = [ANY, ...(workflow?.tasks ?? [])];
  const scopes = tasks.map(({ name, tenant }, i): Scope => ({ ask: i + 1, task: name, tenant }));
  const any: Scope = { ask: 1, task: ANY.name, tenant: ANY.tenant };
  for (const [i, task] of tasks.entries())
    stand.play(i + 1, scriptFor(task, sourcesFor(task, workflow?.sources ?? [])));
  const known = tasks.slice(1).map((task, i) => ({ task, scope: scopes[i + 1] ?? any, words: inner(task.input) }));
  return {
    ofCall(body: Uint8Array): Scope {
      if (known.length === 0) return any;
      // However its characters were written.
      const text = JSON.stringify(parseJson(new TextDecoder().decode(body))) ?? '';
      return known.find(({ words }) => text.includes(words))?.scope ?? any;
    },
    /** The one that foresees this use of a tool. */
    ofTool({ path, body }: Parameters<Answer>[0]): Scope {
      const tool = path.split('?')[0]?.split('/')[2];
      const args = canonicalJson(parseJson(new TextDecoder().decode(body)) ?? null);
      const foresees = ({ turns }: GoldenTask) =>
        turns.some((turn) => turn.tool === tool && canonicalJson(turn.args) === args);
      return known.find(({ task }) => foresees(task))?.scope ?? any;
    },
  };
}

const inner = (text: string): string => JSON.stringify(text).slice(1, -1);

function workflowOf({ cwd, workflow, tasks }: ProxyRequest, catalogue: Catalogue): Workflow | undefined {
  if (tasks !== undefined) return loadWorkflow(resolve(cwd, tasks), sourceHomes(cwd), catalogue);
  if (workflow === undefined) return undefined;
  return loadWorkflow(findWorkflow(workflow, cwd, { file: '--workflow' }), sourceHomes(cwd), catalogue, workflow);
}

function rolesOf({ role: flags, cwd }: ProxyRequest, catalogue: Catalogue): Roles {
  if (flags.length === 0) return loadConfig(cwd, catalogue)?.roles ?? DEFAULT_ROLES;
  const roles: Record<string, Role> = {};
  for (const flag of flags) {
    const [, name = '', protocol = '', dialect] = /^([a-z][a-z0-9-]*)=([\w-]+)(?:\/([\w-]+))?$/.exec(flag) ?? [];
    const place = { file: `--role ${flag}` };
    const own = catalogue.protocols.find((one) => one.name === protocol);
    const known = catalogue.protocols.map((one) => one.name);
    if (name === '')
      throw new DrillError({
        message: 'a role is written name=protocol, or name=protocol/dialect',
        place,
        fix: `e.g. \`--role primary=${known[0]}\` (protocols: ${known.join(', ')})`,
      });
    if (name in roles) throw new DrillError({ message: `the role "${name}" is there twice`, place, fix: 'rename one' });
    if (own === undefined)
      throw unknown(`there is no protocol "${protocol}"`, place.file, protocol, known, 'protocols');
    const dialects = new Map(Object.entries(own.dialects ?? {}));
    const voice = dialect === undefined ? own : dialects.get(dialect);
    if (voice === undefined)
      throw unknown(
        `${protocol} has no dialect "${dialect}"`,
        place.file,
        dialect ?? '',
        [...dialects.keys()],
        'dialects',
      );
    // How a protocol is written in a configuration: one role, by its name.
    const [example] = Object.values(z.record(z.string(), Role).parse(parse(voice.example)));
    if (example !== undefined) roles[name] = example;
  }
  return roles;
}

// --- where it listens -------------------------------------------------------

const LEAST_TOKEN = 16;

function tokenOf({ listen: host, token }: ProxyRequest): string {
  const place = { file: '--token' };
  if (token !== undefined && !/^[\w.~+/-]+=*$/.test(token))
    throw new DrillError({ message: 'a token is letters, digits and -._~+/', place, fix: 'make it of these' });
  if (isLoopback(host)) return token ?? unguessable();
  if (token !== undefined && token.length >= LEAST_TOKEN) return token;
  throw new DrillError({
    message:
      token === undefined ? `on ${host} others can reach it: it needs a token` : 'the token is too short to be safe',
    place: { file: token === undefined ? `--listen ${host}` : '--token' },
    fix: `give one of at least ${LEAST_TOKEN} characters: \`--token "$(openssl rand -hex 16)"\``,
  });
}

/** Everywhere is no address to call. */
const advertised = ({ advertise, listen: host }: ProxyRequest): string =>
  advertise ?? (['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host);

async function listeners(request: ProxyRequest, clock: Clock) {
  const { listen: host, port } = request;
  const all: Listener[] = [];
  const name = advertised(request);
  return {
    /** The origin under which it is found. */
    async add(answer: Answer): Promise<string> {
      const at = { host, port: port === 0 ? 0 : port + all.length };
      const listener = await listen(answer, clock, at).catch((error: unknown) => {
        throw notBound(error, at);
      });
      all.push(listener);
      return `http://${name.includes(':') ? `[${name}]` : name}:${listener.port}`;
    },
    async close(): Promise<void> {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}

const WHY_NOT: Readonly<Record<string, [why: string, fix: string]>> = {
  EADDRINUSE: ['something else listens there', 'choose another --port, or none for a free one'],
  EACCES: ['this user may not', 'choose a --port from 1024 on'],
  EADDRNOTAVAIL: ['this machine has no such address', 'choose another --listen'],
  ENOTFOUND: ['this name has no address', 'choose another --listen'],
};

function notBound(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code: unknown = isRecord(error) ? error['code'] : undefined;
  const [why, fix] = WHY_NOT[String(code)] ?? [];
  if (why === undefined || fix === undefined) return error;
  return new DrillError({
    message: `it cannot listen on ${host}, port ${port}: ${why}`,
    place: { file: `--listen ${host} --port ${port}` },
    fix,
  });
}

// --- what is armed ----------------------------------------------------------

const DAY_MS = 86_400_000;
const MOST_FAULTS = 200;
const Lasting = z.looseObject({
  ttl_ms: whole(1, DAY_MS).optional().describe('milliseconds after which it is taken away again'),
});

/** The faults of a stand by their ids. Of one that is taken away no timer is left. */
function armedFaults(
  stand: Stand,
  clock: Clock,
  known: readonly Fault[],
  tell: (switched: Omit<Switched, 'at'>) => void,
  read: (given: unknown) => FaultUse,
): Faults & { add(use: FaultUse): void } {
  interface Armed {
    use: FaultUse;
    until?: number;
    disarm(by: By): void;
  }
  const armed = new Map<string, Armed>();

  const shown = (id: string, { use, until }: Armed) => ({
    id,
    ...use,
    ...(until !== undefined && { reverts_in_ms: Math.max(0, until - clock.now()) }),
  });

  function arm(id: string, use: FaultUse, by: By, ttl?: number): Armed {
    const off = stand.arm(armFault(use, known));
    const over = new AbortController();
    const one: Armed = {
      use,
      ...(ttl !== undefined && { until: clock.now() + ttl }),
      disarm(end) {
        off();
        over.abort();
        armed.delete(id);
        tell({ event: 'off', id, use, by: end });
      },
    };
    armed.set(id, one);
    tell({ event: 'on', id, use, ...(ttl !== undefined && { ttl_ms: ttl }), by });
    if (ttl !== undefined)
      clock.sleep(ttl, over.signal).then(
        () => one.disarm('time'),
        () => {},
      );
    return one;
  }

  return {
    list: () => [...armed].map(([id, one]) => shown(id, one)),
    get(id) {
      const one = armed.get(id);
      return one && shown(id, one);
    },
    put(id, given, by) {
      const place = () => ({ file: 'the body of the request' });
      const { ttl_ms, ...rest } = parseWith(Lasting, { data: given, place });
      const use = read(rest);
      const before = armed.get(id);
      if (before === undefined && armed.size >= MOST_FAULTS)
        throw new DrillError({ message: `${MOST_FAULTS} faults are armed`, fix: 'take one away first' });
      before?.disarm(by);
      return { replaced: before !== undefined, fault: shown(id, arm(id, use, by, ttl_ms)) };
    },
    remove(id, by) {
      const one = armed.get(id);
      one?.disarm(by);
      return one !== undefined;
    },
    reset(by) {
      const all = [...armed.values()];
      for (const one of all) one.disarm(by);
      return all.length;
    },
    add(use) {
      const id = `${use.fault}@${placeOf(use)}`;
      const twins = [...armed.keys()].filter((one) => one === id || one.startsWith(`${id}-`)).length;
      arm(twins === 0 ? id : `${id}-${twins + 1}`, use, 'command line');
    },
  };
}
