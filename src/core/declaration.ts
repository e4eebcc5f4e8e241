import { z } from 'zod';
import { HOUR_MS, whole } from './numbers.ts';
import { defined } from './own-copy.ts';
import { FailureMode } from './taxonomy.ts';

/** What a target may claim. A check belongs to a feature and is asked only of targets that claim it. */
export const Feature = z.enum([
  'fallback',
  'deadline',
  'retries',
  'breaker',
  'failback',
  'notice',
  'schema',
  'repair',
  'citations',
  'steps',
  'tool_modes',
  'approvals',
  'idempotency',
  'budgets',
  'lanes',
  'residency',
  'cancellation',
  'log',
]);
export type Feature = z.infer<typeof Feature>;

/** What nobody can do who knows nothing of the tasks before. */
export const NEEDS_MEMORY: readonly Feature[] = ['breaker', 'failback', 'budgets', 'lanes'];

/** Used where neither the golden task nor the target says how long a user may wait. */
export const DEFAULT_DEADLINE_MS = 60_000;

/** How long a target that does not say so may leave a role alone after it failed. */
export const DEFAULT_COOLDOWN_MS = 60_000;

/** What a target says it does; it is judged by this and by nothing else. */
export const Declaration = z.strictObject({
  features: z.array(Feature).describe('what the target claims to do'),
  chain: z.array(z.string()).min(1).optional().describe('roles in the order they are tried'),
  fails_over_on: z.array(FailureMode).optional().describe('failure modes that lead to the next role'),
  retries: whole(0, 100).optional().describe('retries per role and ask, all layers together'),
  deadline_ms: whole(1, HOUR_MS).optional().describe('milliseconds a user waits at most'),
  cooldown_ms: whole(1, HOUR_MS)
    .optional()
    .describe('milliseconds a role that failed is left alone at most, e.g. by a breaker; 60000 without'),
});
export type Declaration = z.infer<typeof Declaration>;

/** A declaration with nothing left open. */
export interface ResolvedDeclaration extends Declaration {
  chain: string[];
  /** The target did not say in which order it tries its roles. */
  order_assumed?: true | undefined;
  /** Without faults, what decides where its asks go first: some go past the first role of the chain. */
  routed_by?: Route | undefined;
}

/** What of an ask may decide which role it goes to first. */
export type Route = 'priority' | 'tenant';

/** A target that declares nothing is taken to claim a fallback and a deadline over the configured roles. */
export function resolveDeclaration(declared: Declaration | undefined, roles: readonly string[]): ResolvedDeclaration {
  const chain = declared?.chain ?? chainOf(roles);
  return {
    features: ['fallback', 'deadline'],
    ...declared,
    chain,
    ...(declared?.chain === undefined && { order_assumed: true }),
  };
}

/** A verifier or a judge is no reserve. */
export const canServe = (role: string): boolean => !/^(?:verifier|judge)/.test(role);

/** The configured roles that serve, the primary first. */
export function chainOf(roles: readonly string[]): string[] {
  const named = (word: string) => roles.filter((role) => role.startsWith(word));
  const serving = [...named('primary'), ...named('backup')];
  return serving.length > 0 ? serving : roles.filter(canServe);
}

/** What a role's provider turns away although its protocol allows it. */
export const RoleRules = z.strictObject({
  max_output_tokens: z.number().int().min(1).optional().describe('most tokens a caller may ask for'),
  unsupported: z.array(z.string()).max(50).optional().describe('parameters it rejects, e.g. temperature'),
  images: z.boolean().optional().describe('false: it takes no pictures'),
  parallel_calls: z.boolean().optional().describe('false: a turn may hold one tool call'),
  tool_call_ids: z
    .strictObject({
      pattern: z.string().min(1).max(200).optional().describe('an RE2 pattern of the whole id; case does not matter'),
      max_length: whole(1, 1000).optional().describe('characters'),
    })
    .optional()
    .describe('what ids of tool calls look like'),
  turns: z
    .enum(['alternate', 'answered'])
    .optional()
    .describe(
      'alternate: user and assistant in turn, the user last; answered: no assistant last, no user after a tool',
    ),
});
export type RoleRules = z.infer<typeof RoleRules>;

/** A model a workflow uses, and where it is called. */
export const Role = z.strictObject({
  provider: z.string().describe('whose endpoint it is, e.g. openai'),
  protocol: z.string().describe('how it speaks: a name from `drill list protocols`'),
  dialect: z
    .string()
    .optional()
    .describe(
      'whose differences it has, where another server speaks that protocol: `drill explain openai-chat` names them',
    ),
  base_url: z.url({ protocol: /^https?$/ }).describe('where calls go'),
  model: z.string().min(1).describe('as the provider names it'),
  region: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'a region is a lower-case word, e.g. eu')
    .optional()
    .describe('where the provider promises to keep what it is sent, e.g. eu'),
  latency: z.enum(['low', 'standard']).optional().describe('how soon it usually answers'),
  context_tokens: z.number().int().min(1).optional().describe('tokens its context window takes'),
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'this is no name of an environment variable')
    .optional()
    .describe('the environment variable that holds the API key'),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .describe('live: a PEM file of certificate authorities that are trusted here beside the usual ones'),
  allow_private: z
    .boolean()
    .optional()
    .describe('live: true lets it be at a private address, and be called over http there'),
  price: z
    .strictObject({
      input: z.number().min(0).describe('per million input tokens'),
      output: z.number().min(0).describe('per million output tokens'),
      cached_input: z
        .number()
        .min(0)
        .optional()
        .describe('per million input tokens the provider still had; as input without'),
      cache_write: z
        .number()
        .min(0)
        .optional()
        .describe('per million input tokens the provider is to keep; as input without'),
      reasoning: z.number().min(0).optional().describe('per million tokens of thoughts; as output without'),
    })
    .optional()
    .describe("US dollars, in place of the package's dated table"),
  rules: RoleRules.optional().describe('what its provider turns away although its protocol allows it'),
});
export type Role = z.infer<typeof Role>;

/** Where a role is called, and what is promised of it. */
export type Endpoint = Pick<
  Role,
  'protocol' | 'dialect' | 'base_url' | 'model' | 'region' | 'latency' | 'context_tokens' | 'price' | 'rules'
> & {
  api_key: string;
};

/** A role as the trace and the checks know it: nothing of where or with which key it is called. */
export type KnownRole = Pick<Role, 'provider' | 'protocol' | 'model' | 'region' | 'context_tokens' | 'rules'>;

export const Roles = z.record(
  z.string().regex(/^[a-z][a-z0-9-]*$/, 'a role is a lower-case word, e.g. backup-2'),
  Role,
);
export type Roles = z.infer<typeof Roles>;

export function asKnown(roles: Roles): Record<string, KnownRole> {
  const known = Object.entries(roles).map(([name, { provider, protocol, model, region, context_tokens, rules }]) => [
    name,
    { provider, protocol, model, ...defined({ region, context_tokens, rules }) },
  ]);
  return Object.fromEntries(known);
}
