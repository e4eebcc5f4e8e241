/** What the protocols of OpenAI's API have in common. */

/** Headers worth keeping: an SDK of theirs counts its own retries. */
export const KEEPS = ['retry-after-ms', 'x-stainless-retry-count'];
