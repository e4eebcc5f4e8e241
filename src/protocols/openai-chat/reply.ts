import { gather } from '../../core/gathered.ts';
import type { Decoder, Encoder, ReplyShape, Stamp } from '../../core/protocol.ts';
import type { EndReason, Frame, Head, Part, Usage } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import { createDecoder, inBandError } from '../decoder.ts';
import { createEncoder, type SaidPart, says } from '../encoder.ts';
import { asCount, asList, asRecord, asText } from '../json.ts';
import { REFUSAL, replyHeaders } from '../openai.ts';
import { openaiErrors } from '../openai-errors.ts';
import { writeToolCall } from './request.ts';

const errors = openaiErrors({ conversation: 'messages', format: 'response_format' });

const FINISH: Record<EndReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  // A refusal is told by its own field; the finish reason is an ordinary one.
  refusal: 'stop',
  'content-filter': 'content_filter',
};

export function encoder(call: ReplyShape, stamp: Stamp): Encoder {
  const about = { id: `chatcmpl-${stamp.id}`, created: Math.floor(stamp.atMs / 1000), model: call.model };
  const includeUsage = call.wishes?.['include_usage'] === true;
  const tools = new Map<string, number>();
  let usage: Extract<Part, { type: 'usage' }> | undefined;
  let refused = false;

  const event = (fields: object, ...parts: Part[]): Frame => {
    const body = {
      id: about.id,
      object: 'chat.completion.chunk',
      created: about.created,
      model: about.model,
      ...fields,
    };
    return says(`data: ${JSON.stringify(body)}\n\n`, ...parts);
  };
  const chunk = (delta: object, finish_reason: string | null, ...parts: Part[]): Frame =>
    event(
      { choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...(includeUsage && { usage: null }) },
      ...parts,
    );
  const said = (part: SaidPart): Frame[] => {
    switch (part.type) {
      // This API counts thoughts and does not show them.
      case 'reasoning-delta':
        return [];
      case 'text-delta':
        return [chunk({ content: part.text }, null, part)];
      case 'refusal-delta':
        refused = true;
        return [chunk({ refusal: part.text }, null, part)];
      case 'tool-call': {
        const index = tools.size;
        tools.set(part.id, index);
        const call = { index, id: part.id, type: 'function', function: { name: part.name, arguments: '' } };
        return [chunk({ tool_calls: [call] }, null, part)];
      }
      case 'tool-call-delta': {
        const index = tools.get(part.id) ?? 0;
        return [chunk({ tool_calls: [{ index, function: { arguments: part.arguments } }] }, null, part)];
      }
      case 'usage':
        usage = part;
        return [];
      case 'end': {
        const words = part.reason === 'refusal' && !refused ? [chunk({ refusal: REFUSAL }, null)] : [];
        return [...words, chunk({}, FINISH[part.reason], part)];
      }
    }
  };

  return createEncoder(call.stream, {
    stamp,
    errors,
    headers: replyHeaders(stamp),
    body: (parts) => ({ ...about, object: 'chat.completion', ...wholeReply(parts) }),
    open: () => [chunk({ role: 'assistant', content: '', refusal: null }, null)],
    part: said,
    close: () => [
      ...(includeUsage && usage ? [event({ choices: [], usage: writeUsage(usage) }, usage)] : []),
      says('data: [DONE]\n\n'),
    ],
  });
}

function writeUsage({ input, output, cached = 0, reasoning = 0 }: Usage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Everything a body says that comes after its id. */
function wholeReply(parts: SaidPart[]): object {
  const { text, refusal, calls, usage, end: reason = 'stop' } = gather(parts);
  const message = {
    role: 'assistant',
    // A model that ends its turn without a word has said an empty one; beside calls, or where it was stopped, there is none.
    content: text ?? (calls.length === 0 && (reason === 'stop' || reason === 'length') ? '' : null),
    refusal: refusal ?? (reason === 'refusal' ? REFUSAL : null),
    annotations: [],
    ...(calls.length > 0 && { tool_calls: calls.map(writeToolCall) }),
  };
  return {
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[reason] }],
    ...(usage && { usage: writeUsage(usage) }),
    service_tier: 'default',
    system_fingerprint: null,
  };
}

function readUsage(usage: Json): Usage {
  const cached = asCount(asRecord(usage['prompt_tokens_details'])['cached_tokens']);
  const reasoning = asCount(asRecord(usage['completion_tokens_details'])['reasoning_tokens']);
  return {
    input: asCount(usage['prompt_tokens']),
    output: asCount(usage['completion_tokens']),
    ...(cached > 0 && { cached }),
    ...(reasoning > 0 && { reasoning }),
  };
}

const ENDS = new Map<string, EndReason>([
  ['length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);

export function decoder(head: Head, nowMs: number): Decoder {
  const tools = new Map<number, string>();
  let refused = false;

  /** A whole message and a chunk's delta have the same fields. */
  const said = (message: Json): Part[] => {
    const parts: Part[] = [];
    const { content, refusal } = message;
    // Servers that show thoughts have one of two names for them.
    const thought = message['reasoning_content'] ?? message['reasoning'];
    if (typeof thought === 'string' && thought !== '') parts.push({ type: 'reasoning-delta', text: thought });
    if (typeof content === 'string' && content !== '') parts.push({ type: 'text-delta', text: content });
    if (typeof refusal === 'string' && refusal !== '') {
      refused = true;
      parts.push({ type: 'refusal-delta', text: refusal });
    }
    for (const [position, entry] of asList(message['tool_calls']).entries()) {
      const call = asRecord(entry);
      const fn = asRecord(call['function']);
      const index = typeof call['index'] === 'number' ? call['index'] : position;
      const id = asText(call['id']);
      // Some servers repeat id and name on every delta: only the first one begins a call. Others give all calls one index, or none.
      if (!tools.has(index) || (id !== '' && id !== tools.get(index))) {
        tools.set(index, id);
        parts.push({ type: 'tool-call', id, name: asText(fn['name']) });
      }
      const args = asText(fn['arguments']);
      if (args !== '') parts.push({ type: 'tool-call-delta', id: tools.get(index) ?? '', arguments: args });
    }
    return parts;
  };
  const ended = (finish: unknown): Part[] =>
    typeof finish === 'string' ? [{ type: 'end', reason: ENDS.get(finish) ?? (refused ? 'refusal' : 'stop') }] : [];
  const counted = (usage: unknown): Part[] => (isRecord(usage) ? [{ type: 'usage', ...readUsage(usage) }] : []);

  return createDecoder(head, nowMs, {
    errors,
    done: '[DONE]',
    body(json) {
      const choice = asRecord(asList(json['choices'])[0]);
      if (!isRecord(choice['message'])) return undefined;
      return [...said(choice['message']), ...ended(choice['finish_reason']), ...counted(json['usage'])];
    },
    event(json) {
      if (isRecord(json['error'])) return [inBandError(errors, json, 'server_error')];
      // Further choices (`n` above 1) are not what the workflow reads.
      const choice = asRecord(asList(json['choices']).find((c) => (asRecord(c)['index'] ?? 0) === 0));
      return [...said(asRecord(choice['delta'])), ...ended(choice['finish_reason']), ...counted(json['usage'])];
    },
  });
}
