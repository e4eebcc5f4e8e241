import { answerText, type GoldenTask, type Source } from '../core/golden-task.ts';
import type { ModelCall } from '../core/model-call.ts';
import type { Script } from '../core/stand.ts';

/** What a whole answer to a task says: the canonical answer's prose, or one composed from what the task demands. */
export function scriptFor(task: GoldenTask, sources: readonly Source[]): Script {
  return { task, sources, answer: task.answer === undefined ? compose(task, sources) : answerText(task.answer) };
}

/** Says every demanded phrase and cites every source; a pattern is left to the target's own words. */
function compose(task: GoldenTask, sources: readonly Source[]): string {
  const phrases = task.must_include.flatMap((e) =>
    typeof e === 'string' ? [e] : 'any_of' in e ? e.any_of.slice(0, 1) : [],
  );
  const cited = sources.map((s) => `${firstSentence(s.text)} [${s.id}]`);
  const said = phrases.length > 0 ? [`In short: ${phrases.join('; ')}.`] : [];
  return [`About your question "${task.input}":`, ...cited, ...said].join(' ');
}

function firstSentence(text: string): string {
  const flat = text.replace(/^#.*$/gm, '').replace(/\s+/g, ' ').trim();
  return flat.match(/^.{20,200}?[.!?](?=\s|$)/)?.[0] ?? flat.slice(0, 200);
}

/**
 * The text of the reply to one call. It depends on the task and on what the call asks for, not on how many calls came
 * before, so that a retry or a hedge gets the same reply.
 */
export function replyText(script: Script, call: ModelCall, schemaFields: readonly string[]): string {
  const { answer } = script.task;
  const structured = call.responseSchema?.schema;
  if (typeof answer === 'object' && (structured !== undefined || asksForFields(call, answer, schemaFields))) {
    return JSON.stringify(answer);
  }
  return structured === undefined ? script.answer : JSON.stringify(shape(structured, script));
}

/** Whether the prompt itself names every field of the canonical answer, as agents without a schema mode do. */
function asksForFields(call: ModelCall, answer: Record<string, unknown>, named: readonly string[]): boolean {
  const prompt = call.messages.map((m) => m.content).join('\n');
  return Object.keys(answer).every((field) => named.includes(field) || prompt.includes(field));
}

/** The smallest value a JSON Schema allows, with the answer in the first place for prose and the source ids for lists. */
function shape(schema: Record<string, unknown>, script: Script, name = ''): unknown {
  const options = schema['enum'];
  if (Array.isArray(options)) return options[0];
  if (schema['const'] !== undefined) return schema['const'];
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type === 'object' || isRecord(schema['properties'])) return shapeObject(schema, script);
  if (type === 'array') {
    if (/citation|source|reference|evidence/.test(name)) return script.sources.map((s) => s.id);
    return Number(schema['minItems'] ?? 0) > 0 && isRecord(schema['items']) ? [shape(schema['items'], script)] : [];
  }
  if (type === 'number' || type === 'integer') return Number(schema['maximum'] ?? schema['minimum'] ?? 1);
  if (type === 'boolean') return true;
  if (type === 'null') return null;
  return script.answer;
}

function shapeObject(schema: Record<string, unknown>, script: Script): Record<string, unknown> {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [key, isRecord(value) ? shape(value, script, key) : null]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
