import type { Encoder, ReplyShape, Stamp } from '../../core/protocol.ts';
import type { EndReason, ErrorPart, Frame, Part, Usage } from '../../core/wire.ts';
import type { Json } from '../../text/json.ts';
import { createEncoder, type SaidPart, says } from '../encoder.ts';
import { REFUSAL, replyHeaders } from '../openai.ts';
import { askedIn, echoOf, wantsSealed, wantsSummary } from './asked.ts';
import { type ItemKind, itemId, responseId } from './memory.ts';
import { errors } from './voice.ts';

/** Reasons that leave a reply incomplete, in the API's words. */
const INCOMPLETE: Partial<Record<EndReason, string>> = {
  length: 'max_output_tokens',
  'content-filter': 'content_filter',
};

type Content =
  | { type: 'output_text'; annotations: []; logprobs: []; text: string }
  | { type: 'refusal'; refusal: string };
type Status = 'in_progress' | 'completed' | 'incomplete';
interface MessageItem {
  id: string;
  type: 'message';
  status: Status;
  role: 'assistant';
  content: Content[];
}
interface CallItem {
  id: string;
  type: 'function_call';
  status: Status;
  arguments: string;
  call_id: string;
  name: string;
}
interface ThoughtItem {
  id: string;
  type: 'reasoning';
  summary: { type: 'summary_text'; text: string }[];
  encrypted_content?: string | null;
}
type OutputItem = MessageItem | CallItem | ThoughtItem;

export function encoder(call: ReplyShape, stamp: Stamp): Encoder {
  const reply = createReply(call, stamp);
  const whole = (parts: readonly SaidPart[]): void => {
    reply.open();
    for (const part of parts) reply.say(part);
  };
  return createEncoder(call.stream, {
    stamp,
    errors,
    headers: replyHeaders(stamp),
    body(parts) {
      whole(parts);
      reply.close();
      return reply.now();
    },
    open: reply.open,
    part: reply.say,
    close: reply.close,
    failure: reply.fail,
    failedBody(error, before) {
      whole(before);
      reply.fail({ ...error, shape: 'failed' });
      return reply.now();
    },
  });
}

/** A reply in the making: every part becomes events, and the response that they amount to. */
function createReply(call: ReplyShape, stamp: Stamp) {
  const asked = askedIn(call);
  const about = { id: responseId(stamp), object: 'response', created_at: Math.floor(stamp.atMs / 1000) };
  const echo = echoOf(asked);
  const output: OutputItem[] = [];
  const counts: Record<ItemKind, number> = { msg: 0, fc: 0, rs: 0 };
  const late: Part[] = [];
  let usage: Usage | undefined;
  let reason: EndReason = 'stop';
  let outcome: Json = { status: 'in_progress', error: null, incomplete_details: null };
  let sequence = 0;
  let opened = false;
  /** The item that still grows, and the parts that will be said with its end. */
  let open: OutputItem | undefined;
  let sealed: Part[] = [];

  const event = (type: string, fields: object, ...parts: Part[]): Frame =>
    says(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...fields })}\n\n`, ...parts);
  const now = () => ({
    ...about,
    ...outcome,
    model: call.model,
    output,
    ...echo,
    usage: usage === undefined ? null : writeUsage(usage),
  });
  const nextId = (kind: ItemKind) => itemId(kind, stamp, counts[kind]++);
  /** Where an item stands, for its events. */
  const at = (item: OutputItem) => ({ item_id: item.id, output_index: output.indexOf(item) });

  const begin = (item: OutputItem, ...parts: Part[]): Frame[] => {
    const before = finish('completed');
    open = item;
    output.push(item);
    return [...before, event('response.output_item.added', { output_index: output.length - 1, item }, ...parts)];
  };
  const finish = (status: Status): Frame[] => {
    const item = open;
    if (item === undefined) return [];
    open = undefined;
    const said = sealed;
    sealed = [];
    const ends = endOf(item);
    if (item.type !== 'reasoning') item.status = status;
    return [...ends, event('response.output_item.done', { output_index: output.indexOf(item), item }, ...said)];
  };
  const endOf = (item: OutputItem): Frame[] => {
    if (item.type === 'message') return endContent(item);
    if (item.type === 'function_call')
      return [
        event('response.function_call_arguments.done', {
          ...at(item),
          arguments: item.arguments,
          name: item.name,
        }),
      ];
    const [part] = item.summary;
    if (part === undefined) return [];
    const place = { ...at(item), summary_index: 0 };
    return [
      event('response.reasoning_summary_text.done', { ...place, text: part.text }),
      event('response.reasoning_summary_part.done', { ...place, part }),
    ];
  };
  const endContent = (item: MessageItem): Frame[] => {
    const part = item.content.at(-1);
    if (part === undefined) return [];
    const place = { ...at(item), content_index: item.content.length - 1 };
    return [
      part.type === 'output_text'
        ? event('response.output_text.done', { ...place, text: part.text, logprobs: [] })
        : event('response.refusal.done', { ...place, refusal: part.refusal }),
      event('response.content_part.done', { ...place, part }),
    ];
  };
  /** The piece of a message that still grows, of the kind that is wanted. */
  const content = <K extends Content['type']>(empty: Extract<Content, { type: K }>) => {
    const frames: Frame[] = [];
    if (open?.type !== 'message')
      frames.push(
        ...begin({ id: nextId('msg'), type: 'message', status: 'in_progress', role: 'assistant', content: [] }),
      );
    const item = open as MessageItem;
    if (item.content.at(-1)?.type !== empty.type) {
      frames.push(...endContent(item));
      item.content.push(empty);
      frames.push(
        event('response.content_part.added', { ...at(item), content_index: item.content.length - 1, part: empty }),
      );
    }
    const part = item.content.at(-1) as Extract<Content, { type: K }>;
    return { frames, part, place: { ...at(item), content_index: item.content.length - 1 } };
  };

  const text = (delta: string, ...parts: Part[]): Frame[] => {
    const { frames, part, place } = content({ type: 'output_text', annotations: [], logprobs: [], text: '' });
    part.text += delta;
    return [...frames, event('response.output_text.delta', { ...place, delta, logprobs: [] }, ...parts)];
  };
  const refusal = (delta: string, ...parts: Part[]): Frame[] => {
    const { frames, part, place } = content({ type: 'refusal', refusal: '' });
    part.refusal += delta;
    return [...frames, event('response.refusal.delta', { ...place, delta }, ...parts)];
  };
  /** Thoughts are told in short to whom asks for it, and sealed to whom keeps them; all others learn that there were some. */
  const thought = (part: Extract<Part, { type: 'reasoning-delta' }>): Frame[] => {
    const frames: Frame[] = [];
    if (open?.type !== 'reasoning') {
      const empty = wantsSealed(asked) ? { encrypted_content: '' } : {};
      const begun = part.text === '' && part.signature === undefined ? part : { type: part.type, text: '' };
      frames.push(...begin({ id: nextId('rs'), type: 'reasoning', summary: [], ...empty }, begun));
    }
    const item = open as ThoughtItem;
    const place = { ...at(item), summary_index: 0 };
    const told = wantsSummary(asked) && part.text !== '';
    if (told) {
      if (item.summary.length === 0) {
        const empty = { type: 'summary_text' as const, text: '' };
        item.summary.push(empty);
        frames.push(event('response.reasoning_summary_part.added', { ...place, part: empty }));
      }
      for (const summary of item.summary) summary.text += part.text;
      frames.push(event('response.reasoning_summary_text.delta', { ...place, delta: part.text }, part));
    }
    if (part.signature === undefined || !wantsSealed(asked)) return frames;
    item.encrypted_content = part.signature;
    if (!told) sealed.push(part.text === '' ? part : { ...part, text: '' });
    return frames;
  };
  const argued = (part: Extract<Part, { type: 'tool-call-delta' }>): Frame[] => {
    const item = output.find((one) => one.type === 'function_call' && one.call_id === part.id);
    if (item?.type !== 'function_call') return [];
    item.arguments += part.arguments;
    return [event('response.function_call_arguments.delta', { ...at(item), delta: part.arguments }, part)];
  };

  const terminal = (status: 'completed' | 'incomplete' | 'failed', ...parts: Part[]): Frame =>
    event(`response.${status}`, { response: now() }, ...parts);

  return {
    now,
    open(): Frame[] {
      opened = true;
      return ['response.created', 'response.in_progress'].map((type) => event(type, { response: now() }));
    },
    say(part: SaidPart): Frame[] {
      switch (part.type) {
        case 'reasoning-delta':
          return thought(part);
        case 'text-delta':
          return text(part.text, part);
        case 'refusal-delta':
          return refusal(part.text, part);
        case 'tool-call': {
          const item = { call_id: part.id, name: part.name };
          return begin(
            { id: nextId('fc'), type: 'function_call', status: 'in_progress', arguments: '', ...item },
            part,
          );
        }
        case 'tool-call-delta':
          return argued(part);
        case 'usage':
          usage = part;
          late.push(part);
          return [];
        case 'end':
          reason = part.reason;
          late.push(part);
          return [];
      }
    },
    close(): Frame[] {
      const silent = !output.some(({ type }) => type !== 'reasoning');
      const unrefused = reason === 'refusal' && !output.some(isRefusal);
      // A model that ends its turn without a word has said an empty one.
      const words = unrefused ? refusal(REFUSAL) : silent && reason === 'stop' ? text('') : [];
      const why = INCOMPLETE[reason];
      const status = why === undefined ? 'completed' : 'incomplete';
      const ends = finish(status);
      outcome = { status, error: null, incomplete_details: why === undefined ? null : { reason: why } };
      return [...words, ...ends, terminal(status, ...late)];
    },
    /**
     * An error in band has three shapes. What the request brought on itself is an event with an error object in it, as it was
     * observed; what the provider suffers is an event with bare fields, as it is documented; either may come before the response
     * was created. A reply that failed after it was created is told only where that shape is asked for.
     */
    fail(part: ErrorPart): Frame[] {
      const error = errors.error(part);
      const code = error.code ?? error.type;
      const shape = part.shape ?? (PROVIDERS_OWN.has(error.type) ? 'flat' : 'nested');
      if (shape === 'failed') {
        const before = opened ? [] : this.open();
        outcome = { status: 'failed', error: { code, message: error.message }, incomplete_details: null };
        return [...before, terminal('failed', part)];
      }
      const { message, param } = error;
      return [event('error', shape === 'flat' ? { code, message, param } : { error }, part)];
    },
  };
}

/** Types of errors that are not the caller's doing. */
const PROVIDERS_OWN = new Set(['server_error', 'service_unavailable_error', 'requests']);

const isRefusal = (item: OutputItem): boolean =>
  item.type === 'message' && item.content.some(({ type }) => type === 'refusal');

function writeUsage({ input, output, cached = 0, written, reasoning = 0 }: Usage): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, ...(written && { cache_write_tokens: written }) },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
