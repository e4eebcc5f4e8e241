import type { Meaning } from '../core/notices.ts';
import { normalise } from '../text/patterns.ts';
import type { Unit } from './notice-units.ts';

/** Patterns over free language. They judge nothing: `drill notices` offers what they find to whoever reads the text. */
export type Sounds = 'saved' | 'done' | 'idle' | 'usual' | 'limited' | 'works' | 'next' | 'handed';

const SUBJECT =
  '(?:i|we|you|your|it|they|this|that|these|the|a|an|my|our|no|nothing|none|all|everything|live|some|please|what)\\b';
const BREAK = new RegExp(
  `[.!;:](?=\\s|$)|\\n|\\s[-\u2013\u2014]\\s|,?\\s(?:but|however|while|whereas|although|though|yet)\\s|(?:,|,?\\s(?:and|or|so))\\s(?=${SUBJECT})`,
);

/** A text cut into pieces that say one thing each, in lower case and plain quotes. */
const clausesOf = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => normalise(line).toLowerCase().split(BREAK))
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '');

const NEGATED = /\b(?:not|no|never|nothing|none|neither|nor|nobody|cannot|without|unable)\b|n't\b/;
const MODAL = /(?:\b(?:can|could|will|would|may|might|shall|should|must)|'ll|'d)(?:\s+\w+){0,3}\s*$|\bto\s+(?:be\s+)?$/;
const CONDITIONAL = /\b(?:if|once|when|until|unless|after|before)\b/;
/** Neither what the user did nor what merely has a quality is a claim of ours: "the trip you have booked", "your saved documents". */
const THEIRS = /\b(?:you(?:'ve|\s+have|\s+had)?|your|the|our|my|any|all|previously)\s*$/;
const ADVERBS = '(?:(?:just|already|now|also|been|automatically|successfully|safely)\\s+)*';
const DONE = new RegExp(
  `(?:\\b(?:was|were|is|are|been|has|have|had|i|we|they)|'s|'ve)\\s+${ADVERBS}(?:sent|issued|refunded|cancell?ed|booked|updated|submitted|charged|paid|scheduled|deleted|placed)\\b`,
);
const IDLE =
  /\b(?:no actions?|nothing) (?:was|were|has been|have been) (?:taken|done|carried out|executed)\b(?! (?:after|since|beyond|besides|else|further|yet))/;
const SAVED =
  /\b(?:saved|kept|stored|preserved|retained|drafted)\b(?! (?:it |this |them )?(?:short|brief|simple|private|confidential|up to date))/;
const LIMITED =
  /\b(?:limited|unavailable|paused|disabled|reduced|degraded|slower|restricted|offline|interrupted|suspended|incomplete|shorter|simpler|simplified|delayed|postponed|switched off|turned off|on hold|out of service|backup|fallback)\b/;
const UNABLE =
  /\b(?:cannot|can't|can not|could not|couldn't|unable to|not able to|not available|isn't available|aren't available|not working|do not work|don't work|does not work|doesn't work)\b/;
const UNIVERSAL =
  /\b(?:everything|all (?:\w+ )?(?:features|functions|actions|services|systems|tools))\b.*\b(?:as usual|as normal|normal|normally|available|operational|works?|working|fine)\b|\bfully (?:operational|functional|available)\b|\bat full (?:capacity|strength)\b/;
const UNLIMITED =
  /\b(?:nothing|no \w+) (?:is|are|was|were|has been) (?:limited|affected|unavailable|degraded|changed)\b|\bnothing has changed\b|\bno (?:limitations?|restrictions?|limits)\b/;
const HELPS =
  /\b(?:i|we|you|it)(?:'m| am| are)? (?:can|could|able to)\b|\b(?:can )?still (?:works?|working|help|answer|get|available|able|here)\b|\b(?:is|are|remains?|stays?) (?:fully )?(?:available|working|unaffected)\b|\bworks?\b|\bcontinues?\b|\bhere(?:'s| is| are)\b|\b(?:this|the|your|my) (?:answer|reply|response|summary)\b|\b(?:i|we)(?:'ve| have)? answered\b|\bas usual\b/;
const RETRY = /\b(?:try|retry|again|wait|contact|come back)\b/;
const NEXT =
  /\b(?:try|retry|again|later|minutes?|hours?|tomorrow|soon|shortly|wait|contact|review(?:ed)?|confirm|please|follow up|reach out|next step|no action|nothing (?:to do|more to do|is needed|needed)|you (?:can|may|could)|you (?:do not|don't) (?:need|have) to|(?:we|i)(?:'ll| will))\b/;

/** Whether the clause says as a fact what a pattern finds: not denied, not only possible, not asked. */
function asserts(clause: string, pattern: RegExp): boolean {
  const found = pattern.exec(clause);
  if (found === null || clause.endsWith('?')) return false;
  const before = clause.slice(0, found.index);
  return ![NEGATED, MODAL, CONDITIONAL, THEIRS].some((p) => p.test(before));
}

const HANDED =
  /\b(?:sent|handed|passed|forwarded|submitted|escalated|assigned) (?:on |over )?to (?:a|an|our|the|your)\b|\b(?:takes?|took) (?:it |this )?over\b/;

/** What each of them sounds like. */
const means: Record<Sounds, (clause: string) => boolean> = {
  saved: (c) => asserts(c, SAVED),
  done: (c) => asserts(c, DONE),
  idle: (c) => asserts(c, IDLE),
  usual: (c) => UNLIMITED.test(c) || (UNIVERSAL.test(c) && !NEGATED.test(c) && !/\b(?:else|other|except)\b/.test(c)),
  limited: (c) => UNABLE.test(c) || (LIMITED.test(c) && !NEGATED.test(c.slice(0, LIMITED.exec(c)?.index))),
  works: (c) => HELPS.test(c) && !NEGATED.test(c) && !RETRY.test(c),
  next: (c) => NEXT.test(c),
  handed: (c) => asserts(c, HANDED),
};

const NOTHING_SAVED = /\b(?:nothing|not|never|no)\b/;
const NOTHING_TO_DO = /\b(?:nothing|no action|none|do not|don't|not)\b/;

/** What a text may mean, by its words and by the part of the notice that it is. */
export function guessOf(text: string, part: Unit['part'] | 'answer' = 'whole'): Meaning {
  const clauses = clausesOf(text);
  const sounds = (...some: Sounds[]) => some.some((one) => clauses.some(means[one]));
  const plain = normalise(text).toLowerCase();
  const works = sounds('usual') ? 'all' : sounds('works') || part === 'works' ? true : undefined;
  const saved = sounds('saved') ? true : part === 'saved' ? !NOTHING_SAVED.test(plain) : undefined;
  const done = sounds('idle')
    ? false
    : /\{tool\}/.test(text) && part !== 'limited'
      ? '{tool}'
      : sounds('done') || undefined;
  return {
    ...(works !== undefined && { works }),
    ...((sounds('limited') || part === 'limited') && { limited: true }),
    ...(part === 'action' && { act: !NOTHING_TO_DO.test(plain) }),
    ...(saved !== undefined && { saved }),
    ...(done !== undefined && { done }),
    ...(sounds('handed') && { told_to: 'person' }),
    ...((sounds('next') || part === 'next') && part !== 'action' && { next: true }),
  };
}
