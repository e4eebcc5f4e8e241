import { chainOf, type Declaration, Feature } from '../core/declaration.ts';
import { entryOf } from '../core/once.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget } from '../core/plugin.ts';
import { protocolOf } from '../core/protocol.ts';
import { FailureMode } from '../core/taxonomy.ts';
import { type Approve, ToolFailure, type Tools } from '../core/tools.ts';
import { protocols } from '../protocols/index.ts';
import { type Capabilities, createAdapter } from './adapter.ts';
import { picturesOf, withSources } from './asking.ts';
import { createTenantBudget, type TenantBudget } from './budget.ts';
import { failover } from './failover.ts';
import { inTime, TIME_IS_UP } from './in-time.ts';
import { createLanes, type LaneSettings } from './lanes.ts';
import type { ModelAdapter } from './model-adapter.ts';
import { orderAgent } from './order-agent.ts';
import { planAgent } from './plan-agent.ts';
import { type Agent, type Checked, openStory } from './story.ts';
import { supportAgent } from './support-agent.ts';

/** What the agents say of themselves: there is nothing to claim that they do not do. */
export const declares = {
  features: Feature.options,
  // A promise, and so not read from the policy that has to keep it.
  fails_over_on: FailureMode.options.filter((mode) => mode !== 'safety_block'),
  retries: 1,
  deadline_ms: 12_000,
} satisfies Declaration;

/** Both default models have this and more; the temperature is left to the model, because newer ones reject it. */
const CAPABILITIES: Capabilities = { tools: true, jsonSchema: true, images: true, maxContextTokens: 128_000 };
const LANES: LaneSettings = { slots: 16, reserved: 3, perTenant: 8, waitMs: 3_000 };
const VERIFIER = 'verifier';

/** By workflow; any other is answered as a support question. */
const AGENTS: Readonly<Record<string, Agent>> = { 'action-plan': planAgent, 'order-agent': orderAgent };

export { notices } from './notice.ts';

/** What the agents touch of their surroundings. */
type Surroundings = Pick<Habitat, 'roles' | 'transport' | 'clock' | 'random'> &
  Partial<Pick<Habitat, 'tools' | 'approve'>>;

/**
 * One agent a workflow, on one failover: breakers, budgets and lanes live from here to `close`.
 * Throws where none of its roles is given.
 */
export async function start(around: Surroundings): Promise<RunningTarget> {
  const { clock, random, tools = NO_TOOLS, approve = NOBODY } = around;
  const chain = chainOf(Object.keys(around.roles)).flatMap((role) => {
    const adapter = adapterFor(role, around);
    return adapter === undefined ? [] : [{ role, adapter }];
  });
  if (chain.length === 0) throw new Error('the agents need a role to ask');
  const walk = failover({ chain, clock, random, lanes: createLanes(LANES, clock) });
  const verifier = adapterFor(VERIFIER, around);
  const budgets = new Map<string, TenantBudget>();

  /** One for the workflow: the contract says how much. */
  function budgetOf({ workflow, contract }: Task): TenantBudget | undefined {
    if (contract?.budgets === undefined) return undefined;
    const { window_ms: windowMs, requests, usd } = contract.budgets;
    return entryOf(budgets, workflow, () => createTenantBudget({ windowMs, requests, usd }, () => clock.now()));
  }

  return {
    async ask(task, signal) {
      const agent = AGENTS[task.workflow] ?? supportAgent;
      const budget = budgetOf(task);
      const began = clock.now();
      const tookMs = () => clock.now() - began;
      const left = () => Math.max(0, task.deadline_ms - MARGIN_MS - tookMs());
      const story = openStory(task, {
        run: (ask) =>
          walk({
            ...ask,
            // A role that may not see a tenant's data has no payload for it.
            payload: (role) => (maySee(task, role, around.roles) ? ask.payload(role) : 'regional_access'),
            ...(budget && { budget }),
            signal,
          }),
        verify: (answer, known) => {
          const approvedVerifier = maySee(task, VERIFIER, around.roles) ? verifier : undefined;
          return verification(
            task,
            [...known, `Answer: ${answer}`],
            approvedVerifier,
            Math.min(VERIFY_MS, left()),
            signal,
          );
        },
        // Nobody may keep the user waiting past the deadline: neither a tool nor a person.
        tools: {
          schemas: tools.schemas,
          async call(...use) {
            const work = tools.call(...use);
            const result = await inTime(clock, Math.min(TOOL_MS, left()), () => work);
            if (result === TIME_IS_UP) throw new ToolFailure('timeout', 'it took too long');
            return result;
          },
        },
        async approve(asked) {
          const work = approve(asked);
          const answer = await inTime(clock, left(), () => work);
          return answer === TIME_IS_UP ? 'silence' : answer;
        },
        signal,
        tookMs,
      });
      return agent(task, story);
    },
    async close() {},
  };
}

/** The agents for one ask. They remember nothing: only `start` keeps breakers from ask to ask. */
export default async function reference(task: Task, around: Surroundings & { signal: AbortSignal }): Promise<Outcome> {
  return (await start(around)).ask(task, around.signal);
}

function adapterFor(role: string, { roles, transport, clock }: Surroundings): ModelAdapter | undefined {
  const endpoint = roles[role];
  if (endpoint === undefined) return undefined;
  const protocol = protocolOf(protocols, endpoint);
  if (protocol === undefined) throw new Error(`the agents do not speak ${endpoint.protocol}`);
  const named = { ...endpoint, provider: new URL(endpoint.base_url).hostname };
  const { latency, context_tokens: maxContextTokens = CAPABILITIES.maxContextTokens, price } = endpoint;
  const capabilities = { ...CAPABILITIES, maxContextTokens, ...(latency && { latency }) };
  return createAdapter({ protocol, transport, clock, endpoint: named, capabilities, ...(price && { price }) });
}

/** Whether a tenant's data may go to a role: only to the regions that the contract names for it, if it names any. */
function maySee({ tenant, contract }: Task, role: string, roles: Habitat['roles']): boolean {
  const allowed = contract?.residency?.[tenant];
  return allowed === undefined || allowed.includes(roles[role]?.region ?? '');
}

/** Asks the verifier whether the sources, and what tools gave, support an answer. No verifier, no support: the step may not be skipped. */
async function verification(
  task: Task,
  told: string[],
  verifier: ModelAdapter | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Checked> {
  const asked = task.contract?.steps.some((step) => step.role === VERIFIER) === true;
  if (!asked) return { supported: true, costUsd: 0 };
  if (verifier === undefined || timeoutMs < 1) return { supported: false, costUsd: 0 };
  const question = 'Reply "supported" if the sources support it, else "unsupported".';
  const result = await verifier.call(
    {
      taskId: task.id,
      tenantId: task.tenant,
      messages: [{ role: 'user', content: withSources(task, ...told, question), ...picturesOf(task) }],
      maxOutputTokens: 16,
      temperature: 0,
      timeoutMs,
    },
    signal,
  );
  const supported = result.status === 'ok' && /^\W*supported\b/i.test(result.text ?? '');
  return { supported, costUsd: result.usage?.costUsd ?? 0 };
}
const VERIFY_MS = 2_000;
const TOOL_MS = 2_000;
/** Kept free before the deadline for whatever has to be told. */
const MARGIN_MS = 250;

const NO_TOOLS: Tools = {
  schemas: [],
  call: async (name) => {
    throw new ToolFailure('unknown_tool', `there is no tool ${name}`);
  },
};
const NOBODY: Approve = async () => 'silence';
