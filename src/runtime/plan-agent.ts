import type { Task } from '../core/outcome.ts';
import { readRule } from '../core/tools.ts';
import { leavesOf } from '../text/canonical.ts';
import { isRecord } from '../text/json.ts';
import { payloadOf } from './asking.ts';
import type { Gate } from './contract.ts';
import type { Agent } from './story.ts';

const INSTRUCTIONS = [
  'You turn a message into a summary, a risk and one next action.',
  'Take amounts, dates and ids from the sources exactly as they are written there.',
].join(' ');

/** Extracts a summary, a risk and a next action, and runs the action; a reserve model is trusted with the extraction only. */
export const planAgent: Agent = async (task, story) => {
  const schema = task.response_schema ?? { type: 'object' };
  const { reply, role, ended } = await story.ask({
    step: 'extract',
    payload: (of) => ({ ...payloadOf(of, INSTRUCTIONS), responseSchema: schema }),
    output: { schema, required: [] },
    gate: grounded(task),
  });
  const data = reply?.json;
  if (!isRecord(data)) return story.tell({ kind: ended, tool_mode: 'plan-only' });
  const action = actionOf(data);
  const { rules } = story.hands;
  const allowed = task.contract?.fallback_ok_for;
  // What a reserve model extracted of a case that can wait is acted on by nobody who has not seen it.
  const waits = action !== undefined && task.priority === 'low' && readRule(rules, action.tool).approval === 'none';
  if (role !== 'primary' && (waits || allowed?.includes('answered') === false)) {
    const plan = action && { plan: [planned(action, task)] };
    return story.tell({ kind: 'extracted', tool_mode: 'plan-only', data, ...plan });
  }
  if (action === undefined) return story.tell({ kind: 'answered', tool_mode: 'plan-only', data });
  const { done, because } = await story.act(action.tool, action.args);
  const undone = because === 'silence' ? 'needs_confirmation' : 'partial';
  return story.tell({ kind: done === 'yes' ? 'answered' : undone, tool_mode: 'full', data });
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
