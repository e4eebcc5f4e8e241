import type { Outcome, Task } from '../core/outcome.ts';
import { isRecord } from '../text/json.ts';
import { payloadOf } from './asking.ts';
import type { Gate } from './contract.ts';
import type { ModelResult } from './model-adapter.ts';
import type { Agent } from './story.ts';

/** Answers from the given sources, on the primary or honestly degraded on a reserve. */
export const supportAgent: Agent = async (task, story) => {
  const schema = task.response_schema;
  const required = Array.isArray(schema?.['required']) ? schema['required'].filter((f) => typeof f === 'string') : [];
  const { reply, ended } = await story.ask({
    step: 'answer',
    payload: (of) => ({ ...payloadOf(of, INSTRUCTIONS), ...(schema && { responseSchema: schema }) }),
    ...(schema && { output: { schema, required } }),
    ...(task.sources.length > 0 && { gate: citesEvidence(task) }),
  });
  if (reply === undefined) return story.tell({ kind: ended, tool_mode: 'none' });
  return story.tellVerified({ kind: 'answered', tool_mode: 'none', ...read(reply, task) });
};

const INSTRUCTIONS = [
  'You answer customer support questions.',
  'Use only the sources given; never invent facts, exceptions or promises.',
  'Cite the id of every source you rely on, exactly as written.',
  'Say what information is missing where the sources do not settle the question.',
].join(' ');

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

/** An answer rests on what it cites: it cites only what it was given, leans on nothing else, and invents neither money nor dates. */
function citesEvidence(task: Task): Gate {
  return (result) => {
    const { answer = '', citations = [], data } = read(result, task);
    // A schema without citations asks for none.
    if (data !== undefined && !('citations' in data)) return undefined;
    if (citations.some((id) => !task.sources.some((s) => s.id === id))) return 'it cites sources that were not given';
    // What a picture shows stands in no words: an answer that cites none of them did not look.
    const unseen = task.sources.find((s) => s.image !== undefined && !citations.includes(s.id));
    if (unseen !== undefined) return `it does not rest on the picture ${unseen.id}`;
    const uncited = task.sources.filter((s) => !citations.includes(s.id));
    const cited = task.sources.filter((s) => citations.includes(s.id)).map((s) => s.text);
    const leans = uncited.find((s) => onlyIn(answer, s.text, [...cited, task.input]).length > 0);
    if (leans !== undefined) return `it leans on ${leans.id} and does not cite it`;
    const known = [task.input, ...task.sources.map((s) => s.text)].join('\n');
    const invented = (answer.match(MONEY_OR_DATE) ?? []).filter((claim) => !known.includes(claim));
    return invented.length > 0 ? `no source says ${invented.join(', ')}` : undefined;
  };
}

const MONEY_OR_DATE =
  /[$€£]\s?\d[\d.,]*\d|\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}|\d{4}-\d{2}-\d{2}/g;

/** Numbers and long words of a text that one source has and the others have not; a single digit counts with the word before it. */
function onlyIn(text: string, source: string, others: readonly string[]): string[] {
  const words = new Set(text.toLowerCase().match(/\d[\d.,-]*\d|\p{L}+ \d\b|[\p{L}\d]{6,}/gu) ?? []);
  const rest = others.join('\n').toLowerCase();
  return [...words].filter((word) => source.toLowerCase().includes(word) && !rest.includes(word));
}
