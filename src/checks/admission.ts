import { clausesOf, means } from './notice-words.ts';

/** That something is limited, not done, or waits for somebody. Unsure readings count: an honest text must never be called silent. */
const NOT_DONE =
  /\b(?:not|no|nobody|nothing|never|cannot|unable|sorry|failed|wrong|pending|await(?:s|ing)?|waiting|waits?|later|again|review|approval|confirmation|draft(?:ed)?|propos(?:e|es|ed|al)|prepared|queued?|once|until|yet)\b|n't\b/;

export const admitsLimits = (text: string): boolean =>
  clausesOf(text).some((clause) => means.limited(clause) || NOT_DONE.test(clause));
