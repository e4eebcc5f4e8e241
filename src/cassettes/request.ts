import { createHash } from 'node:crypto';
import type { RecordedRequest } from '../core/cassette.ts';
import type { CallBody, Message, ModelCall } from '../core/model-call.ts';
import { entryOf } from '../core/once.ts';
import { defined } from '../core/own-copy.ts';
import type { Redaction } from '../redaction/redact.ts';
import { canonicalJson, canonicalText } from '../text/canonical.ts';

/** What a call says, as a cassette keeps it and as a later call is held against it: redacted, and no ids that a run draws. */
export function requestOf(call: ModelCall, redaction: Redaction): RecordedRequest {
  const { maxOutputTokens, temperature, reasoning, parallelCalls, wishes, responseSchema, tools, mustCall } = call;
  return redaction.value({
    role: call.role,
    protocol: call.protocol,
    model: call.model,
    stream: call.stream,
    ...defined({ max_output_tokens: maxOutputTokens, temperature, reasoning, parallel_calls: parallelCalls }),
    ...(wishes !== undefined && Object.keys(wishes).length > 0 && { wishes: { ...wishes } }),
    messages: messagesOf(call),
    ...(tools.length > 0 && { tools }),
    ...(mustCall !== undefined && { must_call: mustCall }),
    ...(responseSchema !== undefined && { response_schema: responseSchema }),
  });
}

function messagesOf({ messages }: CallBody): RecordedRequest['messages'] {
  const ids = new Map<string, string>();
  /** Some clients draw the ids of tool calls themselves: they are counted. */
  const counted = (id: string) => entryOf(ids, id, () => `call_${ids.size + 1}`);
  return messages.map(({ role, content, images = [], toolCalls = [], toolCallId }: Message) => ({
    role,
    content,
    ...(images.length > 0 && {
      images: images.map(({ media_type, data }) => ({
        media_type,
        sha256: createHash('sha256').update(data).digest('hex'),
      })),
    }),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map((one) => ({
        id: counted(one.id),
        name: one.name,
        arguments: canonicalText(one.arguments),
      })),
    }),
    ...(toolCallId !== undefined && { tool_call_id: counted(toolCallId) }),
  }));
}

/** Equal requests have equal keys. */
export const keyOf = (request: RecordedRequest): string => canonicalJson(request);

/** A recorded request as a call again; undefined where the cassette does not hold all of it: pictures. */
export function callOf(request: RecordedRequest): CallBody | undefined {
  if (request.messages.some(({ images = [] }) => images.length > 0)) return undefined;
  const { protocol, model, stream, max_output_tokens, temperature, reasoning, parallel_calls, wishes } = request;
  return {
    ...{ protocol, model, stream, tools: request.tools ?? [] },
    messages: request.messages.map(({ role, content, tool_calls, tool_call_id }) => ({
      ...{ role, content },
      ...defined({ toolCalls: tool_calls, toolCallId: tool_call_id }),
    })),
    ...defined({ responseSchema: request.response_schema, maxOutputTokens: max_output_tokens, temperature }),
    ...defined({ reasoning, parallelCalls: parallel_calls, mustCall: request.must_call, wishes }),
  };
}
