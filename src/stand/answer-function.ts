import type { Gathered } from '../core/gathered.ts';
import type { CallBody, ModelCall, ToolCall, ToolSchema } from '../core/model-call.ts';
import type { Part } from '../core/wire.ts';
import { type Armed, retold } from '../protocols/relay.ts';

/**
 * Many clients ask for a structured answer by a function that the reply has to call: its arguments are the answer. Inside
 * the stand such an answer is text that follows a schema, as any other; on the wire it is a call.
 */
type Asked = CallBody & Pick<ModelCall, 'answersBy'>;

/** What a request asks for, with such a function told apart from the workflow's tools. */
export const answersAsked =
  (ofWorkflow: readonly ToolSchema[]) =>
  (said: CallBody): Asked => {
    const { tools, mustCall = [] } = said;
    const strange = mustCall.filter((name) => !ofWorkflow.some((tool) => tool.name === name));
    const form = strange.length === 1 ? tools.find(({ name }) => name === strange[0]) : undefined;
    if (form === undefined) return said;
    const { name, parameters: schema } = form;
    return {
      ...said,
      tools: tools.filter((tool) => tool !== form && mustCall.includes(tool.name)),
      responseSchema: said.responseSchema ?? { name, schema },
      answersBy: name,
    };
  };

/** The words of a reply that are its answer, in whichever way it was asked for. */
export const answerIn = ({ answersBy }: Pick<ModelCall, 'answersBy'>, { text, calls }: Gathered): string | undefined =>
  calls.find(({ name }) => name === answersBy)?.arguments ?? text;

/** Answers go out as calls, and a fault sees text also where a provider has made the call itself. */
export function withAnswersCalled(armed: Armed, { answersBy: name, task, turn }: ModelCall): Armed {
  if (name === undefined) return armed;
  const answer = { id: `call_${task}_answer_${turn}`, name };
  const meaning = [
    retold((parts) => called(parts, answer)),
    ...armed.meaning,
    retold((parts) => spoken(parts, answer)),
  ];
  return { ...armed, meaning };
}

interface Answer extends Pick<ToolCall, 'id' | 'name'> {
  /** The provider has made the call itself. */
  isCall?: boolean;
}

/** Text that is no JSON object, such as a refusal in words, goes out as it is. */
async function* called(parts: AsyncIterable<Part>, answer: Answer): AsyncGenerator<Part> {
  let calls: boolean | undefined;
  for await (const part of parts) {
    if (part.type === 'text-delta') {
      const { id, name, isCall = part.text.trimStart().startsWith('{') } = answer;
      if (calls === undefined && isCall) yield { type: 'tool-call', id, name };
      calls ??= isCall;
      yield calls ? { type: 'tool-call-delta', id, arguments: part.text } : part;
    } else
      yield calls === true && part.type === 'end' && part.reason === 'stop' ? { ...part, reason: 'tool-calls' } : part;
  }
}

/** The call keeps the id that its provider gave it. */
async function* spoken(parts: AsyncIterable<Part>, answer: Answer): AsyncGenerator<Part> {
  let [answers, others] = [false, false];
  for await (const part of parts) {
    if (part.type === 'tool-call' && part.name === answer.name && !answers) {
      answers = true;
      answer.id = part.id;
      answer.isCall = true;
    } else if (part.type === 'tool-call-delta' && answers && part.id === answer.id)
      yield { type: 'text-delta', text: part.arguments };
    else if (part.type === 'end' && part.reason === 'tool-calls' && answers && !others)
      yield { ...part, reason: 'stop' };
    else {
      others ||= part.type === 'tool-call';
      yield part;
    }
  }
}
