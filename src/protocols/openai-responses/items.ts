import { z } from 'zod';
import type { Image, Message } from '../../core/model-call.ts';
import { isRecord } from '../../text/json.ts';
import { fromUrl } from '../picture.ts';

/** What a conversation is made of in this API: not turns but items. */

const InputText = z.looseObject({ type: z.literal('input_text'), text: z.string() });
const InputImage = z.looseObject({
  type: z.literal('input_image'),
  image_url: z.string().nullish(),
  file_id: z.string().nullish(),
});
const InputFile = z.looseObject({
  type: z.literal('input_file'),
  filename: z.string().nullish(),
  file_data: z.string().nullish(),
  file_url: z.string().nullish(),
  file_id: z.string().nullish(),
});
const InputPiece = z.discriminatedUnion('type', [InputText, InputImage, InputFile]);
const OutputPiece = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('output_text'), text: z.string() }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

/** A string is one piece of text. */
const pieces = <P extends z.ZodType>(piece: P, alone: string) =>
  z.preprocess((content) => (typeof content === 'string' ? [{ type: alone, text: content }] : content), z.array(piece));

const id = z.string().nullish();

const Said = z.discriminatedUnion('role', [
  z.looseObject({
    type: z.literal('message'),
    id,
    role: z.enum(['user', 'system', 'developer']),
    content: pieces(InputPiece, 'input_text'),
  }),
  z.looseObject({
    type: z.literal('message'),
    id,
    role: z.literal('assistant'),
    content: pieces(OutputPiece, 'output_text'),
  }),
]);
const FunctionCall = z.looseObject({
  type: z.literal('function_call'),
  id,
  call_id: z.string(),
  name: z.string().regex(/^[\w-]{1,128}$/),
  arguments: z.string(),
});
const FunctionCallOutput = z.looseObject({
  type: z.literal('function_call_output'),
  id,
  call_id: z.string(),
  output: pieces(InputPiece, 'input_text'),
});
const Reasoning = z.looseObject({
  type: z.literal('reasoning'),
  id,
  summary: z.array(z.looseObject({ type: z.literal('summary_text'), text: z.string() })),
  encrypted_content: z.string().nullish(),
});
const Reference = z.looseObject({ type: z.literal('item_reference'), id: z.string() });

/** Items of the provider's own tools; they are accepted and not looked into. */
const Other = z.looseObject({
  id,
  type: z.enum([
    'additional_tools',
    'apply_patch_call',
    'apply_patch_call_output',
    'code_interpreter_call',
    'compaction',
    'compaction_summary',
    'compaction_trigger',
    'computer_call',
    'computer_call_output',
    'configuration_update',
    'custom_tool_call',
    'custom_tool_call_output',
    'file_search_call',
    'image_generation_call',
    'local_shell_call',
    'local_shell_call_output',
    'mcp_approval_request',
    'mcp_approval_response',
    'mcp_call',
    'mcp_list_tools',
    'program',
    'program_output',
    'shell_call',
    'shell_call_output',
    'tool_search_call',
    'tool_search_output',
    'web_search_call',
  ]),
});

/** Messages need not say that they are, and references neither. */
function withType(item: unknown): unknown {
  if (!isRecord(item) || item['type'] != null) return item;
  if ('role' in item) return { ...item, type: 'message' };
  return 'id' in item && Object.keys(item).length === ('type' in item ? 2 : 1)
    ? { ...item, type: 'item_reference' }
    : item;
}

export const Items = z.preprocess(
  (input) => (typeof input === 'string' ? [{ role: 'user', content: input }] : input),
  z.array(
    z.preprocess(
      withType,
      z.discriminatedUnion('type', [Said, FunctionCall, FunctionCallOutput, Reasoning, Reference, Other]),
    ),
  ),
);
export type Item = z.output<typeof Items>[number];

/** How the ids of an item begin, where the API insists on it. */
export const ID_BEGINS: Partial<Record<Item['type'], string>> = {
  message: 'msg',
  function_call: 'fc',
  function_call_output: 'fc',
  reasoning: 'rs',
};

type Piece = z.output<typeof InputPiece> | z.output<typeof OutputPiece>;

function wordsOf(piece: Piece): string {
  if (piece.type === 'input_text' || piece.type === 'output_text') return piece.text;
  if (piece.type === 'refusal') return piece.refusal;
  if (piece.type !== 'input_file') return '';
  const { media_type, data } = fromUrl(piece.file_data ?? '');
  const text = media_type.startsWith('text/') ? [Buffer.from(data, 'base64').toString()] : [];
  const said = [...(piece.filename == null ? [] : [piece.filename]), ...text];
  return said.length === 0 ? '' : `\n\n${said.join('\n')}\n\n`;
}

const textOf = (content: readonly Piece[]): string => content.map(wordsOf).join('');

/** Pictures and files, by their bytes or by where the provider finds them. */
function imagesOf(content: readonly Piece[]): Image[] {
  return content.flatMap((piece) => {
    if (piece.type === 'input_image') return atUrl(piece.image_url) ?? uploaded(piece.file_id) ?? [];
    if (piece.type !== 'input_file') return [];
    const inline = atUrl(piece.file_data);
    if (inline?.media_type.startsWith('text/')) return [];
    return inline ?? atUrl(piece.file_url) ?? uploaded(piece.file_id) ?? [];
  });
}

const atUrl = (url: string | null | undefined): Image | undefined => (url == null ? undefined : fromUrl(url));
const uploaded = (file: string | null | undefined): Image | undefined =>
  file == null ? undefined : { media_type: '', data: file };

/** What an item says by itself; undefined where nothing of it belongs to the conversation. */
export function messageOf(item: Item): Message | undefined {
  if (item.type === 'function_call') return calling(item.call_id, item.name, item.arguments);
  if (item.type === 'function_call_output')
    return { role: 'tool', content: textOf(item.output), toolCallId: item.call_id };
  if (item.type !== 'message' || !('role' in item)) return undefined;
  const { role } = item;
  const content = textOf(item.content);
  if (role === 'assistant') return { role, content };
  const images = imagesOf(item.content);
  return { role: role === 'developer' ? 'system' : role, content, ...(images.length > 0 && { images }) };
}

export const calling = (id: string, name: string, args: string): Message => ({
  role: 'assistant',
  content: '',
  toolCalls: [{ id, name, arguments: args }],
});

/** Puts items together to turns: the calls that follow an assistant's words, or one another, are of one turn. */
export function asTurns(said: readonly Message[]): Message[] {
  const turns: Message[] = [];
  for (const message of said) {
    const last = turns.at(-1);
    const goesOn = message.toolCalls !== undefined && message.content === '' && last?.role === 'assistant';
    if (!goesOn) turns.push(message);
    else turns.splice(-1, 1, { ...last, toolCalls: [...(last.toolCalls ?? []), ...(message.toolCalls ?? [])] });
  }
  return turns;
}
