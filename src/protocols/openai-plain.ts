import { estimateTokens } from '../core/model-call.ts';
import type { WireRequest } from '../core/wire.ts';
import { asList, asText } from './json.ts';
import { readBody } from './request.ts';

/** The endpoints of OpenAI's API that are no models' own, scripted: the same request always gets the same reply. */
export function plain(request: WireRequest, models: readonly string[]): object | undefined {
  const { pathname } = new URL(request.url);
  if (request.method === 'GET') return modelsAt(pathname, models);
  if (request.method !== 'POST') return undefined;
  const body = readBody(request) ?? {};
  if (pathname.endsWith('/embeddings')) return embeddings(body);
  if (pathname.endsWith('/moderations')) return moderations(body);
  // Where agents of OpenAI's own kit send what they did.
  return pathname.endsWith('/traces/ingest') ? {} : undefined;
}

/** Seconds since the Unix epoch: when every model was made. */
const CREATED = 1_754_524_800;

function modelsAt(pathname: string, models: readonly string[]): object | undefined {
  const all = models.map((id) => ({ id, object: 'model', created: CREATED, owned_by: 'system' }));
  if (pathname.endsWith('/models')) return { object: 'list', data: all };
  const [, id] = /\/models\/([^/]+)$/.exec(pathname) ?? [];
  return id === undefined ? undefined : all.find((model) => model.id === decodeURIComponent(id));
}

type Body = NonNullable<ReturnType<typeof readBody>>;

const DIMENSIONS: Record<string, number> = { 'text-embedding-3-large': 3072 };
const USUAL_DIMENSIONS = 1536;

function embeddings(body: Body): object {
  const model = asText(body['model']);
  const wanted = body['dimensions'];
  const dimensions = typeof wanted === 'number' && wanted > 0 ? wanted : (DIMENSIONS[model] ?? USUAL_DIMENSIONS);
  const inputs = inputsIn(body['input']);
  const vectors = inputs.map((text) => embed(text, Math.floor(dimensions)));
  const tokens = inputs.reduce((sum, text) => sum + estimateTokens(text), 0);
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: body['encoding_format'] === 'base64' ? asBase64(vector) : [...vector],
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** One text or several; each of them may also be a list of tokens. */
function inputsIn(input: unknown): string[] {
  if (typeof input === 'string') return [input];
  const list = asList(input);
  if (list.length === 0 || typeof list[0] === 'number') return [list.join(' ')];
  return list.map((one) => (Array.isArray(one) ? one.join(' ') : asText(one)));
}

/** A direction of length 1 in which every word has its share: texts with the same words lie near one another. */
function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const hash = hashOf(word);
    const at = hash % dimensions;
    vector[at] = (vector[at] ?? 0) + ((hash >>> 16) % 2 === 0 ? 1 : -1);
  }
  const length = Math.hypot(...vector);
  // Words that cancel each other out leave nothing to scale.
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}

/** FNV-1a over UTF-16 units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** 32-bit floats, the lowest byte first. */
function asBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes.toString('base64');
}

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
];
const SCORE = 0.0001;

/** Nothing is ever flagged. A list of texts is judged one by one, a list of pieces as one. */
function moderations(body: Body): object {
  const input = asList(body['input']);
  const each = <T>(value: T) => Object.fromEntries(CATEGORIES.map((name) => [name, value]));
  const result = {
    flagged: false,
    categories: each(false),
    category_scores: each(SCORE),
    category_applied_input_types: each(['text']),
  };
  return {
    id: 'modr-0000000000000000',
    model: asText(body['model']) || 'omni-moderation-latest',
    results: input.length > 0 && input.every((one) => typeof one === 'string') ? input.map(() => result) : [result],
  };
}
