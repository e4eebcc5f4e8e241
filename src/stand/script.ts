import { answerText, type GoldenTask, type Script, type Source, type Turn } from '../core/golden-task.ts';
import type { ModelCall } from '../core/model-call.ts';
import { canonicalJson, canonicalText, leavesOf } from '../text/canonical.ts';
import { isRecord } from '../text/json.ts';
import { holds, tellsOf, toldIn } from '../text/told.ts';

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

/** What a scripted model replies: the tools it wants called, or text. */
export interface Said {
  turns: readonly Turn[];
  text: string;
}

/** A verifier has one thing to say, and never the answer that it is shown. */
function verdictOn({ task, sources }: Script, call: ModelCall): string {
  const { answer: _, ...asked } = task;
  return replyText({ task: asked, sources, answer: 'supported' }, call, [], []);
}

/**
 * The reply to one call, chosen by which tool results the conversation holds: the next turn whose tool is offered and has
 * no result yet, with those of the same reply of which that holds as well; then the answer.
 */
export function replyTo(
  script: Script,
  call: ModelCall,
  { schemaFields, writes }: { schemaFields: readonly string[]; writes: (tool: string) => boolean },
): Said {
  const says = (answer: string, plan: readonly Turn[]): Said => {
    return { turns: [], text: replyText({ ...script, answer }, call, schemaFields, plan) };
  };
  if (call.role === 'verifier') return { turns: [], text: verdictOn(script, call) };
  const turns = script.task.turns.map((turn) => ({ turn, result: resultOf(call, turn, script) }));
  const undone = turns.filter(({ turn, result }) => writes(turn.tool) && !happened(result)).map(({ turn }) => turn);
  // A write that was tried and did not happen is the end of the story; what would have followed it is not asked for.
  const refused = turns.findIndex(({ turn, result }) => writes(turn.tool) && result !== undefined && !happened(result));
  const asked = (refused < 0 ? turns : turns.slice(0, refused)).filter(
    ({ turn, result }) => result === undefined && call.tools.some((tool) => tool.name === turn.tool),
  );
  const [next] = asked;
  if (next !== undefined) {
    const together = replyOf(script.task.turns, next.turn);
    return { turns: asked.map(({ turn }) => turn).filter((turn) => together.includes(turn)), text: '' };
  }
  return says((undone.length > 0 ? script.task.answer_if_not_done : undefined) ?? script.answer, undone);
}

/** The turns that one reply asks for together. */
function replyOf(turns: readonly Turn[], one: Turn): readonly Turn[] {
  const at = turns.indexOf(one);
  const first = turns.findLastIndex(({ parallel }, i) => i <= at && !parallel);
  const next = turns.findIndex(({ parallel }, i) => i > at && !parallel);
  return turns.slice(Math.max(0, first), next < 0 ? turns.length : next);
}

/** What the conversation says a tool gave: the message that answers its call, or words that name the tool and tell what it gave. */
function resultOf({ messages }: ModelCall, { tool, args, returns }: Turn, script: Script): string | undefined {
  const wanted = canonicalJson(args);
  const ids = messages
    .flatMap((m) => m.toolCalls ?? [])
    .filter((c) => c.name === tool && canonicalText(c.arguments) === wanted)
    .map((c) => c.id);
  const answer = messages.find((m) => m.toolCallId !== undefined && ids.includes(m.toolCallId));
  if (answer !== undefined) return answer.content;
  const values = leavesOf(returns ?? { ok: true });
  const told = messages.find((m) => m.content.includes(tool) && values.every((value) => m.content.includes(value)));
  if (told !== undefined) return lines(told.content).find((text) => text.includes(tool));
  return toldInWords(
    messages.flatMap((m) => lines(withoutTask(m.content, script))),
    tool,
    returns,
  );
}

const lines = (text: string) => text.split('\n');

/** One line that names the tool as people write it and tells what it gave; yes and no can be said in many words. */
function toldInWords(told: readonly string[], tool: string, returns: unknown): string | undefined {
  const tells = tellsOf(returns);
  const named = tool.replaceAll('_', ' ');
  return tells && told.find((line) => line.includes(named) && holds(toldIn(line), tells));
}

/** The task's own words may name the same deed and the same things: they tell no result. */
const withoutTask = (text: string, { task, sources }: Script) =>
  [task.input, ...task.history.map((h) => h.content), ...sources.map((s) => s.text)].reduce(
    (rest, own) => rest.replaceAll(own, ''),
    text,
  );

/** Whether the result of a write says that it was done. */
function happened(result: string | undefined): boolean {
  return (
    result !== undefined &&
    !/"error"|"ok"\s*:\s*false|not (?:approved|allowed|done|run)|denied|refused|timed? ?out|fail/i.test(result)
  );
}

/**
 * The text of the reply to one call. It depends on the task and on what the call asks for, not on how many calls came
 * before, so that a retry or a hedge gets the same reply.
 */
function replyText(script: Script, call: ModelCall, schemaFields: readonly string[], plan: readonly Turn[]): string {
  const { answer } = script.task;
  const structured = call.responseSchema?.schema;
  if (typeof answer === 'object' && (structured !== undefined || asksForFields(call, answer, schemaFields))) {
    return JSON.stringify(answer);
  }
  return structured === undefined ? script.answer : JSON.stringify(shape(structured, script, plan));
}

/** Whether the prompt itself names every field of the output, as agents without a schema mode do. */
function asksForFields(call: ModelCall, answer: Record<string, unknown>, schemaFields: readonly string[]): boolean {
  const prompt = call.messages.map((m) => m.content).join('\n');
  const fields = schemaFields.length > 0 ? schemaFields : Object.keys(answer);
  return fields.every((field) => prompt.includes(field));
}

/** How deep a composed value goes: a schema may hold itself. */
const DEEPEST = 20;

/** A small value a JSON Schema allows, with the answer in every place for text and the sources in lists of them. */
function shape(root: Record<string, unknown>, script: Script, plan: readonly Turn[]): unknown {
  function value(schema: unknown, text: string, name: string, depth: number): unknown {
    if (!isRecord(schema) || depth > DEEPEST) return null;
    const inside = (inner: unknown, key = name, said = text) => value(inner, said, key, depth + 1);
    const { enum: values, $ref, properties, items } = schema;
    if (Array.isArray(values)) return values[0];
    if (schema['const'] !== undefined) return schema['const'];
    if (typeof $ref === 'string') return inside(defined($ref));
    const options = schema['anyOf'] ?? schema['oneOf'];
    // What refers elsewhere may lead back here: the other options do not.
    if (Array.isArray(options))
      return inside(options.find((o) => isRecord(o) && o['$ref'] === undefined) ?? options[0]);
    const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
    if (type === 'object' || isRecord(properties)) {
      const fields = Object.entries(isRecord(properties) ? properties : {});
      return Object.fromEntries(fields.map(([key, field]) => [key, inside(field, key)]));
    }
    if (type === 'array') {
      if (isRecord(items) && isRecord(items['properties']) && 'tool' in items['properties'])
        return plan.map((turn) => planned(items, turn, inside));
      const listsSources = /citation|source|reference|evidence/.test(name);
      const texts = listsSources ? script.sources.map((s) => s.id) : Array(Number(schema['minItems'] ?? 0)).fill(text);
      return texts.map((said) => (isRecord(items) ? inside(items, '', said) : said));
    }
    if (type === 'number' || type === 'integer') return Number(schema['maximum'] ?? schema['minimum'] ?? 1);
    if (type === 'boolean') return true;
    return type === 'null' ? null : text;
  }
  /** One proposed tool call, in whatever words the schema has for it. */
  function planned(schema: Record<string, unknown>, turn: Turn, inside: (inner: unknown, key: string) => unknown) {
    const fields = isRecord(schema['properties']) ? Object.entries(schema['properties']) : [];
    return Object.fromEntries(
      fields.map(([key, field]) => {
        if (key === 'tool') return [key, turn.tool];
        if (!/arg|input|param/.test(key)) return [key, inside(field, key)];
        return [key, isRecord(field) && field['type'] === 'string' ? JSON.stringify(turn.args) : turn.args];
      }),
    );
  }
  const defined = (ref: string) =>
    ref
      .split('/')
      .slice(1)
      .reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), root);
  return value(root, script.answer, '', 0);
}
