import type { Stamp } from '../core/protocol.ts';
import type { Headers } from '../core/wire.ts';

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
