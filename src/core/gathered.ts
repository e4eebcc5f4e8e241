import type { ToolCall } from './model-call.ts';
import type { EndReason, ErrorPart, Part, Usage } from './wire.ts';

/** What the parts of a reply amount to. Whatever was not said is undefined. */
export interface Gathered {
  /** Texts and tool calls in the order in which they were said. */
  blocks: ({ text: string } | ToolCall)[];
  reasoning: { text: string; signature?: string } | undefined;
  text: string | undefined;
  refusal: string | undefined;
  calls: ToolCall[];
  usage: Usage | undefined;
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
    } else if (type === 'reasoning-delta') {
      const { signature = all.reasoning?.signature } = part;
      all.reasoning = { text: (all.reasoning?.text ?? '') + part.text, ...(signature !== undefined && { signature }) };
    } else if (type === 'usage') {
      const { type: _, ...usage } = part;
      all.usage = usage;
    } else if (type === 'error') all.error ??= part;
    else all.end = part.reason;
  }
  return all;
}

export const nothing = (): Gathered => ({
  blocks: [],
  reasoning: undefined,
  text: undefined,
  refusal: undefined,
  calls: [],
  usage: undefined,
  error: undefined,
  end: undefined,
});
