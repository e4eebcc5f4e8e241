import { gather } from '../../core/gathered.ts';
import type { ToolCall } from '../../core/model-call.ts';
import type { Decoder, Encoder, Protocol, ReplyShape, Stamp } from '../../core/protocol.ts';
import type { EndReason, Frame, Head, Part, Usage } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import { createDecoder, inBandError } from '../decoder.ts';
import { createEncoder, type SaidPart, says } from '../encoder.ts';
import { asList, asRecord, asText } from '../json.ts';
import { REFUSAL, readTokens, replyHeaders } from '../openai.ts';
import { errorIn } from '../openai-errors.ts';
import { type ChatBody, type Dialect, eventOf } from './dialect.ts';
import { writeToolCall } from './request.ts';

/** Both ends of a reply, as one server has it. */
export const replies = (own: Dialect): Pick<Protocol, 'encoder' | 'decoder'> => ({
  encoder: (call, stamp) => encoder(call, stamp, own),
  decoder: (head, nowMs) => decoder(head, nowMs, own),
});

const FINISH: Record<EndReason, string> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  // A refusal is told by its own field; the finish reason is an ordinary one.
  refusal: 'stop',
  'content-filter': 'content_filter',
};

function encoder(call: ReplyShape, stamp: Stamp, own: Dialect): Encoder {
  const { errors, idOf = ({ id }) => `chatcmpl-${id}`, headers = replyHeaders, callId = same, dress = same } = own;
  const about = { id: idOf(stamp), created: Math.floor(stamp.atMs / 1000), model: call.model };
  const aboutChunk = { id: about.id, object: 'chat.completion.chunk', created: about.created, model: about.model };
  const includeUsage = own.usage !== undefined || call.wishes?.['include_usage'] === true;
  const tools = new Map<string, number>();
  /** Calls that are told whole, until they are. */
  const held = new Map<string, Extract<Part, { type: 'tool-call' | 'tool-call-delta' }>[]>();
  let usage: Extract<Part, { type: 'usage' }> | undefined;
  let refused = false;

  const event = (fields: Pick<ChatBody, 'choices' | 'usage'>, ...parts: Part[]): Frame =>
    says(eventOf(dress({ ...aboutChunk, ...fields })), ...parts);
  const chunk = (delta: Json, finish_reason: string | null, ...parts: Part[]): Frame =>
    event(
      { choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...(includeUsage && { usage: null }) },
      ...parts,
    );
  const indexOf = (id: string) => tools.get(id) ?? tools.set(id, tools.size).size - 1;
  function heldCalls(): Frame[] {
    if (held.size === 0) return [];
    const all = [...held.values()].flat();
    held.clear();
    const calls = gather(all).calls.map((one) => ({ index: indexOf(one.id), ...writeToolCall(named(one)) }));
    return [chunk({ tool_calls: calls }, null, ...all)];
  }
  const named = (one: ToolCall) => ({ ...one, id: callId(one.id) });
  const ended = (reason: EndReason, part: Part): Frame => {
    if (own.usage !== 'with the end' || usage === undefined) return chunk({}, FINISH[reason], part);
    const told = usage;
    usage = undefined;
    const choices = [{ index: 0, delta: {}, logprobs: null, finish_reason: FINISH[reason] }];
    return event({ choices, usage: writeUsage(told) }, told, part);
  };
  const said = (part: SaidPart): Frame[] => {
    switch (part.type) {
      case 'reasoning-delta':
        // OpenAI's own API counts thoughts and does not show them.
        return own.thoughts === undefined ? [] : [chunk({ [own.thoughts]: part.text }, null, part)];
      case 'text-delta':
        return [chunk({ content: part.text }, null, part)];
      case 'refusal-delta':
        refused = true;
        return [chunk({ refusal: part.text }, null, part)];
      case 'tool-call': {
        const fn = { name: part.name, arguments: '' };
        const begun = { index: indexOf(part.id), id: callId(part.id), type: 'function', function: fn };
        return [chunk({ tool_calls: [begun] }, null, part)];
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
        return [...words, ended(part.reason, part)];
      }
    }
  };
  function told(part: SaidPart): Frame[] {
    if (own.wholeCalls === undefined) return said(part);
    if (part.type !== 'tool-call' && part.type !== 'tool-call-delta') return [...heldCalls(), ...said(part)];
    held.set(part.id, [...(held.get(part.id) ?? []), part]);
    return [];
  }

  const { begins = [], failure } = own;
  const opening = () => chunk({ role: 'assistant', content: '', refusal: null }, null);
  return createEncoder(call.stream, {
    stamp,
    errors,
    headers: headers(stamp),
    body: (parts) => dress({ ...about, object: 'chat.completion', ...wholeReply(parts, own) }),
    open: () => [...begins.map((text) => says(text)), ...(own.bare ? [] : [opening()])],
    part: told,
    close: () => [
      ...(includeUsage && usage ? [event({ choices: [], usage: writeUsage(usage) }, usage)] : []),
      says('data: [DONE]\n\n'),
    ],
    ...(failure && {
      failure: (part) =>
        failure(errors.body(part, stamp.id), aboutChunk).map((text, i) => says(text, ...(i === 0 ? [part] : []))),
    }),
  });
}

const same = <T>(one: T): T => one;

function writeUsage({ input, output, cached = 0, written, reasoning = 0 }: Usage): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0, ...(written && { cache_write_tokens: written }) },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** Everything a body says that comes after its id. */
function wholeReply(parts: SaidPart[], { thoughts, callId = same }: Dialect): Pick<ChatBody, 'choices'> & Json {
  const { reasoning, text, refusal, calls, usage, end: reason = 'stop' } = gather(parts);
  const message = {
    role: 'assistant',
    // A model that ends its turn without a word has said an empty one; beside calls, or where it was stopped, there is none.
    content: text ?? (calls.length === 0 && (reason === 'stop' || reason === 'length') ? '' : null),
    refusal: refusal ?? (reason === 'refusal' ? REFUSAL : null),
    annotations: [],
    ...(calls.length > 0 && { tool_calls: calls.map((one) => writeToolCall({ ...one, id: callId(one.id) })) }),
    ...(thoughts !== undefined && reasoning !== undefined && { [thoughts]: reasoning.text }),
  };
  return {
    choices: [{ index: 0, message, logprobs: null, finish_reason: FINISH[reason] }],
    ...(usage && { usage: writeUsage(usage) }),
    service_tier: 'default',
    system_fingerprint: null,
  };
}

function readUsage(usage: unknown): Part[] {
  return isRecord(usage) ? [readTokens(usage, 'prompt_tokens', 'completion_tokens')] : [];
}

const ENDS = new Map<string, EndReason>([
  ['length', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool-calls'],
  ['function_call', 'tool-calls'],
  ['content_filter', 'content-filter'],
]);

function decoder(head: Head, nowMs: number, { errors }: Dialect): Decoder {
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
  const ended = (finish: unknown): Part[] => {
    if (finish === 'error')
      return [{ type: 'error', mode: 'server_error', message: 'ended with an error', inBand: true }];
    if (typeof finish !== 'string') return [];
    return [{ type: 'end', reason: ENDS.get(finish) ?? (refused ? 'refusal' : 'stop') }];
  };

  return createDecoder(head, nowMs, {
    errors,
    done: '[DONE]',
    body(json) {
      if (errorIn(json) !== undefined) return [inBandError(errors, json, 'malformed_response')];
      const choice = asRecord(asList(json['choices'])[0]);
      if (isRecord(choice['error'])) return [inBandError(errors, choice, 'server_error')];
      if (!isRecord(choice['message'])) return undefined;
      return [...said(choice['message']), ...ended(choice['finish_reason']), ...readUsage(json['usage'])];
    },
    event(json) {
      if (errorIn(json) !== undefined) return [inBandError(errors, json, 'server_error')];
      // Further choices (`n` above 1) are not what the workflow reads.
      const choice = asRecord(asList(json['choices']).find((c) => (asRecord(c)['index'] ?? 0) === 0));
      return [...said(asRecord(choice['delta'])), ...ended(choice['finish_reason']), ...readUsage(json['usage'])];
    },
  });
}
