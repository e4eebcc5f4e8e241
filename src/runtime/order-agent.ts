import type { Message, ToolCall } from '../core/model-call.ts';
import type { PlannedAction, Task, ToolMode } from '../core/outcome.ts';
import { readRule } from '../core/tools.ts';
import { leavesOf } from '../text/canonical.ts';
import { isRecord } from '../text/json.ts';
import { type Act, allowedTools, type Hands } from './acting.ts';
import { payloadOf } from './asking.ts';
import type { Gate } from './contract.ts';
import type { Payload } from './failover.ts';
import type { Agent, Story, ToldKind } from './story.ts';
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
export const orderAgent: Agent = async (task, story) => {
  const { hands, acts } = story;
  const modes = task.contract?.permissions?.modes ?? {};
  // Where nothing is to be proposed, a model that may only plan reads what there is, and answers.
  const modeOf = (role: string): ToolMode => {
    const most = modes[role] ?? 'full';
    return most === 'plan-only' && onlyReads(hands) ? 'read-only' : most;
  };
  const said: Message[] = [];

  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const { reply, role, ended } = await story.ask({
      step: turn === 0 ? 'plan' : 'act',
      payload: (of, asked) => payloadFor(modeOf(asked), of, said, acts, hands),
      gate: usable(task, hands),
    });
    const tool_mode = modeOf(role);
    if (reply === undefined) return story.tell({ tool_mode, ...withoutModel(task, ended, story) });
    if (tool_mode === 'plan-only' && isRecord(reply.json)) {
      const answer = typeof reply.json['answer'] === 'string' ? reply.json['answer'] : '';
      const plan = planIn(reply.json, task, hands);
      if (plan.length === 0) return story.tellVerified({ kind: 'answered', tool_mode, ...citing(answer, task) });
      return story.tellVerified({ kind: 'action_disabled', tool_mode, ...citing(answer, task), plan });
    }
    if (reply.toolCalls === undefined) {
      // Tools were there and none was used: whatever it says was looked up or done, was not.
      if (tool_mode === 'full' && acts.length === 0 && hands.allowed.length > 0)
        return story.tell({ kind: 'needs_review', tool_mode }, 'failed');
      return story.tellVerified({ kind: kindOf(acts), tool_mode, ...citing(reply.text ?? '', task) });
    }
    said.push({ role: 'assistant', content: reply.text ?? '', toolCalls: reply.toolCalls });
    for (const call of reply.toolCalls) {
      const { content } = await story.act(call.name, parseJson(call.arguments)?.json, tool_mode);
      said.push({ role: 'tool', content, toolCallId: call.id });
    }
  }
  return story.tell({ kind: 'needs_review', tool_mode: 'full' });
};

const citing = (answer: string, { sources }: Task) => ({
  answer,
  citations: sources.map((s) => s.id).filter((id) => answer.includes(id)),
});

/** What happened decides what the answer is. */
function kindOf(acts: readonly Act[]): ToldKind {
  const missed = acts.filter((a) => a.write && a.done !== 'yes');
  if (missed.some((a) => a.because === 'silence')) return 'needs_confirmation';
  if (missed.some((a) => a.because === 'forbidden' || a.because === 'invalid')) return 'action_disabled';
  return missed.length > 0 || acts.some((a) => a.because === 'failed') ? 'partial' : 'answered';
}

/** A payload made for the mode: tools, or what they gave already in words, with a shape for a plan where one is wanted. */
function payloadFor(mode: ToolMode, task: Task, said: readonly Message[], acts: readonly Act[], hands: Hands): Payload {
  const base = payloadOf(task, INSTRUCTIONS);
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

const onlyReads = ({ allowed, rules }: Hands): boolean => !allowed.some((tool) => readRule(rules, tool).write);

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
    const rule = readRule(hands.rules, tool);
    if (!rule.allowed) return [];
    const cited = Array.isArray(ids) ? ids.map(String).filter((id) => known.includes(id)) : [];
    return [
      { tool, args, reason: String(reason), approval: rule.approval, evidence_ids: cited.length > 0 ? cited : known },
    ];
  });
}

/** No model is left. A task that only reads is answered by rule, where what the tools gave covers every source it has. */
function withoutModel(task: Task, kind: ToldKind, { acts, hands }: Story) {
  const done = acts.filter((a) => a.done === 'yes');
  const rule = byRule(
    task,
    done.filter((a) => !a.write),
  );
  if (onlyReads(hands) && rule.citations.length === task.sources.length)
    return { kind: 'rules_based' as const, ...rule };
  return { kind: done.some((a) => a.write) ? ('partial' as const) : kind };
}

/** The records as they are, citing the sources that say the same. */
function byRule({ input, sources }: Task, acts: readonly Act[]): { answer: string; citations: string[] } {
  const values = acts.flatMap((a) => leavesOf(parseJson(a.content)?.json));
  const citations = sources.filter(({ text }) => values.some((v) => v.length > 3 && text.includes(v))).map((s) => s.id);
  return { answer: `What the records say about "${input}" ${values.join('; ')}. [${citations.join(', ')}]`, citations };
}
