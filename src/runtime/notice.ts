import type { Notice } from '../core/outcome.ts';
import type { Ending } from './policy.ts';

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

/** `resume` is promised only where something was kept to go on from. */
const STOPPED: Record<Ending, Omit<Answers, 'saved'> & { resume?: string }> = {
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
    next: RETRY_LATER,
  },
  needs_review: {
    works: STOPPED_CLEANLY,
    limited: 'No answer was good enough to give, so I cannot answer this one.',
    action: 'Please have a person review it.',
    resume: 'A reviewer can take it up from where it stopped.',
    next: RETRY_LATER,
  },
  failed: {
    works: STOPPED_CLEANLY,
    limited: 'This question could not be answered.',
    action: 'Please ask it again.',
    next: RETRY_LATER,
  },
};

/** What the user is told when the workflow stopped without an answer. */
export function stoppedNotice(ending: Ending, state: SavedState | undefined): Answers {
  const { works, limited, action, resume, next } = STOPPED[ending];
  const onward = resume !== undefined && holds(state) ? `${resume} ${next}` : next;
  return { works, limited, action, saved: saved(state), next: onward };
}
