import { gather } from '../../core/gathered.ts';
import type { Decoder, Encoder, ReplyShape, Stamp } from '../../core/protocol.ts';
import type { EndReason, Frame, Head, Part, Usage } from '../../core/wire.ts';
import { isRecord, type Json, parseJson } from '../../text/json.ts';
import { createDecoder, inBandError } from '../decoder.ts';
import { createEncoder, type SaidPart, says } from '../encoder.ts';
import { asCount, asList, asRecord, asText, usagePart } from '../json.ts';
import { errorsFor } from './errors.ts';
import { ownSignature, signs } from './signatures.ts';

/**
 * This API has no refusal of its own: a model's is written as a candidate without content that was stopped as prohibited,
 * its words being the finish message. A filter's is another: of the prompt where nothing was said, else of the answer.
 */
const FINISH: Record<EndReason, string> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  refusal: 'PROHIBITED_CONTENT',
  'content-filter': 'SAFETY',
};

const isBlocked = (reason: EndReason) => reason === 'refusal' || reason === 'content-filter';

type CallPart = Extract<Part, { type: 'tool-call' }>;
type Delta = Extract<Part, { type: 'tool-call-delta' }>;
/** Calls go out whole: the arguments are an object here. */
interface Coming {
  call: CallPart;
  deltas: Delta[];
}

export function encoder(call: ReplyShape, stamp: Stamp): Encoder {
  const about = { modelVersion: call.model, responseId: stamp.id };
  const array = call.wishes?.['array'] === true;
  let items = 0;
  const item = (json: string) => {
    items++;
    if (!array) return `data: ${json}\r\n\r\n`;
    return items === 1 ? `[${json}` : `,\r\n${json}`;
  };
  const fragment = (fields: object, ...parts: Part[]): Frame =>
    says(item(JSON.stringify({ ...fields, ...about })), ...parts);
  const candidate = (part: object, ...parts: Part[]): Frame =>
    fragment({ candidates: [{ content: { parts: [part], role: 'model' }, index: 0 }] }, ...parts);

  const sign = signer(call, stamp);
  let coming: Coming | undefined;
  let said = 0;
  /** What goes out with something else: signatures, counts, and why it ended. */
  const carried: Part[] = [];
  const late: Part[] = [];
  let broken: string | undefined;

  const flush = (): Frame[] => {
    if (coming === undefined) return [];
    const { call, deltas } = coming;
    coming = undefined;
    const text = deltas.map((d) => d.arguments).join('');
    const functionCall = writeCallPart({ ...call, arguments: text });
    if (functionCall === undefined) {
      broken ??= `${call.name}(${text})`;
      late.push(call, ...deltas);
      return [];
    }
    said++;
    return [candidate({ functionCall, ...sign.call() }, ...carried.splice(0), call, ...deltas)];
  };
  const write = (part: SaidPart): Frame[] => {
    if (part.type === 'tool-call-delta' && coming?.call.id === part.id) {
      coming.deltas.push(part);
      return [];
    }
    const before = flush();
    switch (part.type) {
      case 'reasoning-delta':
        sign.hold(part.signature);
        if (part.text !== '') return [...before, candidate({ text: part.text, thought: true }, part)];
        carried.push(part);
        return before;
      case 'text-delta':
        said++;
        return [...before, candidate({ text: part.text }, part)];
      case 'tool-call':
        coming = { call: part, deltas: [] };
        return before;
      default:
        late.push(part);
        return before;
    }
  };
  const close = (): Frame[] => {
    const before = flush();
    const { usage, refusal, end = 'stop' } = gather(late);
    const last = { ...ending(end, { refusal, broken, said: said > 0, part: { text: '', ...sign.text() } }) };
    return [
      ...before,
      fragment({ ...last, ...(usage && { usageMetadata: writeUsage(usage) }) }, ...carried, ...late),
      ...(array ? [says('\r\n]')] : []),
    ];
  };

  return createEncoder(call.stream, {
    stamp,
    errors: errorsFor(call.model),
    headers: [
      ['vary', 'Origin'],
      ['vary', 'X-Origin'],
      ['vary', 'Referer'],
      ['server', 'scaffolding on HTTPServer2'],
      ['x-content-type-options', 'nosniff'],
    ],
    body: (parts) => ({ ...wholeReply(parts, signer(call, stamp)), ...about }),
    open: () => [],
    part: write,
    close,
    type: array ? 'application/json; charset=UTF-8' : 'text/event-stream',
    within: (json) => (array ? `${item(json)}\r\n]` : item(json)),
    instead: (error) => (array ? [error] : error),
  });
}

/** A signature stands at the first call, and where there is none, at the end of the text. */
function signer({ model }: ReplyShape, stamp: Stamp) {
  let held: string | undefined;
  let calls = 0;
  const use = (thoughtSignature: string | undefined): { thoughtSignature?: string } => {
    held = undefined;
    return thoughtSignature === undefined ? {} : { thoughtSignature };
  };
  return {
    hold(signature: string | undefined): void {
      held = signature ?? held;
    },
    call: () => use(++calls === 1 && signs(model) ? (held ?? ownSignature(stamp)) : held),
    text: () => use(held),
  };
}

/** Undefined where the arguments are no object: a model's own slip, which this API finds out before the caller does. */
function writeCallPart({ id, name, arguments: text }: { id: string; name: string; arguments: string }) {
  const args = text === '' ? {} : parseJson(text);
  return isRecord(args) ? { name, args, id } : undefined;
}

interface Said {
  refusal: string | undefined;
  broken: string | undefined;
  said: boolean;
  /** What stands in the candidate where it holds anything. */
  part: object;
}

/** The end of a stream, which is also that of a whole reply. */
function ending(end: EndReason, { refusal, broken, said, part }: Said): object {
  if (end === 'content-filter' && !said && refusal === undefined) return { promptFeedback: { blockReason: 'SAFETY' } };
  const slip = broken !== undefined && (end === 'tool-calls' || end === 'stop');
  const message = slip ? `Malformed function call: ${broken}` : refusal;
  return {
    candidates: [
      {
        ...(!isBlocked(end) && !slip && { content: { parts: [part], role: 'model' } }),
        finishReason: slip ? 'MALFORMED_FUNCTION_CALL' : FINISH[end],
        index: 0,
        ...(message !== undefined && { finishMessage: message }),
      },
    ],
  };
}

function wholeReply(parts: SaidPart[], sign: ReturnType<typeof signer>): object {
  const { reasoning, blocks, refusal, usage, end = 'stop' } = gather(parts);
  sign.hold(reasoning?.signature);
  const thoughts = reasoning === undefined || reasoning.text === '' ? [] : [{ text: reasoning.text, thought: true }];
  const calls = blocks.some((block) => !('text' in block));
  let broken: string | undefined;
  const content = blocks.flatMap((block, i): object[] => {
    if ('text' in block) return [{ text: block.text, ...(!calls && i === blocks.length - 1 && sign.text()) }];
    const functionCall = writeCallPart(block);
    if (functionCall === undefined) broken ??= `${block.name}(${block.arguments})`;
    return functionCall === undefined ? [] : [{ functionCall, ...sign.call() }];
  });
  const { thoughtSignature } = sign.text();
  // A signature that found neither call nor text stands at an empty one.
  const signed = thoughtSignature === undefined ? [] : [{ text: '', thoughtSignature }];
  const written = [...thoughts, ...content, ...signed];
  const last = asRecord(ending(end, { refusal, broken, said: content.length > 0, part: { text: '' } }));
  const [candidate] = asList(last['candidates']);
  return {
    ...last,
    ...(candidate !== undefined && {
      candidates: [
        { ...asRecord(candidate), ...(written.length > 0 && { content: { parts: written, role: 'model' } }) },
      ],
    }),
    ...(usage && { usageMetadata: writeUsage(usage) }),
  };
}

/** Thoughts are counted beside what was said, not within. */
function writeUsage({ input, output, cached, reasoning = 0 }: Usage): object {
  return {
    promptTokenCount: input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: input + output,
    ...(cached !== undefined && { cachedContentTokenCount: cached }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
  };
}

function readUsage(usage: Json): Part {
  const cached = asCount(usage['cachedContentTokenCount']);
  const reasoning = asCount(usage['thoughtsTokenCount']);
  const input = asCount(usage['promptTokenCount']) + asCount(usage['toolUsePromptTokenCount']);
  return usagePart({ input, output: asCount(usage['candidatesTokenCount']) + reasoning, cached, reasoning });
}

const ENDS = new Map<unknown, EndReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['PROHIBITED_CONTENT', 'refusal'],
  ...[
    ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'SPII'],
    ...['IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION'],
  ].map((reason): [string, EndReason] => [reason, 'content-filter']),
]);
const SLIPS = ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS'];

export function decoder(head: Head, nowMs: number): Decoder {
  let calls = 0;
  let counted: Json | undefined;
  let ended = false;

  function ofPart(part: Json, responseId: string): Part[] {
    const { text, thought, thoughtSignature, functionCall } = part;
    const signature: Part[] =
      typeof thoughtSignature === 'string' ? [{ type: 'reasoning-delta', text: '', signature: thoughtSignature }] : [];
    if (isRecord(functionCall)) {
      calls++;
      // An id may be missing: what answers the call needs one.
      const id = asText(functionCall['id']) || `call_${responseId}_${calls}`;
      const args = JSON.stringify(functionCall['args'] ?? {});
      const deltas: Part[] = args === '{}' ? [] : [{ type: 'tool-call-delta', id, arguments: args }];
      return [...signature, { type: 'tool-call', id, name: asText(functionCall['name']) }, ...deltas];
    }
    if (typeof text !== 'string' || text === '') return signature;
    if (thought === true) return [{ type: 'reasoning-delta', text }, ...signature];
    return [{ type: 'text-delta', text }, ...signature];
  }
  function ending(finish: unknown, message: unknown): Part[] {
    if (typeof finish !== 'string' || finish === 'FINISH_REASON_UNSPECIFIED') return [];
    const reason = ENDS.get(finish);
    if (reason === undefined) {
      const mode = SLIPS.includes(finish) ? 'tool_mismatch' : 'unknown';
      return [{ type: 'error', mode, message: asText(message) || finish, inBand: true }];
    }
    const words: Part[] =
      isBlocked(reason) && asText(message) !== '' ? [{ type: 'refusal-delta', text: asText(message) }] : [];
    return [...words, { type: 'end', reason: reason === 'stop' && calls > 0 ? 'tool-calls' : reason }];
  }
  /** A whole reply and a fragment of one have the same fields. */
  function said(json: Json): Part[] {
    // Further candidates are not what the workflow reads.
    const candidate = asRecord(asList(json['candidates']).find((c) => (asRecord(c)['index'] ?? 0) === 0));
    const content = asList(asRecord(candidate['content'])['parts']).flatMap((part) =>
      ofPart(asRecord(part), asText(json['responseId'])),
    );
    const blocked = typeof asRecord(json['promptFeedback'])['blockReason'] === 'string';
    const end: Part[] = blocked
      ? [{ type: 'end', reason: 'content-filter' }]
      : ending(candidate['finishReason'], candidate['finishMessage']);
    // The counts of every fragment are those of all before it.
    const { usageMetadata: usage } = json;
    if (isRecord(usage)) counted = usage;
    // A failure is not counted: what it replaces is not an answer.
    const tells = end.some(({ type }) => type === 'end') || (ended && isRecord(usage));
    ended ||= end.length > 0;
    return [...content, ...end.slice(0, -1), ...(tells && counted ? [readUsage(counted)] : []), ...end.slice(-1)];
  }

  return createDecoder(head, nowMs, {
    errors: errorsFor(''),
    arrays: true,
    body(json) {
      const parts = said(json);
      const empty = asList(json['candidates']).length === 0;
      return empty && parts.length === 0 ? undefined : parts;
    },
    event: (json) => (isRecord(json['error']) ? [inBandError(errorsFor(''), json, 'server_error')] : said(json)),
  });
}
