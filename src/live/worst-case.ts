import type { CallBody } from '../core/model-call.ts';
import { header, type WireRequest } from '../core/wire.ts';
import { inCamelCase } from '../protocols/gemini/body.ts';
import { asList, asRecord, fromUtf8 } from '../protocols/json.ts';
import { isRecord, type Json, parseJson } from '../text/json.ts';
import { type Refusal, refusal } from './refusal.ts';

/** The most tokens that a call may be billed for. */
export interface WorstCase {
  input: number;
  output: number;
  /** The provider is asked to keep input for later calls, which some bill at a price of its own. */
  keeps: boolean;
}

export interface Bounds {
  /** The output limit that a request without one is given. */
  maxOutputTokens?: number | undefined;
  /** Tokens that the context window takes; undefined where nobody knows. */
  contextTokens?: number | undefined;
}

/** What providers add unseen: marks of roles, and instructions for the use of tools. */
const UNSEEN_TOKENS = 1_000;

/**
 * The most that one picture counts for, by protocol, rounded up from the dearest way of counting of its provider's models:
 * tiles of gpt-4o-mini; the largest pictures that Claude takes; tiles of a large picture at Gemini.
 */
const PICTURE_TOKENS: Readonly<Record<string, number>> = {
  'openai-chat': 50_000,
  'openai-responses': 50_000,
  'anthropic-messages': 5_000,
  gemini: 10_000,
};

/**
 * What a request can cost at most, in tokens: a token is at least a byte of the body. What the body only names (files, URLs,
 * earlier replies) may fill the whole context. What is billed in other ways than by tokens of text is refused.
 */
export function worstCase(request: WireRequest, call: CallBody, bounds: Bounds): WorstCase | Refusal {
  const coding = header(request.headers, 'content-encoding') ?? 'identity';
  const sent = coding === 'identity' ? parseJson(fromUtf8(request.body)) : undefined;
  // Google takes its fields in two spellings.
  const body = call.protocol === 'gemini' ? inCamelCase(sent) : sent;
  if (!isRecord(body))
    return refusal('unreadable_request', 'its body is no plain JSON', 'Send JSON without a content-encoding.');
  const found = lookedThrough(body);
  const priced = pricedBesideText(body) ?? (found.sound ? 'sound or film' : undefined);
  if (priced !== undefined)
    return refusal(
      'priced_otherwise',
      `${priced} is not billed as tokens of text are, so no limit of tokens bounds it`,
      'Leave it out of live drills.',
    );
  const output = call.maxOutputTokens ?? bounds.maxOutputTokens;
  if (output === undefined)
    return refusal(
      'no_output_limit',
      'the request sets no limit to its output',
      'Have the target send one, or give the drill one.',
    );
  const input = inputOf(request.body.length, found, call.protocol, bounds.contextTokens);
  if (input === undefined)
    return refusal(
      'context_unknown',
      'the request names what it does not hold, and how much the model can take in is not known',
      'Give `context_tokens` on its role.',
    );
  const times = choicesIn(body);
  return { input: input * times, output: output * times, keeps: found.keeps };
}

function inputOf(bytes: number, found: Found, protocol: string, context: number | undefined): number | undefined {
  const each = PICTURE_TOKENS[protocol];
  if (found.elsewhere || (found.pictures > 0 && each === undefined)) return context;
  return bytes - found.pictureBytes + found.pictures * (each ?? 0) + UNSEEN_TOKENS;
}

/** How many replies are asked for. A number that no provider takes is not taken for less than one. */
function choicesIn(body: Json): number {
  const asked = [body['n'], asRecord(body['generationConfig'])['candidateCount'], body['best_of']];
  // Some servers take a number that is written as a text.
  return Math.max(1, ...asked.map((n) => Math.ceil(Number(n)) || 1));
}

/** Tools that the caller runs itself: they cost the tokens of their description and nothing else. */
const OWN_TOOL = /^(?:function|custom|(?:bash|computer|memory|text_editor)_\d{8})$/;
/** Beside tools: fields of a body by which a provider looks things up, runs code, or bills by another price list. */
const PRICED_FIELDS = [
  'web_search_options',
  'mcp_servers',
  'container',
  'plugins',
  'models',
  'search_parameters',
  'audio',
  'prediction',
];
/** Words for a provider's usual service. */
const USUAL_TIERS: readonly unknown[] = ['auto', 'default', 'flex', 'standard', 'standard_only', 'batch'];

/** What of a request no count of tokens bounds, in its own words. */
function pricedBesideText(body: Json): string | undefined {
  const field = PRICED_FIELDS.find((name) => !isEmpty(body[name]));
  if (field !== undefined) return field;
  for (const name of ['service_tier', 'serviceTier', 'speed'] as const)
    if (!isEmpty(body[name]) && !USUAL_TIERS.includes(body[name])) return `${name} ${String(body[name])}`;
  if (!isEmpty(body['inference_geo']) && body['inference_geo'] !== 'global') return 'inference_geo';
  const wanted = [...asList(body['modalities']), ...asList(asRecord(body['generationConfig'])['responseModalities'])];
  const unusual = wanted.find((one) => String(one).toLowerCase() !== 'text');
  if (unusual !== undefined) return `output as ${String(unusual)}`;
  return asList(body['tools'])
    .map(pricedTool)
    .find((name) => name !== undefined);
}

function pricedTool(tool: unknown): string | undefined {
  const { type, ...fields } = asRecord(tool);
  if (type !== undefined) return OWN_TOOL.test(String(type)) ? undefined : `the tool ${String(type)}`;
  // Gemini's tools have no type: their key says what they are.
  const known = ['functionDeclarations', 'function_declarations', 'name', 'description', 'input_schema'];
  const [served] = 'input_schema' in fields ? [] : Object.keys(fields).filter((key) => !known.includes(key));
  return served === undefined ? undefined : `the tool ${served}`;
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);

interface Found {
  /** It names something that it does not hold, or holds what is not text and no picture. */
  elsewhere: boolean;
  pictures: number;
  /** Of their base64, which is not read as text. */
  pictureBytes: number;
  /** It holds or names what can be heard, which some models bill at another price. */
  sound: boolean;
  /** It asks that input be kept for later. */
  keeps: boolean;
}

function lookedThrough(body: Json): Found {
  const found: Found = { elsewhere: false, pictures: 0, pictureBytes: 0, sound: false, keeps: false };
  look(body, found);
  return found;
}

/** Fields that name what a provider has, or is to fetch. */
const NAMES_ELSEWHERE = new Set([
  ...['previous_response_id', 'conversation', 'prompt', 'cachedContent', 'cached_content'],
  ...['file_id', 'file_ids', 'file_url', 'file_uri', 'fileUri', 'fileData', 'file_data', 'vector_store_ids'],
]);
/** What a target makes up itself: names in it mean nothing to a provider. */
const OWN_VALUES = new Set([
  ...['parameters', 'parametersJsonSchema', 'input_schema', 'schema', 'responseSchema', 'responseJsonSchema'],
  ...['args', 'arguments', 'response', 'metadata', 'labels'],
]);
const ELSEWHERE_TYPES: ReadonlySet<unknown> = new Set([
  'item_reference',
  'document',
  'input_file',
  'file',
  'container_upload',
]);

function look(value: unknown, found: Found): void {
  if (Array.isArray(value)) for (const one of value) look(one, found);
  if (!isRecord(value)) return;
  if (ELSEWHERE_TYPES.has(value['type'])) found.elsewhere = true;
  if (isHeard(value)) found.sound = true;
  if (!isEmpty(value['cache_control'])) found.keeps = true;
  const picture = pictureIn(value);
  if (picture === 'elsewhere') found.elsewhere = true;
  else if (picture !== undefined) {
    found.pictures += 1;
    found.pictureBytes += picture;
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (NAMES_ELSEWHERE.has(key) && !isEmpty(inner)) found.elsewhere = true;
    if (!OWN_VALUES.has(key) && !(key === 'input' && value['type'] === 'tool_use')) look(inner, found);
  }
}

/** Gemini tells the kind of a file beside its address; what has none may be of any kind. */
function isHeard(block: Json): boolean {
  if (block['type'] === 'input_audio' || block['type'] === 'audio') return true;
  const file = ['inlineData', 'inline_data', 'fileData', 'file_data'].map((key) => block[key]).find(isRecord);
  return file !== undefined && !/^(?:image|text|application)\//.test(String(file['mimeType'] ?? file['mime_type']));
}

/** How many bytes of base64 a picture has, where this is one; `elsewhere` where its URL has to be fetched, or it is none. */
function pictureIn(block: Json): number | 'elsewhere' | undefined {
  const { type } = block;
  if (type === 'image_url' || type === 'input_image') {
    const link = block['image_url'];
    return bytesIn(isRecord(link) ? link['url'] : link);
  }
  if (type === 'image') {
    const source = asRecord(block['source']);
    return source['type'] === 'base64' ? lengthOf(source['data']) : 'elsewhere';
  }
  const inline = block['inlineData'] ?? block['inline_data'];
  if (inline === undefined) return undefined;
  const { mimeType, mime_type = mimeType, data } = asRecord(inline);
  return /^image\//.test(String(mime_type)) ? lengthOf(data) : 'elsewhere';
}

const bytesIn = (url: unknown) =>
  typeof url === 'string' && url.startsWith('data:image/') ? lengthOf(url) : 'elsewhere';
/** Base64 is as many bytes as characters. */
const lengthOf = (data: unknown): number | 'elsewhere' =>
  typeof data === 'string' && /^[\x20-\x7e]*$/.test(data) ? data.length : 'elsewhere';
