import type { Stamp } from '../core/protocol.ts';
import type { Headers, Part } from '../core/wire.ts';
import type { Json } from '../text/json.ts';
import { asCount, asRecord, usagePart } from './json.ts';

/** What the protocols of OpenAI's API have in common. */

/** Headers worth keeping: an SDK of theirs counts its own retries. */
export const KEEPS = ['retry-after-ms', 'x-stainless-retry-count'];

export const replyHeaders = ({ id }: Stamp): Headers => [
  ['openai-version', '2020-10-01'],
  ['x-request-id', `req_${id}`],
];

/** A refusal must have words: without them the reply would look like a plain, empty answer. */
export const REFUSAL = "I'm sorry, but I can't help with that.";

/** Where its SDKs look for a base URL. */
export const URL_ENVS: readonly string[] = ['OPENAI_BASE_URL', 'OPENAI_API_BASE'];

/** The tokens of a reply, by what an API calls those that went in and those that came out; either has details beside it. */
export function readTokens(usage: Json, input: string, output: string): Part {
  const [given, made] = [asRecord(usage[`${input}_details`]), asRecord(usage[`${output}_details`])];
  return usagePart({
    input: asCount(usage[input]),
    output: asCount(usage[output]),
    cached: asCount(given['cached_tokens']),
    written: asCount(given['cache_write_tokens']),
    reasoning: asCount(made['reasoning_tokens']),
  });
}
