import type { Protocol } from '../core/protocol.ts';
import type { WireRequest } from '../core/wire.ts';
import { asRecord, fromUtf8, utf8 } from '../protocols/json.ts';
import { isRecord, type Json, parseJson } from '../text/json.ts';

/** Ways in which requests say how long a reply may be. Which of them a server heeds, its protocol knows. */
const WAYS: readonly ((body: Json, tokens: number) => Json)[] = [
  (body, tokens) => ({ ...body, max_completion_tokens: tokens }),
  (body, tokens) => ({ ...body, max_tokens: tokens }),
  (body, tokens) => ({ ...body, max_output_tokens: tokens }),
  (body, tokens) => {
    const own = 'generation_config' in body ? 'generation_config' : 'generationConfig';
    return { ...body, [own]: { ...asRecord(body[own]), maxOutputTokens: tokens } };
  },
];

/**
 * The request with a limit to its output, for one that sets none; undefined where its protocol knows no way to say it. Its
 * other fields stay, and its bytes are not those that came.
 */
export function withOutputLimit(
  request: WireRequest,
  protocol: Pick<Protocol, 'readCall'>,
  tokens: number,
): WireRequest | undefined {
  const body = parseJson(fromUtf8(request.body));
  if (!isRecord(body)) return undefined;
  for (const limited of WAYS) {
    const bytes = utf8(JSON.stringify(limited(body, tokens)));
    const headers = request.headers.map(
      ([name, value]) => [name, name.toLowerCase() === 'content-length' ? String(bytes.length) : value] as const,
    );
    const sent = { ...request, headers, body: bytes };
    const read = protocol.readCall(sent);
    if (!('refused' in read) && read.maxOutputTokens === tokens) return sent;
  }
  return undefined;
}
