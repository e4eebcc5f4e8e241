import { leavesOf } from '../core/canonical.ts';
import { isRecord } from '../core/json.ts';
import type { Message, ToolCall } from '../core/model-call.ts';
import type { Outcome, PlannedAction, Task, ToolMode } from '../core/outcome.ts';
import { readRule } from '../core/tools.ts';
import { type Act, act, allowedTools, type Hands } from './acting.ts';
import type { Agent } from './agent.ts';
import { askerOf, payloadOf, termsOf, withoutHistory } from './asking.ts';
import type { Gate } from './contract.ts';
import type { Payload } from './failover.ts';
import { tell } from './telling.ts';
import { parseJson, schemaErrors } from './validate.ts';

const MOST_TURNS = 8;

const INSTRUCTIONS = [
  'You handle requests about orders with the tools you are given.',
  'Look facts up before you act on them, and act only as the policies allow.',
  'Say what was done and what was not; never say that something was done without a tool result that says so.',
].join(' ');

const PLAN_SCHEMA = {
  type: 'object',
  properties: {
    answer: { type: 'string' },
    plan: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          tool: { type: 'string' },
          args: { type: 'string', description: 'JSON text' },
          reason: { type: 'string' },
          evidence_ids: { type: 'array', items: { type: 'string' } },
        },
        required: ['tool', 'args', 'reason', 'evidence_ids'],
        additionalProperties: false,
      },
    },
  },
  required: ['answer', 'plan'],
  additionalProperties: false,
};

/** Looks up, asks for approval, acts, answers; without a model it can trust with tools it only proposes. */
export const orderAgent: Agent = async (task, { run, verify, tools, approve, tookMs, signal }) => {
  const permissions = task.contract?.permissions;
  const hands: Hands = {
    tools,
    approve,
    rules: permissions?.tools ?? {},
    allowed: task.tools ?? [],
    taskId: task.id,
  };
  const reads = onlyReads(hands);
  // Where nothing is to be proposed, a model that may only plan reads what there is, and answers.
  const modeOf = (role: string): ToolMode => {
    const most = permissions?.modes[role] ?? 'full';
    return most === 'plan-only' && reads ? 'read-only' : most;
  };
  const acts: Act[] = [];
  const said: Message[] = [];
  const results = [];
  const gone = new Set<string>();

  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const result = await run({
      ...askerOf(task),
      payload: (role) => payloadFor(modeOf(role), task, said, acts, hands),
      ...(task.history && { shorter: (role) => payloadFor(modeOf(role), withoutHistory(task), said, acts, hands) }),
      without: [...gone],
      contract: { ...termsOf(task), gate: usable(task, hands), deadlineMs: task.deadline_ms - tookMs() },
      signal,
    });
    results.push(result);
    for (const { role } of result.attempts) if (role !== result.role) gone.add(role);
    const mode = modeOf(result.role ?? '');
    const story = {
      task,
      step: turn === 0 ? 'plan' : 'act',
      results,
      acts,
      toolMode: mode,
      gated: true,
      tookMs: tookMs(),
    };
    const reply = result.result;
    if (reply === undefined) return stopped(task, story, result.kind === 'answered' ? 'failed' : result.kind, hands);
    if (mode === 'plan-only' && isRecord(reply.json)) {
      const answer = typeof reply.json['answer'] === 'string' ? reply.json['answer'] : '';
      const plan = planIn(reply.json, task, hands);
      const kind = plan.length > 0 ? 'action_disabled' : 'answered';
      return finish({ ...story, checked: await verify(task, answer), tookMs: tookMs() }, kind, answer, plan);
    }
    if (reply.toolCalls === undefined) {
      // Tools were there and none was used: whatever it says was looked up or done, was not.
      if (mode === 'full' && acts.length === 0 && hands.allowed.length > 0) return tell(story, 'needs_review');
      const answer = reply.text ?? '';
      return finish({ ...story, checked: await verify(task, answer), tookMs: tookMs() }, kindOf(acts), answer);
    }
    said.push({ role: 'assistant', content: reply.text ?? '', toolCalls: reply.toolCalls });
    for (const call of reply.toolCalls) {
      // A model that may only read is not obeyed when it asks to write, whatever it was offered.
      const done = await carryOut(call, mode, hands);
      acts.push(done);
      said.push({ role: 'tool', content: done.content, toolCallId: call.id });
    }
  }
  return tell({ task, step: 'act', results, acts, toolMode: 'full', gated: true, tookMs: tookMs() }, 'needs_review');
};

/** An answer that the verification step does not support goes to a person, without the answer. */
function finish(story: Story, kind: Outcome['kind'], answer: string, plan: PlannedAction[] = []): Outcome {
  if (story.checked?.supported === false) return tell(story, 'needs_review');
  const citations = story.task.sources.map((s) => s.id).filter((id) => answer.includes(id));
  return tell(story, kind, { answer, citations, ...(plan.length > 0 && { plan }) });
}

async function carryOut(call: ToolCall, mode: ToolMode, hands: Hands): Promise<Act> {
  const args = parseJson(call.arguments)?.json;
  const write = readRule(hands.rules[call.name]).write;
  if (mode !== 'full' && write)
    return {
      tool: call.name,
      args,
      write,
      done: 'no',
      content: '{"error":"not allowed in this mode"}',
      because: 'forbidden',
    };
  return act(hands, call.name, args);
}

/** What happened decides what the answer is. */
function kindOf(acts: readonly Act[]): Outcome['kind'] {
  const missed = acts.filter((a) => a.write && a.done !== 'yes');
  if (missed.some((a) => a.because === 'silence')) return 'needs_confirmation';
  if (missed.some((a) => a.because === 'forbidden' || a.because === 'invalid')) return 'action_disabled';
  return missed.length > 0 || acts.some((a) => a.because === 'failed') ? 'partial' : 'answered';
}

/** A payload made for the mode: tools, or what they gave already in words, with a shape for a plan where one is wanted. */
function payloadFor(mode: ToolMode, task: Task, said: readonly Message[], acts: readonly Act[], hands: Hands): Payload {
  const base = payloadOf(task, [INSTRUCTIONS]);
  const { schemas } = hands.tools;
  if (mode === 'full') return { ...base, messages: [...base.messages, ...said], tools: allowedTools(schemas, hands) };
  // Without tools the conversation may hold no calls of them: what they gave is told in words.
  const known = acts.map((a) => `${a.tool} ${JSON.stringify(a.args)} gave: ${a.content}`);
  const told: Message[] = known.length === 0 ? [] : [{ role: 'user', content: `Known so far:\n${known.join('\n')}` }];
  const messages = [...base.messages, ...told];
  if (mode !== 'plan-only') return { ...base, messages };
  const asked: Message = {
    role: 'user',
    content: 'You cannot act. Answer from what is known, and propose what should be done.',
  };
  return { ...base, messages: [...messages, asked], responseSchema: PLAN_SCHEMA };
}

type Story = Parameters<typeof tell>[0];

const onlyReads = ({ allowed, rules }: Hands): boolean => !allowed.some((tool) => readRule(rules[tool]).write);

/**
 * Words that rest on nothing are no answer: least of all a tool call that was written instead of made. A call of a tool
 * that is not there, or with arguments it does not take, is nothing to act on.
 */
function usable({ sources }: Task, { tools, allowed }: Hands): Gate {
  const fits = ({ name, arguments: text }: ToolCall) => {
    const schema = tools.schemas.find((t) => t.name === name && allowed.includes(name));
    return schema !== undefined && schemaErrors(parseJson(text)?.json, schema.parameters).length === 0;
  };
  return ({ text = '', toolCalls }) => {
    if (toolCalls !== undefined) return toolCalls.every(fits) ? undefined : 'its tool call cannot be carried out';
    return sources.length === 0 || sources.some((s) => text.includes(s.id)) ? undefined : 'it cites nothing';
  };
}

/** Intent as data: what a model proposes is held against the contract before anybody sees it. */
function planIn(json: Record<string, unknown>, task: Task, hands: Hands): PlannedAction[] {
  const known = task.sources.map((s) => s.id);
  const entries = Array.isArray(json['plan']) ? json['plan'].filter(isRecord) : [];
  return entries.flatMap(({ tool, args: text, reason, evidence_ids: ids }): PlannedAction[] => {
    const args = parseJson(String(text))?.json;
    if (typeof tool !== 'string' || !isRecord(args) || !hands.allowed.includes(tool)) return [];
    const rule = readRule(hands.rules[tool]);
    if (!rule.allowed) return [];
    const cited = Array.isArray(ids) ? ids.map(String).filter((id) => known.includes(id)) : [];
    return [
      { tool, args, reason: String(reason), approval: rule.approval, evidence_ids: cited.length > 0 ? cited : known },
    ];
  });
}

/** No model is left. A task that only reads is answered by rule, where what the tools gave covers every source it has. */
function stopped(task: Task, story: Story, kind: Outcome['kind'], hands: Hands): Outcome {
  const acts = story.acts ?? [];
  const rule = byRule(
    task,
    acts.filter((a) => a.done === 'yes' && !a.write),
  );
  if (onlyReads(hands) && rule.citations.length === task.sources.length) return tell(story, 'rules_based', rule);
  return tell(story, acts.some((a) => a.write && a.done === 'yes') ? 'partial' : kind);
}

/** The records as they are, citing the sources that say the same. */
function byRule({ input, sources }: Task, acts: readonly Act[]): { answer: string; citations: string[] } {
  const values = acts.flatMap((a) => leavesOf(parseJson(a.content)?.json));
  const citations = sources.filter(({ text }) => values.some((v) => v.length > 3 && text.includes(v))).map((s) => s.id);
  return { answer: `What the records say about "${input}" ${values.join('; ')}. [${citations.join(', ')}]`, citations };
}
