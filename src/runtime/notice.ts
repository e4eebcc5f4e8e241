import type { Meaning, Reading } from '../core/notices.ts';
import type { Notice } from '../core/outcome.ts';
import { OutcomeKind } from '../core/outcome-kind.ts';
import { canonicalJson } from '../text/canonical.ts';

type Answers = Exclude<Notice, string>;
/** A text with its meaning: what users are told, and what it is held against. */
interface Said {
  text: string;
  means: Meaning;
}
type Told = Record<keyof Answers, Said>;

/** What was really kept: a notice claims no more than this holds. */
export type SavedState = Readonly<Record<string, unknown>>;

const says = (text: string, means: Meaning): Said => ({ text, means });
const limits = (text: string): Said => says(text, { limited: true });
const both = (one: Said, other: Said): Said => says(`${one.text} ${other.text}`, { ...one.means, ...other.means });

const holds = (state: SavedState | undefined): boolean => state !== undefined && Object.keys(state).length > 0;
const saved = (state: SavedState | undefined): Said =>
  holds(state)
    ? says('Your place in this request is saved.', { saved: true })
    : says('Nothing was saved, so please keep your question.', { saved: false, act: true });

const toldDegraded = (state: SavedState | undefined, safeToSend: boolean | undefined): Told => ({
  works: says('I can still answer, and this answer keeps to the sources it was given.', { works: true }),
  limited: limits('I am temporarily in a limited mode, so this answer may be less thorough than usual.'),
  action:
    safeToSend === false
      ? says('Please have a person review this answer before it is sent.', { act: true })
      : says('You do not need to do anything; check the sources if much depends on it.', { act: false }),
  saved: saved(state),
  next: says('You can ask again in a few minutes for an answer in full mode.', { next: true }),
});

/** What the user is told when a reserve model answered. It names no provider, model or status. */
export function degradedNotice(state: SavedState | undefined, safeToSend: boolean | undefined): Answers {
  return textsOf(toldDegraded(state, safeToSend));
}

const RETRY_LATER = says('You can try again in a few minutes or contact support.', { next: true });

/** What the notice has to be true of. */
export interface Happened {
  state: SavedState | undefined;
  /** A tool changed something. */
  done?: boolean;
  /** A tool may have changed something. */
  unsure?: boolean;
}

const STOPPED = 'You can still send questions, and this one was stopped cleanly';
function stoppedCleanly({ done, unsure }: Happened): Said {
  if (done) return says(`${STOPPED}: what was done before that stands.`, { works: true, done: true });
  if (unsure) return says(`${STOPPED}.`, { works: true });
  return says(`${STOPPED}: no action was taken.`, { works: true, done: false });
}

interface Ending {
  /** Without it, that the request was stopped, and what was done before. */
  works?: Said;
  limited: Said;
  action: Said;
  /** Promised only where something was kept to go on from. */
  resume?: Said;
  next?: Said;
}

const RESUME = says('It can be taken up from where it stopped.', { next: true });
const NOTHING_TO_DO = says('You do not need to do anything.', { act: false });

/** Of a whole answer there is nothing to tell, and nobody to tell it who left. */
type Less = Exclude<OutcomeKind, 'answered' | 'abandoned'>;

const ENDINGS: Record<Less, Ending> = {
  declined: {
    works: says('I can still help with other questions.', { works: true }),
    limited: limits('I cannot answer this one, because it was stopped by the safety policy.'),
    action: says('You can rephrase it if it was misunderstood.', { act: true }),
    next: says('You can also ask for a person to look at it.', { next: true }),
  },
  queued: {
    limited: limits('Answers are temporarily unavailable.'),
    action: says('Nothing is needed from you right now.', { act: false }),
    resume: RESUME,
  },
  needs_review: {
    limited: limits('No answer was good enough to give, so I cannot answer this one.'),
    action: says('Please have a person review it.', { act: true }),
    resume: says('A reviewer can take it up from where it stopped.', { next: true }),
  },
  failed: {
    limited: limits('This question could not be answered.'),
    action: says('Please ask it again.', { act: true }),
  },
  needs_confirmation: {
    works: says('I can still help, and everything up to this step is prepared.', { works: true }),
    limited: limits('This step is on hold: it needs a yes from a person, and nobody has answered yet.'),
    action: says('Please confirm or decline it.', { act: true }),
    resume: RESUME,
    next: says('Ask again once it is decided.', { next: true }),
  },
  action_disabled: {
    works: says('I can still help, and I have drafted the next step for review.', { works: true }),
    limited: limits('Live actions are temporarily limited, so the step was not carried out.'),
    action: says('Please have a person review the proposed step.', { act: true }),
  },
  partial: {
    works: says('I can still help with what is known so far.', { works: true }),
    limited: limits('This request is incomplete: not every step could be carried out.'),
    action: says('Please check what is still open.', { act: true }),
  },
  rules_based: {
    works: says('I can still tell you what the records say.', { works: true }),
    limited: limits('I am temporarily in a limited mode and cannot write a full answer.'),
    action: NOTHING_TO_DO,
  },
  extracted: {
    works: says('I can still read the message, and the facts taken from it are here.', { works: true }),
    limited: says('Live actions are temporarily limited, so nothing was carried out.', { limited: true, done: false }),
    action: says('Please have a person decide on the next step.', { act: true }),
  },
};

const UNSURE = limits('One step may or may not have gone through; it is not tried again.');

function toldOf(kind: Less, happened: Happened): Told {
  const { works = stoppedCleanly(happened), limited, action, resume, next = RETRY_LATER } = ENDINGS[kind];
  return {
    works,
    limited: happened.unsure ? both(limited, UNSURE) : limited,
    action,
    saved: saved(happened.state),
    next: resume !== undefined && holds(happened.state) ? both(resume, next) : next,
  };
}

/** What the user is told where the outcome is less than a whole answer. */
export function noticeOf(kind: Less, happened: Happened): Answers {
  return textsOf(toldOf(kind, happened));
}

const textsOf = ({ works, limited, action, saved, next }: Told): Answers => ({
  ...{ works: works.text, limited: limited.text, action: action.text, saved: saved.text, next: next.text },
});

/** Every text that a notice may hold, with what it means. */
export const notices: Reading[] = (() => {
  const states = [undefined, { kept: true }];
  const cases = states.flatMap((state) => [{ state }, { state, done: true }, { state, unsure: true }]);
  const told = [
    ...states.flatMap((state) => [toldDegraded(state, true), toldDegraded(state, false)]),
    ...OutcomeKind.exclude(['answered', 'abandoned']).options.flatMap((kind) =>
      cases.map((happened) => toldOf(kind, happened)),
    ),
  ];
  const all = told.flatMap((one): Reading[] => Object.values(one));
  return [...new Map(all.map((one) => [canonicalJson(one), one])).values()];
})();
