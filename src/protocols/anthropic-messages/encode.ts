import { gather } from '../../core/gathered.ts';
import type { Encoder, ReplyShape, Stamp } from '../../core/protocol.ts';
import type { EndReason, Frame, Part, Usage } from '../../core/wire.ts';
import { type Json, parseJson } from '../../text/json.ts';
import { createEncoder, type SaidPart, says } from '../encoder.ts';
import { errors } from './errors.ts';

const STOP: Record<EndReason, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
  'content-filter': 'refusal',
};

const NOTHING: Usage = { input: 0, output: 0 };

/** From this version on, fields without a value are there as null; before, they were left out. */
const withNulls = ({ wishes }: ReplyShape) => wishes?.['version'] === '2026-10-21';

export function encoder(call: ReplyShape, stamp: Stamp): Encoder {
  const write = shapes(call, stamp);
  let index = -1;
  let block: 'text' | 'tool_use' | 'thinking' | undefined;
  const late: Part[] = [];

  const stopBlock = (): Frame[] => {
    const open = block !== undefined;
    block = undefined;
    return open ? [event('content_block_stop', { index })] : [];
  };
  const startBlock = (content_block: { type: NonNullable<typeof block> }, ...parts: Part[]): Frame[] => {
    const before = stopBlock();
    block = content_block.type;
    index++;
    const start = event('content_block_start', { index, content_block }, ...parts);
    return index === 0 ? [start, event('ping', {})] : [...before, start];
  };
  const said = (part: SaidPart): Frame[] => {
    switch (part.type) {
      case 'reasoning-delta': {
        const before = block === 'thinking' ? [] : startBlock(write.thinking('', ''));
        const signed = part.signature === undefined ? [] : [{ type: 'signature_delta', signature: part.signature }];
        const [first, ...more] = [
          ...(part.text === '' ? [] : [{ type: 'thinking_delta', thinking: part.text }]),
          ...signed,
        ];
        const said = (delta: object | undefined, ...parts: Part[]) =>
          event('content_block_delta', { index, delta }, ...parts);
        return [...before, ...(first === undefined ? [] : [said(first, part)]), ...more.map((delta) => said(delta))];
      }
      case 'text-delta': {
        const before = block === 'text' ? [] : startBlock(write.text(''));
        const delta = { type: 'text_delta', text: part.text };
        return [...before, event('content_block_delta', { index, delta }, part)];
      }
      case 'tool-call':
        return startBlock(write.toolUse(part.id, part.name, {}), part);
      case 'tool-call-delta': {
        const delta = { type: 'input_json_delta', partial_json: part.arguments };
        return [event('content_block_delta', { index, delta }, part)];
      }
      // What is counted and why it ended go together, at the very end.
      default:
        late.push(part);
        return [];
    }
  };
  const close = (): Frame[] => {
    const { refusal = '', usage = NOTHING, end = 'stop' } = gather(late);
    const fields = { delta: write.ending(end, refusal), usage: write.usage(usage) };
    return [...stopBlock(), event('message_delta', fields, ...late), event('message_stop', {})];
  };

  return createEncoder(call.stream, {
    stamp,
    errors,
    headers: [
      ['request-id', `req_${stamp.id}`],
      ['anthropic-organization-id', '6f1d0c1e-2b7a-4c55-9a1e-0d3c5e7f9b21'],
    ],
    body: write.message,
    open: (first) => [event('message_start', { message: write.start(first.type === 'usage' ? first.input : 0) })],
    part: said,
    close,
  });
}

function event(type: string, fields: object, ...parts: Part[]): Frame {
  return says(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, ...parts);
}

/** The objects of a reply, in the shape of the version that was asked for. */
function shapes(call: ReplyShape, stamp: Stamp) {
  const nulls = (...names: string[]): Json =>
    withNulls(call) ? Object.fromEntries(names.map((name) => [name, null])) : {};
  const about = { id: `msg_${stamp.id}`, type: 'message', role: 'assistant', model: call.model };

  const text = (value: string) => ({ type: 'text' as const, text: value, ...nulls('citations') });
  const toolUse = (id: string, name: string, input: unknown) => ({
    type: 'tool_use' as const,
    id,
    name,
    input,
    ...(withNulls(call) && { caller: { type: 'direct' } }),
  });
  const thinking = (said: string, signature: string) => ({ type: 'thinking' as const, thinking: said, signature });
  const usage = ({ input, output, cached = 0, written = 0, reasoning }: Usage) => ({
    input_tokens: input - cached - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: output,
    ...nulls('output_tokens_details', 'server_tool_use'),
    ...(reasoning !== undefined && { output_tokens_details: { thinking_tokens: reasoning } }),
  });
  const fullUsage = (counted: Usage) => ({
    ...usage(counted),
    ...nulls('cache_creation', 'inference_geo', 'speed'),
    service_tier: 'standard',
  });
  const ending = (reason: EndReason, explanation: string) => ({
    stop_reason: STOP[reason],
    ...nulls('stop_sequence', 'stop_details', 'container'),
    ...(STOP[reason] === 'refusal' && explanation !== '' && { stop_details: refusalDetails(explanation) }),
  });
  const refusalDetails = (explanation: string) => ({ type: 'refusal', ...nulls('category'), explanation });
  const start = (input: number) => ({
    ...about,
    content: [],
    ...nulls('stop_reason', 'stop_sequence', 'stop_details', 'container', 'diagnostics'),
    usage: fullUsage({ input, output: 1 }),
  });
  const message = (parts: readonly SaidPart[]) => {
    const { reasoning, blocks, refusal = '', usage: counted = NOTHING, end = 'stop' } = gather(parts);
    return {
      ...about,
      content: [
        ...(reasoning === undefined ? [] : [thinking(reasoning.text, reasoning.signature ?? '')]),
        ...blocks.map((b) => ('text' in b ? text(b.text) : toolUse(b.id, b.name, readInput(b.arguments)))),
      ],
      ...ending(end, refusal),
      ...nulls('diagnostics'),
      usage: fullUsage(counted),
    };
  };
  return { text, thinking, toolUse, usage, ending, start, message };
}

/** Arguments that are no JSON cannot be said in this API but as a string: a client sees input of the wrong type. */
function readInput(args: string): unknown {
  return args === '' ? {} : (parseJson(args) ?? args);
}
