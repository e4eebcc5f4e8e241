import { leavesOf } from '../core/canonical.ts';
import { isRecord } from '../core/json.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import { readRule } from '../core/tools.ts';
import { act, type Hands } from './acting.ts';
import type { Agent } from './agent.ts';
import { askerOf, payloadOf, termsOf, withoutHistory } from './asking.ts';
import type { Gate } from './contract.ts';
import { tell } from './telling.ts';

const INSTRUCTIONS = [
  'You turn a message into a summary, a risk and one next action.',
  'Take amounts, dates and ids from the sources exactly as they are written there.',
].join(' ');

/** Extracts a summary, a risk and a next action, and runs the action; a reserve model is trusted with the extraction only. */
export const planAgent: Agent = async (task, { run, tools, approve, tookMs, signal }) => {
  const schema = task.response_schema ?? { type: 'object' };
  const asked = (of: Task) => ({ ...payloadOf(of, [INSTRUCTIONS]), responseSchema: schema });
  const result = await run({
    ...askerOf(task),
    payload: () => asked(task),
    ...(task.history && { shorter: () => asked(withoutHistory(task)) }),
    contract: { ...termsOf(task), output: { schema, required: [] }, gate: grounded(task) },
    signal,
  });
  const data = result.result?.json;
  const story = {
    task,
    step: 'extract',
    results: [result],
    toolMode: 'plan-only' as const,
    schema,
    gated: true,
    tookMs: tookMs(),
  };
  if (!isRecord(data)) return tell(story, result.kind === 'answered' ? 'failed' : result.kind);
  const action = actionOf(data);
  const rules = task.contract?.permissions?.tools ?? {};
  const allowed = task.contract?.fallback_ok_for;
  // What a reserve model extracted of a case that can wait is acted on by nobody who has not seen it.
  const waits = action !== undefined && task.priority === 'low' && readRule(rules[action.tool]).approval === 'none';
  if (result.role !== 'primary' && (waits || allowed?.includes('answered') === false))
    return tell(story, 'extracted', { data, ...(action && { plan: [planned(action, task)] }) });
  if (action === undefined) return tell(story, 'answered', { data });
  const hands: Hands = {
    tools,
    approve,
    rules,
    allowed: task.tools ?? [],
    taskId: task.id,
  };
  const done = await act(hands, action.tool, action.args);
  const full = { ...story, acts: [done], toolMode: 'full' as const, tookMs: tookMs() };
  const kind: Outcome['kind'] =
    done.done === 'yes' ? 'answered' : done.because === 'silence' ? 'needs_confirmation' : 'partial';
  return tell(full, kind, { data });
};

interface Action {
  tool: string;
  args: Record<string, unknown>;
}

function actionOf(data: Record<string, unknown>): Action | undefined {
  const next = data['next_action'];
  if (!isRecord(next) || typeof next['tool'] !== 'string' || next['tool'] === 'none') return undefined;
  const { tool, args } = next;
  return { tool, args: isRecord(args) ? args : {} };
}

function planned({ tool, args }: Action, task: Task) {
  const evidence_ids = task.sources.map((s) => s.id);
  return {
    tool,
    args,
    reason: 'a reserve model extracted it; a person decides',
    approval: 'human' as const,
    evidence_ids,
  };
}

/** The risk and every value of the action stand in the case as they are: another unit, scale or sign does not. */
function grounded(task: Task): Gate {
  const text = [task.input, ...task.sources.map((s) => s.text)].join('\n');
  return ({ json }) => {
    if (!isRecord(json)) return 'it is no plan';
    const values = leavesOf(actionOf(json)?.args).filter((value) => !standsIn(text, value));
    const risk = String(json['risk']);
    const lost = [...values, ...(new RegExp(`risk[^.\\n]*\\b${risk}\\b`, 'i').test(text) ? [] : [`the risk ${risk}`])];
    return lost.length > 0 ? `no source holds ${lost.join(', ')}` : undefined;
  };
}

/** A value as it is written, with its sign and all of its digits; 42 is also 42.00 and 1,200 is 1200. */
function standsIn(text: string, value: string): boolean {
  if (!/^-?\d+(?:\.\d+)?$/.test(value)) return text.toLowerCase().includes(value.toLowerCase());
  const plain = text.replaceAll('\u2212', '-').replace(/(?<=\d),(?=\d{3})/g, '');
  const [whole = '', part = ''] = value.replace('-', '').split('.');
  const decimals = part === '' ? String.raw`(?:\.0+)?` : String.raw`\.${part}0*`;
  const sign = value.startsWith('-') ? '-' : '(?<!-)';
  return new RegExp(String.raw`(?<![\d.])${sign}${whole}${decimals}(?!\d|\.\d)`).test(plain);
}
