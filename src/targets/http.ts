import { z } from 'zod';
import type { Clock } from '../core/clock.ts';
import { DrillError } from '../core/errors.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { RunningTarget, TargetKind } from '../core/plugin.ts';
import type { Placement, Sockets } from '../core/sockets.ts';
import { HttpParams } from '../core/target-params.ts';
import { type Filling, filled, filledText, rolesIn, variablesIn } from '../core/template.ts';
import { ExchangeFailure, exchange } from './exchange.ts';
import { askHandler, type Mapping, mappings, pointing } from './mapping.ts';

/** Where a service that runs already looks for its models, unless it is said. */
const DEFAULT_PORT = 4600;
const READY_MS = 60_000;
/** A header is one line, however a file wraps it. */
const LINES = /\s*[\r\n]+\s*/g;
/** A shorter text is found everywhere. */
const SHORTEST_SECRET = 8;

type Params = z.output<typeof HttpParams>;
type Env = Filling['env'];

export const http: TargetKind = {
  name: 'http',
  summary:
    'An HTTP service in any language, started by drill or running already; it finds its models on sockets and runs in wall time.',
  params: HttpParams,
  example: "my-app: { http: 'http://127.0.0.1:8080/ask', start: 'python3 server.py 8080' }",
  open(raw) {
    const { cwd, ...params } = read(raw);
    const env = environmentFor(params);
    const at = placementOf(params, env);
    let told = false;
    return {
      ...{ name: params.http, kind: 'http', about: params.http, wall: true, alone: true },
      secrets: Object.values(env).filter((value) => value.length >= SHORTEST_SECRET),
      ...(at && { at }),
      load: async () => ({
        async start({ sockets, clock }, signal) {
          if (sockets === undefined) throw new Error('a service needs sockets');
          expectRoles(params, sockets);
          const world = { sockets, clock };
          if (params.start !== undefined) return await started(params, cwd, env, world, signal);
          if (!told) sockets.print(linesFor(params, sockets, env));
          told = true;
          return { ask: (task, signal) => ask(params, env, world, task, signal), close: async () => {} };
        },
      }),
    };
  },
};

/** What a configuration says was held against its shape before; a target that is only named was not. */
function read(raw: unknown) {
  const parsed = HttpParams.extend({ cwd: z.string() }).safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new DrillError({
    message: `this is no HTTP target: ${parsed.error.issues[0]?.message}`,
    place: { file: '--target' },
    fix: 'Name where tasks are sent, such as http://127.0.0.1:8080/ask; the rest stands in drill.config.yaml.',
  });
}

/** What it says of our own environment. Throws a DrillError where that lacks something. */
function environmentFor({ headers, body, stand, http: file }: Params): Env {
  const names = variablesIn([headers, body, stand]);
  const missing = names.filter((name) => process.env[name] === undefined);
  if (missing.length > 0)
    throw new DrillError({
      message: `the environment has no ${missing.join(', ')}, which the target asks for`,
      place: { file },
      fix: `Set it: ${missing[0]}=… drill run …`,
    });
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}

function expectRoles({ headers, body, http: file }: Params, sockets: Sockets): void {
  const known = Object.keys(sockets.roles());
  const stranger = rolesIn([headers, body]).find((role) => !known.includes(role));
  if (stranger === undefined) return;
  throw new DrillError({
    message: `the target asks for the role "${stranger}", which there is not`,
    place: { file },
    fix: `The roles are ${known.join(', ')}.`,
  });
}

/** One that we start is told where its stand is; one that runs already knows it. Throws a DrillError. */
function placementOf({ start, stand, http: file }: Params, env: Env): Placement | undefined {
  if (start !== undefined && stand === undefined) return undefined;
  const { port = DEFAULT_PORT, listen: host = '127.0.0.1', advertise = host, token: said } = stand ?? {};
  const token = said === undefined ? undefined : filledText(said, { env });
  if (token !== undefined && !/^[\w.-]{16,}$/.test(token))
    throw new DrillError({
      message: 'the token of the stand is no good: it stands in URLs, and nobody may guess it',
      place: { file },
      fix: 'Take 16 letters and digits or more, e.g. what `openssl rand -hex 16` prints.',
    });
  return { host, port, advertise: advertise.includes(':') ? `[${advertise}]` : advertise, token };
}

interface World {
  sockets: Sockets;
  clock: Clock;
  /** Why nobody answers any more, where that is known. */
  gone?(): Promise<string | undefined>;
}

async function started(
  params: Params,
  cwd: string,
  env: Env,
  world: World,
  signal: AbortSignal,
): Promise<RunningTarget> {
  const { startService } = await import('./processes/service.ts');
  const { start: command = '', shell, folder = cwd, http: url, ready = url, ready_ms = READY_MS } = params;
  const ownEnv = { ...world.sockets.env(), ...params.env };
  const service = await startService(
    { command: { command, shell, cwd: folder, env: ownEnv }, ready: new URL(ready), ready_ms },
    world.sockets,
    world.clock,
    signal,
  );
  const served = { ...world, gone: () => service.gone() };
  return { ask: (task, signal) => ask(params, env, served, task, signal), close: () => service.close() };
}

/** Asks a service that runs. Rejects with the signal's reason where that fires. */
async function ask(
  params: Params,
  env: Env,
  { sockets, clock, gone }: World,
  task: Task,
  signal: AbortSignal,
): Promise<Outcome> {
  const given = params.marker ? sockets.marked(task) : task;
  const filling = { task: given, roles: sockets.roles(task), env };
  const lost: { why?: string } = {};
  const handle = async (request: Request): Promise<Response> => {
    const { method, headers } = request;
    for (const [name, text] of Object.entries(params.headers ?? {}))
      headers.set(name, filledText(text, filling).replace(LINES, ' '));
    for (const [name, text] of Object.entries(sockets.headers(task))) headers.set(name, text);
    const sent = { method, headers, body: await request.text() };
    try {
      return await exchange(new URL(params.http), sent, { clock, poll: params.poll, signal });
    } catch (error) {
      if (!(error instanceof ExchangeFailure)) throw error;
      lost.why = [error.lost && (await gone?.()), error.message].filter(Boolean).join('; ');
      return error.part ?? new Response();
    }
  };
  const said = await askHandler(handle, mappingFor(params, filling), given, signal);
  const outcome = params.marker ? sockets.unmarked(said) : said;
  if (lost.why === undefined) return outcome;
  return { kind: 'failed', error: lost.why, ...(outcome.answer && { shown: outcome.answer }) };
}

/** Its own template and pointers, in place of what is usual or beside it. */
function mappingFor({ as, http: url, body, outcome }: Params, filling: Filling): Mapping {
  const name = as ?? (new URL(url).pathname.endsWith('/chat/completions') ? 'openai-chat' : 'json');
  const usual = mappings[name];
  const own = body && filled(body, filling);
  const isWhole = name === 'json' || name === 'text';
  return {
    ...usual,
    ...(own && { body: (task) => (isWhole ? own : { ...Object(usual.body(task)), ...own }) }),
    ...(outcome && pointing(outcome)),
  };
}

/** What to start a service with that runs already: variables that SDKs read, and ours. */
function linesFor({ http: url, stand }: Params, sockets: Sockets, env: Env): string {
  // A token from the environment is not shown; a shell, or Compose, puts it in.
  const [name = ''] = variablesIn(stand?.token);
  const token = env[name];
  const shown = (value: string) => (token === undefined ? value : value.replaceAll(token, `\${${name}}`));
  const isPasted = (variable: string) => !/_PROXY$/i.test(variable) && variable !== 'DRILL_ROLES';
  const lines = Object.entries(sockets.env()).filter(([variable]) => isPasted(variable));
  const pasted = lines.map(([variable, value]) => `  ${variable}=${shown(value)}\n`);
  return `${url} runs already; its models are where these lines say, which it must have been started with:\n${pasted.join('')}`;
}
