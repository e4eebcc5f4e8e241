import { Declaration, type ResolvedDeclaration, Roles, resolveDeclaration } from '../core/declaration.ts';
import { DrillError } from '../core/errors.ts';
import type { Target } from '../core/plugin.ts';
import type { Catalogue } from './catalogue-type.ts';
import { suggest } from './closest.ts';
import type { LoadedConfig } from './config-file.ts';

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
  // Asked only by workflows with a verification step.
  verifier: {
    provider: 'mistral',
    protocol: 'openai-chat',
    base_url: 'https://api.mistral.ai/v1',
    model: 'mistral-small-latest',
    key_env: 'MISTRAL_API_KEY',
  },
};

/** The target of a run: a name from the configuration or the package, or a file. Throws a DrillError. */
export async function openTarget(
  name: string,
  cwd: string,
  config: LoadedConfig | undefined,
  catalogue: Catalogue,
): Promise<Target> {
  const entry = ownOf(config?.targets ?? {}, name);
  const builtin = ownOf(catalogue.builtinTargets, entry?.builtin ?? name);
  if (builtin !== undefined && entry?.module === undefined) return builtin();
  const path = entry?.module ?? name;
  if (entry === undefined && !/[\\/.]/.test(name)) {
    const known = [...Object.keys(config?.targets ?? {}), ...Object.keys(catalogue.builtinTargets)];
    throw new DrillError('unknown-target', {
      message: `there is no target "${name}"`,
      place: { file: '--target' },
      fix: `${suggest(name, known, 'targets')}; or name a file: --target ./my-agent.ts`,
    });
  }
  const kind = catalogue.targetKinds.find((k) => k.name === 'module');
  if (kind === undefined) throw new Error('the catalogue has no module targets');
  return { ...kind.open({ module: path, cwd }), name };
}

/** What the target declares, held against our schema; the configuration's word counts for more than the module's. */
export async function settleTarget(
  target: Target,
  name: string,
  config: LoadedConfig | undefined,
  catalogue: Catalogue,
): Promise<{ declares: ResolvedDeclaration; roles: Roles }> {
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
  const declared =
    ownOf(config?.targets ?? {}, name)?.declares ?? parseExport(Declaration, said.declares, 'declares', said.about);
  const declares = resolveDeclaration(declared, Object.keys(roles));
  const lost = declares.chain.find((role) => !Object.hasOwn(roles, role));
  if (lost !== undefined) {
    throw new DrillError('unknown-role', {
      message: `the target's chain names a role "${lost}" that does not exist`,
      place: { file: said.about },
      fix: suggest(lost, Object.keys(roles), 'roles'),
    });
  }
  return { declares, roles };
}

/** `constructor` is a name like any other. */
function ownOf<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
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
