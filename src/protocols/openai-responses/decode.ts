import type { Decoder } from '../../core/protocol.ts';
import type { EndReason, ErrorPart, Head, Part } from '../../core/wire.ts';
import { isRecord, type Json } from '../../text/json.ts';
import { createDecoder, inBandError } from '../decoder.ts';
import { asList, asRecord, asText } from '../json.ts';
import { readTokens } from '../openai.ts';
import { errors } from './voice.ts';

/** Between the parts of a thought that is told in several. */
const PARAGRAPH = '\n\n';

export function decoder(head: Head, nowMs: number): Decoder {
  /** Calls by where they stand, with how much of their arguments was said. */
  const calls = new Map<unknown, { id: string; said: number }>();
  /** What was said of each piece of the reply: some servers tell only the end of it. */
  const begun = new Set<string>();
  let refused = false;
  let spoke = false;

  const textOf = (event: Json, part: Part & { text: string }): Part[] => {
    begun.add(placeOf(event));
    return part.text === '' ? [] : [part];
  };
  const unlessSaid = (event: Json, part: Part & { text: string }): Part[] =>
    begun.has(placeOf(event)) ? [] : textOf(event, part);
  /** What is still missing of a call's arguments, once they are known whole. */
  const rest = (index: unknown, whole: unknown): Part[] => {
    const call = calls.get(index);
    const missing = call === undefined ? '' : asText(whole).slice(call.said);
    if (call === undefined || missing === '') return [];
    call.said += missing.length;
    return [{ type: 'tool-call-delta', id: call.id, arguments: missing }];
  };
  const finished = (response: Json): Part[] => {
    const parts = spoke ? [] : asList(response['output']).flatMap((item) => itemParts(asRecord(item)));
    refused ||= parts.some(({ type }) => type === 'refusal-delta');
    const called = calls.size > 0 || parts.some(({ type }) => type === 'tool-call');
    return [...parts, ...usageIn(response), ...ending(response, refused, called)];
  };

  const events: Record<string, (event: Json) => Part[]> = {
    'response.output_item.added'({ item, output_index: index }) {
      const { type, call_id, name, arguments: args } = asRecord(item);
      // That there was a thought is said, although nothing of it may be told: it has its place in the reply.
      if (type === 'reasoning') return [{ type: 'reasoning-delta', text: '' }];
      if (type !== 'function_call' || calls.has(index)) return [];
      const id = asText(call_id);
      calls.set(index, { id, said: 0 });
      return [{ type: 'tool-call', id, name: asText(name) }, ...rest(index, args)];
    },
    'response.function_call_arguments.delta'({ output_index: index, delta }) {
      const call = calls.get(index);
      const args = asText(delta);
      if (call === undefined || args === '') return [];
      call.said += args.length;
      return [{ type: 'tool-call-delta', id: call.id, arguments: args }];
    },
    'response.function_call_arguments.done': ({ output_index: index, arguments: args }) => rest(index, args),
    'response.output_item.done'({ item, output_index: index }) {
      const { type, arguments: args, encrypted_content: signature } = asRecord(item);
      if (type === 'function_call') return rest(index, args);
      return type === 'reasoning' && isSealed(signature) ? [{ type: 'reasoning-delta', text: '', signature }] : [];
    },
    'response.output_text.delta': (event) => textOf(event, { type: 'text-delta', text: asText(event['delta']) }),
    'response.output_text.done': (event) => unlessSaid(event, { type: 'text-delta', text: asText(event['text']) }),
    'response.refusal.delta': (event) => textOf(event, { type: 'refusal-delta', text: asText(event['delta']) }),
    'response.refusal.done': (event) => unlessSaid(event, { type: 'refusal-delta', text: asText(event['refusal']) }),
    'response.reasoning_summary_part.added': ({ summary_index: index }) =>
      typeof index === 'number' && index > 0 ? [{ type: 'reasoning-delta', text: PARAGRAPH }] : [],
    'response.reasoning_summary_text.delta': (event) =>
      textOf(event, { type: 'reasoning-delta', text: asText(event['delta']) }),
    'response.reasoning_text.delta': (event) =>
      textOf(event, { type: 'reasoning-delta', text: asText(event['delta']) }),
    'response.completed': ({ response }) => finished(asRecord(response)),
    'response.incomplete': ({ response }) => finished(asRecord(response)),
    'response.failed': ({ response }) => [failure(asRecord(response), 'failed')],
    error: (event) => [failure(event, isRecord(event['error']) ? 'nested' : 'flat')],
  };

  return createDecoder(head, nowMs, {
    errors,
    body(json) {
      if (!Array.isArray(json['output'])) return undefined;
      if (json['status'] === 'failed') return [failure(json, 'failed')];
      return finished(json);
    },
    event(json) {
      const type = asText(json['type']);
      // Servers that know no events of this API still say errors in theirs.
      if (type === '' && isRecord(json['error'])) return [failure(json, 'nested')];
      const parts = (Object.hasOwn(events, type) && events[type]?.(json)) || [];
      spoke ||= parts.length > 0;
      refused ||= parts.some((part) => part.type === 'refusal-delta');
      return parts;
    },
  });
}

const placeOf = ({ item_id, output_index, content_index, summary_index }: Json): string =>
  JSON.stringify([item_id, output_index, content_index, summary_index]);

const isSealed = (signature: unknown): signature is string => typeof signature === 'string' && signature !== '';

/** Which of the shapes it had goes with it, so that it can be said again in the same one. */
function failure(json: Json, shape: 'flat' | 'nested' | 'failed'): ErrorPart {
  return { ...inBandError(errors, json, 'server_error'), shape };
}

/** An item as it stands in a whole reply. */
function itemParts(item: Json): Part[] {
  const { type, content, summary, encrypted_content: signature, call_id, name, arguments: args } = item;
  if (type === 'message') return asList(content).flatMap((piece) => pieceParts(asRecord(piece)));
  if (type === 'function_call') {
    const id = asText(call_id);
    const said = asText(args);
    const call: Part = { type: 'tool-call', id, name: asText(name) };
    return said === '' ? [call] : [call, { type: 'tool-call-delta', id, arguments: said }];
  }
  if (type !== 'reasoning') return [];
  const told = asList(summary).length > 0 ? asList(summary) : asList(content);
  const text = told.map((piece) => asText(asRecord(piece)['text'])).join(PARAGRAPH);
  return [{ type: 'reasoning-delta', text, ...(isSealed(signature) && { signature }) }];
}

function pieceParts({ type, text, refusal }: Json): Part[] {
  if (type === 'output_text' && asText(text) !== '') return [{ type: 'text-delta', text: asText(text) }];
  return type === 'refusal' && asText(refusal) !== '' ? [{ type: 'refusal-delta', text: asText(refusal) }] : [];
}

function usageIn({ usage }: Json): Part[] {
  return isRecord(usage) ? [readTokens(usage, 'input_tokens', 'output_tokens')] : [];
}

/** A reply that is still queued or in progress, or was cancelled, has not ended. */
function ending({ status, incomplete_details: details }: Json, refused: boolean, called: boolean): Part[] {
  const end = (reason: EndReason): Part[] => [{ type: 'end', reason }];
  if (status === 'incomplete')
    return end(asRecord(details)['reason'] === 'content_filter' ? 'content-filter' : 'length');
  if (status !== 'completed') return [];
  return end(refused ? 'refusal' : called ? 'tool-calls' : 'stop');
}
