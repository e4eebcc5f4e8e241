import type { Notice, OutcomeKind } from '../core/outcome.ts';

type Answers = Exclude<Notice, string>;

/** What was really kept: a notice claims no more than this holds. */
export type SavedState = Readonly<Record<string, unknown>>;

const holds = (state: SavedState | undefined): boolean => state !== undefined && Object.keys(state).length > 0;
const saved = (state: SavedState | undefined): string =>
  holds(state) ? 'Your place in this request is saved.' : 'Nothing was saved, so please keep your question.';

/** What the user is told when a reserve model answered. It names no provider, model or status. */
export function degradedNotice(state: SavedState | undefined, safeToSend: boolean | undefined): Answers {
  return {
    works: 'I can still answer, and this answer keeps to the sources it was given.',
    limited: 'I am temporarily in a limited mode, so this answer may be less thorough than usual.',
    action:
      safeToSend === false
        ? 'Please have a person review this answer before it is sent.'
        : 'You do not need to do anything; check the sources if much depends on it.',
    saved: saved(state),
    next: 'You can ask again in a few minutes for an answer in full mode.',
  };
}

const RETRY_LATER = 'You can try again in a few minutes or contact support.';
const STOPPED_CLEANLY = 'You can still send questions, and this one was stopped cleanly: no action was taken.';

/** What the notice has to be true of. */
export interface Happened {
  state: SavedState | undefined;
  /** A tool changed something. */
  done?: boolean;
  /** A tool may have changed something. */
  unsure?: boolean;
}

/** `resume` is promised only where something was kept to go on from. */
const TOLD: Record<
  Exclude<OutcomeKind, 'answered'>,
  Omit<Answers, 'saved' | 'next'> & { resume?: string; next?: string }
> = {
  declined: {
    works: 'I can still help with other questions.',
    limited: 'I cannot answer this one, because it was stopped by the safety policy.',
    action: 'You can rephrase it if it was misunderstood.',
    next: 'You can also ask for a person to look at it.',
  },
  queued: {
    works: STOPPED_CLEANLY,
    limited: 'Answers are temporarily unavailable.',
    action: 'Nothing is needed from you right now.',
    resume: 'It can be taken up from where it stopped.',
  },
  needs_review: {
    works: STOPPED_CLEANLY,
    limited: 'No answer was good enough to give, so I cannot answer this one.',
    action: 'Please have a person review it.',
    resume: 'A reviewer can take it up from where it stopped.',
  },
  failed: {
    works: STOPPED_CLEANLY,
    limited: 'This question could not be answered.',
    action: 'Please ask it again.',
  },
  needs_confirmation: {
    works: 'I can still help, and everything up to this step is prepared.',
    limited: 'This step is on hold: it needs a yes from a person, and nobody has answered yet.',
    action: 'Please confirm or decline it.',
    resume: 'It can be taken up from where it stopped.',
    next: 'Ask again once it is decided.',
  },
  action_disabled: {
    works: 'I can still help, and I have drafted the next step for review.',
    limited: 'Live actions are temporarily limited, so the step was not carried out.',
    action: 'Please have a person review the proposed step.',
  },
  partial: {
    works: 'I can still help with what is known so far.',
    limited: 'This request is incomplete: not every step could be carried out.',
    action: 'Please check what is still open.',
  },
  rules_based: {
    works: 'I can still tell you what the records say.',
    limited: 'I am temporarily in a limited mode and cannot write a full answer.',
    action: 'You do not need to do anything.',
  },
  extracted: {
    works: 'I can still read the message, and the facts taken from it are here.',
    limited: 'Live actions are temporarily limited, so nothing was carried out.',
    action: 'Please have a person decide on the next step.',
  },
};

/** What the user is told where the outcome is less than a whole answer. */
export function noticeOf(
  kind: Exclude<OutcomeKind, 'answered'>,
  { state, done = false, unsure = false }: Happened,
): Answers {
  const { works, limited, action, resume, next = RETRY_LATER } = TOLD[kind];
  const onward = resume !== undefined && holds(state) ? `${resume} ${next}` : next;
  const so = done ? works.replace('no action was taken', 'what was done before that stands') : works;
  const open = unsure ? `${limited} One step may or may not have gone through; it is not tried again.` : limited;
  return { works: so, limited: open, action, saved: saved(state), next: onward };
}
