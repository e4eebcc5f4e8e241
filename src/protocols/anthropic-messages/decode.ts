import type { Decoder } from '../../core/protocol.ts';
import type { EndReason, Head, Part } from '../../core/wire.ts';
import type { Json } from '../../text/json.ts';
import { createDecoder, inBandError } from '../decoder.ts';
import { asCount, asList, asRecord, asText, usagePart } from '../json.ts';
import { errors } from './errors.ts';

export function decoder(head: Head, nowMs: number): Decoder {
  const tools = new Map<unknown, string>();
  let counted: Json = {};

  const events: Record<string, (event: Json) => Part[]> = {
    message_start(event) {
      counted = asRecord(asRecord(event['message'])['usage']);
      return [];
    },
    content_block_start(event) {
      const block = asRecord(event['content_block']);
      if (block['type'] === 'tool_use') tools.set(event['index'], asText(block['id']));
      return blockParts(block);
    },
    content_block_delta(event) {
      const delta = asRecord(event['delta']);
      const id = tools.get(event['index']);
      const { text, partial_json, thinking, signature } = delta;
      if (typeof thinking === 'string' && thinking !== '') return [{ type: 'reasoning-delta', text: thinking }];
      if (typeof signature === 'string') return [{ type: 'reasoning-delta', text: '', signature }];
      if (typeof text === 'string' && text !== '') return [{ type: 'text-delta', text }];
      if (id !== undefined && typeof partial_json === 'string' && partial_json !== '')
        return [{ type: 'tool-call-delta', id, arguments: partial_json }];
      return [];
    },
    message_delta(event) {
      counted = { ...counted, ...presentOf(asRecord(event['usage'])) };
      return withUsage(ending(asRecord(event['delta'])), counted);
    },
    error: (event) => [inBandError(errors, event, 'server_error')],
  };

  return createDecoder(head, nowMs, {
    errors,
    body(json) {
      if (!Array.isArray(json['content'])) return undefined;
      const end = withUsage(ending(json), asRecord(json['usage']));
      if (end.some((p) => p.type === 'error')) return end;
      return [...asList(json['content']).flatMap((block) => blockParts(asRecord(block))), ...end];
    },
    // Unknown events are to be ignored, says the API's contract; pings need nothing.
    event(json) {
      const type = asText(json['type']);
      return (Object.hasOwn(events, type) && events[type]?.(json)) || [];
    },
  });
}

/** A block as it stands in a whole reply; at the start of a streamed one it is still empty. */
function blockParts(block: Json): Part[] {
  const { type, text, id, name, input } = block;
  if (type === 'text' && typeof text === 'string' && text !== '') return [{ type: 'text-delta', text }];
  const { thinking, signature } = block;
  if (type === 'thinking' && typeof thinking === 'string' && thinking !== '')
    return [{ type: 'reasoning-delta', text: thinking, ...(typeof signature === 'string' && { signature }) }];
  if (type !== 'tool_use') return [];
  const call: Part = { type: 'tool-call', id: asText(id), name: asText(name) };
  const args = typeof input === 'string' ? input : JSON.stringify(input);
  return args === undefined || args === '{}'
    ? [call]
    : [call, { type: 'tool-call-delta', id: asText(id), arguments: args }];
}

function presentOf(usage: Json): Json {
  return Object.fromEntries(Object.entries(usage).filter(([, count]) => typeof count === 'number'));
}

function usageOf(usage: Json): Part {
  const cached = asCount(usage['cache_read_input_tokens']);
  const written = asCount(usage['cache_creation_input_tokens']);
  const reasoning = asCount(asRecord(usage['output_tokens_details'])['thinking_tokens']);
  const input = asCount(usage['input_tokens']) + written + cached;
  return usagePart({ input, output: asCount(usage['output_tokens']), cached, written, reasoning });
}

/** A failure is not counted: what it replaces is not an answer. */
function withUsage(end: Part[], usage: Json): Part[] {
  return end.some((p) => p.type === 'error') ? end : [...end.slice(0, -1), usageOf(usage), ...end.slice(-1)];
}

const ENDS = new Map<unknown, EndReason>([
  ['max_tokens', 'length'],
  ['tool_use', 'tool-calls'],
  ['refusal', 'refusal'],
]);

function ending({ stop_reason: why, stop_details: details }: Json): Part[] {
  if (why === undefined || why === null) return [];
  if (why === 'model_context_window_exceeded') {
    const message = 'prompt is too long: the context window is full';
    return [{ type: 'error', mode: 'context_overflow', message, inBand: true }];
  }
  const words = why === 'refusal' ? asText(asRecord(details)['explanation']) : '';
  const refusal: Part[] = words === '' ? [] : [{ type: 'refusal-delta', text: words }];
  return [...refusal, { type: 'end', reason: ENDS.get(why) ?? 'stop' }];
}
