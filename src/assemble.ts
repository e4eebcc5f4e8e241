import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { catalogue } from './catalogue.ts';
import { suggest } from './config/closest.ts';
import { type LoadedConfig, loadConfig } from './config/config-file.ts';
import { checkRoles, type LoadedDrill, loadDrill } from './config/drill-file.ts';
import { findDrill, findWorkflow, listDrills, packageRoot } from './config/find.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import { Declaration, type ResolvedDeclaration, Roles, resolveDeclaration } from './core/declaration.ts';
import { FAULT_USE_KEYS, type FaultUse } from './core/drill.ts';
import { DrillError, EXIT } from './core/errors.ts';
import type { GoldenTask, Workflow } from './core/golden-task.ts';
import type { Output, Target } from './core/plugin.ts';
import type { ArmedFault } from './core/stand.ts';
import { createTrigger, type TriggerSpec } from './core/trigger.ts';
import type { Plan } from './runner/plan.ts';
import { runPlans } from './runner/run.ts';
import { createRunFolder } from './runner/run-folder.ts';
import { mockKey } from './stand/route.ts';
import { scriptFor } from './stand/script.ts';
import { createStand } from './stand/stand.ts';
import { createWallClock, isoTime } from './world/index.ts';

/** What a user asks of `drill run`. */
export interface RunRequest {
  cwd: string;
  /** Drill names or paths; empty means all. */
  names: string[];
  target?: string | undefined;
  /** A folder of golden tasks that takes the place of the workflow's own. */
  tasks?: string | undefined;
  /** Only these golden tasks. */
  task: string[];
  /** `fault@role[,param=value…]`: takes the place of the faults of every phase that has any. */
  fault: string[];
  seed: number;
  /** The folder that the run's folder is made in; `reports` by default. */
  out?: string | undefined;
  json: boolean;
  color: boolean;
  columns: number;
  stdout: Output;
  stderr: Output;
  signal: AbortSignal;
}

/** Without configuration the shipped example answers: two providers, two protocols. */
export const DEFAULT_ROLES: Roles = {
  primary: {
    provider: 'openai',
    protocol: 'openai-chat',
    base_url: 'https://api.openai.com/v1',
    model: 'gpt-5-mini',
    key_env: 'OPENAI_API_KEY',
  },
  backup: {
    provider: 'anthropic',
    protocol: 'anthropic-messages',
    base_url: 'https://api.anthropic.com',
    model: 'claude-haiku-4-5',
    key_env: 'ANTHROPIC_API_KEY',
  },
};

/** Runs drills and writes their reports. Returns the exit code; throws a DrillError before anything is written. */
export async function runDrills(request: RunRequest): Promise<number> {
  const config = loadConfig(request.cwd, catalogue);
  const name = request.target ?? config?.default_target ?? 'reference';
  const target = await openTarget(name, request.cwd, config);
  const restore = mockEnvironment(config?.roles ?? DEFAULT_ROLES);
  try {
    const { declares, roles } = await settle(target, name, config);
    const plans = drillsOf(request).map((drill) => planFor(request, drill, { target, declares, roles }));
    const clock = createWallClock();
    const started = { iso: isoTime(clock.epochMs), elapsedMs: () => clock.now() };
    const folder = createRunFolder(
      resolve(request.cwd, request.out ?? 'reports'),
      runId(started.iso, request),
      request.cwd,
    );
    const report = await runPlans({
      plans,
      reporters: catalogue.reporters,
      folder,
      terminal: request.json ? undefined : request.stdout,
      look: { color: request.color, columns: request.columns },
      seed: request.seed,
      target: { name: target.name, kind: target.kind, declares },
      reproduce: reproduceLine(request, request.names),
      about: {
        versions: { drill: version(), node: process.versions.node },
        git: gitHead(request.cwd),
        definition_hash: hashOf(plans.map((p) => [p.definition, p.workflow])),
      },
      started,
      signal: request.signal,
    });
    if (request.json) request.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (report.status === 'cancelled') return EXIT.interrupted;
    return EXIT[report.verdict === 'not_applicable' ? 'inconclusive' : report.verdict];
  } finally {
    restore();
  }
}

async function openTarget(name: string, cwd: string, config: LoadedConfig | undefined): Promise<Target> {
  const entry = config?.targets[name];
  const builtin = catalogue.builtinTargets[entry?.builtin ?? name];
  if (builtin !== undefined && entry?.module === undefined) return builtin();
  const path = entry?.module ?? name;
  if (entry === undefined && !/[\\/.]/.test(name)) {
    const known = [...Object.keys(config?.targets ?? {}), ...Object.keys(catalogue.builtinTargets)];
    throw new DrillError('unknown-target', {
      message: `there is no target "${name}"`,
      fix: `${suggest(name, known, 'targets')}; or name a file: --target ./my-agent.ts`,
    });
  }
  const kind = catalogue.targetKinds.find((k) => k.name === 'module');
  if (kind === undefined) throw new Error('the catalogue has no module targets');
  return kind.open({ module: path, cwd });
}

/** What the target declares, held against our schema; the configuration's word counts for more than the module's. */
async function settle(target: Target, name: string, config: LoadedConfig | undefined) {
  const said = await target.load();
  const own = parseExport(Roles, said.roles, 'roles', said.about);
  const roles = own ?? config?.roles ?? DEFAULT_ROLES;
  for (const [role, { protocol }] of Object.entries(roles)) {
    const known = catalogue.protocols.map((p) => p.name);
    if (known.includes(protocol)) continue;
    throw new DrillError('unknown-protocol', {
      message: `role ${role} speaks "${protocol}", which is no protocol`,
      place: { file: said.about },
      fix: suggest(protocol, known, 'protocols'),
    });
  }
  const declared = config?.targets[name]?.declares ?? parseExport(Declaration, said.declares, 'declares', said.about);
  const declares = resolveDeclaration(declared, Object.keys(roles));
  const lost = declares.chain.find((role) => roles[role] === undefined);
  if (lost !== undefined) {
    throw new DrillError('unknown-role', {
      message: `the target's chain names a role "${lost}" that does not exist`,
      place: { file: said.about },
      fix: suggest(lost, Object.keys(roles), 'roles'),
    });
  }
  return { declares, roles };
}

function parseExport<T>(
  schema: {
    safeParse(
      v: unknown,
    ):
      | { success: true; data: T }
      | { success: false; error: { issues: readonly { path: PropertyKey[]; message: string }[] } };
  },
  value: unknown,
  what: string,
  file: string,
): T | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DrillError(
    'invalid-export',
    parsed.error.issues.map((issue) => ({
      message: `the target's export \`${what}\` is not right at ${[what, ...issue.path].join('.')}: ${issue.message}`,
      place: { file },
      fix: `See \`drill explain ${what}\` for its shape.`,
    })),
  );
}

function drillsOf(request: RunRequest): LoadedDrill[] {
  const names = request.names.length > 0 ? request.names : listDrills(request.cwd).map((d) => d.name);
  return names.map((name) => loadDrill(findDrill(name, request.cwd), catalogue));
}

interface Settled {
  target: Target;
  declares: ResolvedDeclaration;
  roles: Roles;
}

function planFor(request: RunRequest, loaded: LoadedDrill, { target, declares, roles }: Settled): Plan {
  const { cwd } = request;
  const replaced = replaceFaults(request.fault, Object.keys(roles));
  checkRoles(loaded, Object.keys(roles));
  const { drill } = loaded;
  const shared = [...new Set([join(cwd, 'fixtures', 'sources'), join(packageRoot(), 'fixtures', 'sources')])];
  const folder = request.tasks === undefined ? findWorkflow(drill.workflow, cwd) : resolve(cwd, request.tasks);
  const workflow = loadWorkflow(folder, shared, request.tasks === undefined ? drill.workflow : undefined);
  const phases = drill.phases.map((phase) =>
    replaced.length > 0 && phase.faults.length > 0 ? replaced : phase.faults,
  );
  return {
    drill,
    definition: loaded.definition,
    workflow,
    tasks: chosenTasks(workflow, request.task),
    target,
    declares,
    roles,
    addresses: Object.fromEntries(
      Object.entries(roles).map(([name, role]) => [
        name,
        { protocol: role.protocol, base_url: role.base_url, model: role.model, api_key: mockKey(role) },
      ]),
    ),
    faults: phases.map((uses) => uses.map(armFault)),
    checks: catalogue.checks,
    seed: request.seed,
    reproduce: reproduceLine(request, [drill.drill]),
    openStand: (world) => createStand({ ...world, roles, protocols: catalogue.protocols }),
    scriptFor: (task) =>
      scriptFor(
        task,
        workflow.sources.filter((s) => task.fixtures.includes(s.id)),
      ),
  };
}

function chosenTasks(workflow: Workflow, names: readonly string[]): GoldenTask[] {
  for (const name of names) {
    if (workflow.tasks.some((t) => t.name === name)) continue;
    throw new DrillError('unknown-task', {
      message: `there is no golden task "${name}" in ${workflow.name}`,
      fix: suggest(
        name,
        workflow.tasks.map((t) => t.name),
        'golden tasks',
      ),
    });
  }
  return names.length === 0 ? workflow.tasks : workflow.tasks.filter((t) => names.includes(t.name));
}

/** Parses `fault@role[,param=value…]`. */
function replaceFaults(texts: readonly string[], roles: readonly string[]): FaultUse[] {
  return texts.map((text) => {
    const [head = '', ...pairs] = text.split(',');
    const [name = '', role = ''] = head.split('@');
    const fault = catalogue.faults.find((f) => f.name === name);
    const where = `--fault ${text}`;
    if (fault === undefined) {
      const known = catalogue.faults.map((f) => f.name);
      throw new DrillError('unknown-fault', {
        message: `there is no fault "${name}"`,
        place: { file: where },
        fix: suggest(name, known, 'faults'),
      });
    }
    if (!roles.includes(role)) {
      const fix = role === '' ? `Say whom it hits, e.g. --fault ${name}@${roles[0]}` : suggest(role, roles, 'roles');
      throw new DrillError('unknown-role', {
        message: role === '' ? 'the fault has no role' : `there is no role "${role}"`,
        place: { file: where },
        fix,
      });
    }
    const params = Object.fromEntries(
      pairs.map((pair) => pair.split('=', 2)).map(([key = '', value = '']) => [key, scalar(value)]),
    );
    const parsed = fault.params.safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new DrillError('invalid-fault', {
        message: `${name}: ${[...(issue?.path ?? [])].join('.')} ${issue?.message ?? ''}`.trim(),
        place: { file: where },
        fix: `See its parameters with: drill explain ${name}`,
      });
    }
    return { fault: name, role, ...params };
  });
}

const scalar = (text: string): string | number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

function armFault(use: FaultUse): ArmedFault {
  const fault = catalogue.faults.find((f) => f.name === use.fault);
  if (fault === undefined) throw new Error(`no fault ${use.fault}`);
  const reserved: readonly string[] = FAULT_USE_KEYS;
  const params = Object.fromEntries(Object.entries(use).filter(([key]) => !reserved.includes(key)));
  const when: TriggerSpec = use.when ?? { per: 'task' };
  return {
    fault: fault.name,
    role: use.role,
    open: fault.arm(params),
    trigger: createTrigger(when),
    waitsFor: waitsFor(when),
    tenants: use.tenants,
    tasks: use.tasks,
  };
}

function waitsFor({ calls, per, from_ms, to_ms, probability }: TriggerSpec): string {
  const parts = [
    ...(calls === undefined ? [] : [`call ${calls.join(' or ')} ${per === 'task' ? 'of a task' : 'to the role'}`]),
    ...(from_ms === undefined ? [] : [`a call after ${from_ms} ms`]),
    ...(to_ms === undefined ? [] : [`a call before ${to_ms} ms`]),
    ...(probability === undefined ? [] : [`a draw below ${probability}`]),
  ];
  return parts.length === 0 ? 'any call' : parts.join(', ');
}

/** In mocked mode no real key can leave: every key a client may look for is a dummy. Returns the way back. */
function mockEnvironment(roles: Roles): () => void {
  const dummies: Record<string, string> = {
    OPENAI_API_KEY: 'drill-mock-openai_api_key',
    ANTHROPIC_API_KEY: 'drill-mock-anthropic_api_key',
  };
  for (const role of Object.values(roles)) if (role.key_env !== undefined) dummies[role.key_env] = mockKey(role);
  const before = Object.keys(dummies).map((key) => [key, process.env[key]] as const);
  Object.assign(process.env, dummies);
  return () => {
    for (const [key, value] of before) {
      if (value === undefined) delete process.env[key];
      else process.env[key] = value;
    }
  };
}

function reproduceLine(request: RunRequest, names: readonly string[]): string {
  const quoted = (word: string) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
  const option = (flag: string, value: string | undefined) => (value === undefined ? [] : [flag, quoted(value)]);
  return [
    'drill run',
    ...names.map(quoted),
    ...option('--target', request.target ?? 'reference'),
    ...option('--tasks', request.tasks),
    ...request.task.flatMap((t) => option('--task', t)),
    ...request.fault.flatMap((f) => option('--fault', f)),
    ...option('--seed', String(request.seed)),
  ].join(' ');
}

function runId(startedIso: string, request: RunRequest): string {
  const stamp = startedIso.slice(0, 19).replaceAll(':', '-');
  return `${stamp}-${request.names.length === 1 ? (request.names[0] ?? '').replace(/[^\w-]+/g, '-') : 'all'}`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '0';
}

/** The commit the project stands at, where it is a git checkout. */
function gitHead(cwd: string): string | null {
  const read = (file: string) =>
    existsSync(join(cwd, '.git', file)) ? readFileSync(join(cwd, '.git', file), 'utf8').trim() : undefined;
  try {
    const head = read('HEAD');
    return head?.startsWith('ref: ') ? (read(head.slice(5)) ?? null) : (head ?? null);
  } catch {
    return null;
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
