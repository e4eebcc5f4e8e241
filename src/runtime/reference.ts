import type { Declaration } from '../core/declaration.ts';
import type { Message } from '../core/model-call.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget } from '../core/plugin.ts';
import { FailureMode } from '../core/taxonomy.ts';
import { protocols } from '../protocols/index.ts';
import { type Capabilities, createAdapter } from './adapter.ts';
import type { FallbackContract, Gate } from './contract.ts';
import { type FailoverResult, failover } from './failover.ts';
import { fingerprint, logRecord } from './log-record.ts';
import type { ModelResult } from './model-adapter.ts';
import { degradedNotice, stoppedNotice } from './notice.ts';
import { POLICY } from './policy.ts';
import { isRecord } from './validate.ts';

const RETRIES = 1;

/** What the support agent says of itself. */
export const declares = {
  features: ['fallback', 'deadline', 'retries', 'breaker', 'failback', 'notice', 'schema', 'citations', 'log'],
  chain: ['primary', 'backup'],
  fails_over_on: FailureMode.options.filter((mode) => POLICY[mode].failover),
  retries: RETRIES,
  deadline_ms: 12_000,
} satisfies Declaration;

const STEP = 'answer';
/** Both default models have this and more; the temperature is left to the model, because newer ones reject it. */
const CAPABILITIES: Capabilities = { tools: true, jsonSchema: true, maxContextTokens: 128_000 };

/** What the agent touches of its surroundings. */
type Surroundings = Pick<Habitat, 'roles' | 'transport' | 'clock' | 'random'>;

/**
 * The support agent: answers from the given sources, on the primary or honestly degraded on the backup. Breakers and
 * adapters live from here to `close`. Throws where none of its roles is given.
 */
export async function start(around: Surroundings): Promise<RunningTarget> {
  const { transport, clock, random } = around;
  const chain = declares.chain.flatMap((role) => {
    const endpoint = around.roles[role];
    if (endpoint === undefined) return [];
    const protocol = protocols.find((p) => p.name === endpoint.protocol);
    if (protocol === undefined) throw new Error(`the support agent does not speak ${endpoint.protocol}`);
    const named = { ...endpoint, provider: new URL(endpoint.base_url).hostname };
    return [
      { role, adapter: createAdapter({ protocol, transport, clock, endpoint: named, capabilities: CAPABILITIES }) },
    ];
  });
  if (chain.length === 0) throw new Error(`the support agent needs a role of ${declares.chain.join(', ')}`);
  const run = failover({ chain, clock, random });
  return {
    async ask(task, signal) {
      const contract = contractOf(task);
      const result = await run({
        request: {
          taskId: task.id,
          tenantId: task.tenant,
          messages: promptOf(task),
          ...(task.response_schema && { responseSchema: task.response_schema }),
          maxOutputTokens: 1024,
          temperature: 0,
        },
        contract,
        signal,
      });
      return outcomeOf(task, contract, result);
    },
    async close() {},
  };
}

/** The agent for one ask. It remembers nothing: only `start` keeps breakers from ask to ask. */
export default async function supportAgent(
  task: Task,
  around: Surroundings & { signal: AbortSignal },
): Promise<Outcome> {
  return (await start(around)).ask(task, around.signal);
}

/** What no fallback may lose of this task. */
function contractOf(task: Task): FallbackContract {
  const schema = task.response_schema;
  const required = Array.isArray(schema?.['required']) ? schema['required'].filter((f) => typeof f === 'string') : [];
  return {
    ...(schema && { output: { schema, required } }),
    ...(task.sources.length > 0 && { gate: citesEvidence(task) }),
    deadlineMs: task.deadline_ms,
    retries: RETRIES,
    ...(task.budget_usd !== undefined && { budgetUsd: task.budget_usd }),
    whenAllFail: 'save_and_offer_next_step',
  };
}

const INSTRUCTIONS = [
  'You answer customer support questions.',
  'Use only the sources given; never invent facts, exceptions or promises.',
  'Cite the id of every source you rely on, exactly as written.',
  'Say what information is missing where the sources do not settle the question.',
].join(' ');

function promptOf(task: Task): Message[] {
  const sources = task.sources.map(({ id, text }) => `<source id="${id}">\n${text}\n</source>`);
  return [
    { role: 'system', content: INSTRUCTIONS },
    { role: 'user', content: [...sources, task.input].join('\n\n') },
  ];
}

/** What an answer says, field by field, whether it is structured or plain. */
type Said = Pick<
  Outcome,
  'answer' | 'data' | 'citations' | 'confidence' | 'missing_information' | 'safe_to_send' | 'policy_version'
>;

function read({ json, text }: ModelResult, task: Task): Said {
  if (!isRecord(json)) {
    const answer = text ?? '';
    return { answer, citations: task.sources.map((s) => s.id).filter((id) => answer.includes(id)) };
  }
  const { answer, confidence, safe_to_send, policy_version } = json;
  return {
    data: json,
    ...(typeof answer === 'string' && { answer }),
    ...textsIn(json, 'citations'),
    ...((typeof confidence === 'string' || typeof confidence === 'number') && { confidence }),
    ...textsIn(json, 'missing_information'),
    ...(typeof safe_to_send === 'boolean' && { safe_to_send }),
    ...(typeof policy_version === 'string' && { policy_version }),
  };
}

function textsIn(json: Record<string, unknown>, field: 'citations' | 'missing_information'): Partial<Said> {
  const value = json[field];
  return Array.isArray(value) ? { [field]: value.filter((v) => typeof v === 'string') } : {};
}

/** An answer from sources names them, and only them; without one it must at least say what is missing. */
function citesEvidence(task: Task): Gate {
  const known = new Set(task.sources.map((s) => s.id));
  return (result) => {
    const { citations = [], missing_information = [], data } = read(result, task);
    const unknown = citations.filter((id) => !known.has(id));
    if (unknown.length > 0) return 'it cites sources that were not given';
    // A schema without citations asks for none.
    const asked = data === undefined || 'citations' in data;
    return asked && citations.length + missing_information.length === 0 ? 'it cites nothing' : undefined;
  };
}

function outcomeOf(task: Task, contract: FallbackContract, result: FailoverResult): Outcome {
  const facts = {
    taskId: task.id,
    tenantId: task.tenant,
    step: STEP,
    toolMode: 'none' as const,
    sourceIds: task.sources.map((s) => s.id),
    schema: contract.output?.schema,
    gated: contract.gate !== undefined,
  };
  const record = logRecord(facts, result);
  const state = {
    task_id: task.id,
    step: STEP,
    input_hash: fingerprint(task.input),
    source_ids: facts.sourceIds,
    retry_count: result.retries,
    budget_used_usd: result.costUsd,
  };
  const told = { degraded: record.degraded, tool_mode: facts.toolMode, state, cost_usd: result.costUsd, log: [record] };
  if (result.kind !== 'answered' || result.result === undefined) {
    const kind = result.kind === 'answered' ? 'failed' : result.kind;
    return { kind, ...told, notice: stoppedNotice(kind, state) };
  }
  const said = read(result.result, task);
  const notice = record.degraded ? degradedNotice(state, said.safe_to_send) : null;
  return { kind: 'answered', ...said, ...told, notice, model: result.result.model };
}
