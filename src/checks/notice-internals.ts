import type { DrillFacts } from '../core/evidence.ts';
import { holdsPhrase, normalise } from './match-expectation.ts';
import { unique } from './words.ts';

/** Words of the machine room; none of them helps a user. */
const JARGON =
  /\b(?:llms?|apis?|http(?!s?:)|json|timeouts?|time-outs?|rate[- ]limit(?:s|ed|ing)?|endpoints?|stack trace|circuit breaker|tool (?:support|calls?|calling|schemas?)|tokens?|schema|(?:fallback|backup|primary|lower-tier|secondary|language|ai) (?:models?|providers?)|models?[- ](?:provider|endpoint|failover))\b/g;
/** 429 and 529 mean one thing only; other codes are internals where something calls them so. */
const STATUS =
  /\b(?:http|error|status|code|returned(?: an?)?)[: ]+(?:code )?[45]\d\d\b|(?<![$\u20ac\u00a3#.,\d-])\b[45]29\b(?![.,]\d|\s?[%$\u20ac\u00a3])/g;
/** A role's name may be an everyday word ("a backup of your draft"), and a user's own role even more so ("chat"). */
const EVERYDAY =
  '(?!\\s+(?:of|mode|cop(?:y|ies)|system|service|assistant|plan|process|line|email|address|contact|phone)\\b)';

/** What a notice tells of the machinery: names of providers, models and roles, status codes, jargon. */
export function internalsIn(text: string, roles: DrillFacts['roles']): string[] {
  const plain = normalise(text).toLowerCase();
  const names = Object.values(roles).flatMap((r) => [r.provider, r.model]);
  const spoken = Object.keys(roles).filter((role) => {
    const telling = /[\d-]|^(?:primary|secondary|backup|fallback)$/.test(role);
    return new RegExp(`\\b${role}\\b${telling ? EVERYDAY : '\\s+(?:model|provider|endpoint)'}`).test(plain);
  });
  return unique([
    ...names.filter((name) => holdsPhrase(text, name)),
    ...spoken,
    ...(plain.match(JARGON) ?? []),
    ...(plain.match(STATUS) ?? []),
  ]);
}
