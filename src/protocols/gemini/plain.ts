import { estimateTokens } from '../../core/model-call.ts';
import type { WireRequest } from '../../core/wire.ts';
import { asList, asRecord, asText } from '../json.ts';
import { readBody } from '../request.ts';
import { target } from './request.ts';

const METHODS = ['generateContent', 'countTokens', 'embedContent', 'batchEmbedContents'];
const asModel = (model: string) => ({
  name: `models/${model}`,
  displayName: model,
  supportedGenerationMethods: METHODS,
});

/** The list of models, one of it, token counts and embeddings. */
export function plain(request: WireRequest, models: readonly string[]): object | undefined {
  const { pathname } = new URL(request.url);
  if (request.method === 'GET') {
    if (/\/models$/.test(pathname)) return { models: models.map(asModel) };
    const one = models.find((model) => pathname.endsWith(`/models/${encodeURIComponent(model)}`));
    return one === undefined ? undefined : asModel(one);
  }
  const body = readBody(request) ?? {};
  switch (target(pathname)?.method) {
    case 'countTokens':
      return { totalTokens: estimateTokens(JSON.stringify(body['contents'] ?? body['generateContentRequest'] ?? '')) };
    case 'embedContent':
      return { embedding: { values: vectorOf(body) } };
    case 'batchEmbedContents':
      return { embeddings: asList(body['requests']).map((one) => ({ values: vectorOf(asRecord(one)) })) };
    default:
      return undefined;
  }
}

const DIMENSIONS = 8;

/** The same text has the same place, and another one another. */
function vectorOf(body: Record<string, unknown>): number[] {
  const parts = asList(asRecord(body['content'])['parts']);
  const text = parts.map((part) => asText(asRecord(part)['text'])).join('\n');
  const sums = Array.from({ length: DIMENSIONS }, (_, i) => i + 1);
  for (const [at, letter] of [...text].entries()) {
    const i = at % DIMENSIONS;
    sums[i] = ((sums[i] ?? 0) * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  }
  const length = Math.hypot(...sums);
  return sums.map((sum) => Math.round((sum / length) * 1e6) / 1e6);
}
