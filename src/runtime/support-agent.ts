import type { Message } from '../core/model-call.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Agent } from './agent.ts';
import type { FallbackContract, Gate } from './contract.ts';
import type { ModelResult } from './model-adapter.ts';
import { tell } from './telling.ts';
import { isRecord } from './validate.ts';

/** Answers from the given sources, on the primary or honestly degraded on a reserve. */
export const supportAgent: Agent = async (task, { run, verify, tookMs, signal }) => {
  const contract = contractOf(task);
  const result = await run({
    taskId: task.id,
    tenantId: task.tenant,
    priority: task.priority,
    payload: () => ({
      taskId: task.id,
      tenantId: task.tenant,
      messages: promptOf(task),
      ...(task.response_schema && { responseSchema: task.response_schema }),
      maxOutputTokens: 1024,
      temperature: 0,
    }),
    contract,
    signal,
  });
  const schema = contract.output?.schema;
  const story = {
    task,
    step: 'answer',
    results: [result],
    toolMode: 'none' as const,
    schema,
    gated: contract.gate !== undefined,
    tookMs: tookMs(),
  };
  if (result.result === undefined) return tell(story, result.kind === 'answered' ? 'failed' : result.kind);
  const said = read(result.result, task);
  const checked = await verify(task, said.answer ?? '');
  const whole = { ...story, checked, tookMs: tookMs() };
  return checked.supported ? tell(whole, 'answered', said) : tell(whole, 'needs_review');
};

/** What no fallback may lose of this task. */
function contractOf(task: Task): FallbackContract {
  const schema = task.response_schema;
  const required = Array.isArray(schema?.['required']) ? schema['required'].filter((f) => typeof f === 'string') : [];
  return {
    ...(schema && { output: { schema, required } }),
    ...(task.sources.length > 0 && { gate: citesEvidence(task) }),
    deadlineMs: task.deadline_ms,
    retries: 1,
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
