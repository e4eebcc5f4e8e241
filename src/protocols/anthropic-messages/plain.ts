import { estimateTokens, promptTokens } from '../../core/model-call.ts';
import type { WireRequest } from '../../core/wire.ts';
import { utf8 } from '../json.ts';
import { readBody } from '../request.ts';
import { readCall } from './request.ts';

/** When every model was made. */
const CREATED = '2025-08-07T00:00:00Z';

const asModel = (id: string) => ({ type: 'model', id, display_name: id, created_at: CREATED });

/** The list of models, one of it, and counts of tokens: a request has as many as its call is billed for. */
export function plain(request: WireRequest, models: readonly string[]): object | undefined {
  const { pathname } = new URL(request.url);
  if (request.method === 'GET') {
    const page = { has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
    if (pathname.endsWith('/v1/models')) return { data: models.map(asModel), ...page };
    const one = models.find((model) => pathname.endsWith(`/v1/models/${encodeURIComponent(model)}`));
    return one === undefined ? undefined : asModel(one);
  }
  if (!pathname.endsWith('/v1/messages/count_tokens')) return undefined;
  const body = readBody(request) ?? {};
  // No limit stands in what is only counted, and no call is without one.
  const call = readCall({ ...request, body: utf8(JSON.stringify({ ...body, max_tokens: 1 })) });
  return { input_tokens: 'refused' in call ? estimateTokens(JSON.stringify(body)) : promptTokens(call) };
}
