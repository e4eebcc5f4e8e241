import type { ToolCall } from './model-call.ts';
import type { EndReason, ErrorPart, Part } from './wire.ts';

/** What the parts of a reply amount to. Whatever was not said is undefined. */
export interface Gathered {
  /** Texts and tool calls in the order in which they were said. */
  blocks: ({ text: string } | ToolCall)[];
  text: string | undefined;
  refusal: string | undefined;
  calls: ToolCall[];
  usage: { input: number; output: number } | undefined;
  error: ErrorPart | undefined;
  end: EndReason | undefined;
}

/** Puts parts together, or more of them to those that came before. */
export function gather(parts: readonly Part[], all: Gathered = nothing()): Gathered {
  for (const part of parts) {
    const { type } = part;
    if (type === 'text-delta') {
      all.text = (all.text ?? '') + part.text;
      const last = all.blocks.at(-1);
      if (last !== undefined && 'text' in last) last.text += part.text;
      else all.blocks.push({ text: part.text });
    } else if (type === 'refusal-delta') all.refusal = (all.refusal ?? '') + part.text;
    else if (type === 'tool-call') {
      const call = { id: part.id, name: part.name, arguments: '' };
      all.calls.push(call);
      all.blocks.push(call);
    } else if (type === 'tool-call-delta') {
      const call = all.calls.find((c) => c.id === part.id);
      if (call !== undefined) call.arguments += part.arguments;
    } else if (type === 'usage') all.usage = { input: part.input, output: part.output };
    else if (type === 'error') all.error ??= part;
    else all.end = part.reason;
  }
  return all;
}

export const nothing = (): Gathered => ({
  blocks: [],
  text: undefined,
  refusal: undefined,
  calls: [],
  usage: undefined,
  error: undefined,
  end: undefined,
});
