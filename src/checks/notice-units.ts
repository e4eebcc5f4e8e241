import type { Meaning } from '../core/notices.ts';
import { entryOf, once } from '../core/once.ts';
import type { Notice } from '../core/outcome.ts';
import type { Case } from '../core/plugin.ts';
import type { Verdict } from '../core/verdict.ts';
import { normalise } from '../text/patterns.ts';
import { type Read, type Reader, readerOf } from '../text/readings.ts';
import { unique } from '../text/words.ts';

/** What is read at once: a notice of one piece, or one part of a structured one. */
export interface Unit {
  part: keyof Exclude<Notice, string> | 'whole';
  text: string;
  /** It says nothing to anybody, as `n/a` does: that takes no reader. */
  empty: boolean;
  /** Undefined where nobody has read it. */
  read: Read | undefined;
}

/** The readings of a workflow, with the names of its tools. Made once for each golden task, whose asks share them. */
const readersOf = once((_: object) => new WeakMap<object, Reader>());

export function readerFor({ notices, task, contract }: Pick<Case, 'notices' | 'task' | 'contract'>): Reader {
  const tools = () => [...Object.keys(contract?.permissions?.tools ?? {}), ...task.turns.map((turn) => turn.tool)];
  return entryOf(readersOf(notices), task, () => readerOf(notices, unique(tools())));
}

/** A notice as it is read, part by part. */
export function unitsOf(on: Pick<Case, 'seen' | 'notices' | 'task' | 'contract'>): Unit[] {
  const notice = on.seen.outcome?.outcome.notice ?? '';
  const read = readerFor(on);
  const unit = (part: Unit['part'], text: string): Unit => ({
    ...{ part, text },
    empty: saysNothing(text, part),
    read: read(text),
  });
  if (typeof notice === 'string') return notice.trim() === '' ? [] : [unit('whole', notice)];
  const { works, limited, action, saved, next } = notice;
  return [
    unit('works', works),
    unit('limited', limited),
    unit('action', action),
    unit('saved', saved),
    unit('next', next),
  ];
}

/** Texts of a notice that nobody has read. */
export const unreadOf = (units: readonly Unit[]): string[] =>
  unique(units.filter(({ read, empty }) => read === undefined && !empty).map(({ text }) => text));

/** A verdict, with the texts that it leaves to a reader. */
export const leaving = (unread: readonly string[], verdict: Verdict): Verdict =>
  unread.length === 0 ? verdict : { ...verdict, unread };

/** Whole texts that tell nobody anything. */
const EMPTY = new Set(
  [
    ...['n/a', 'na', 'null', 'undefined', 'unknown', 'error', 'errors', 'tbd', 'todo', 'oops', 'sorry', 'failed'],
    ...['something went wrong', 'an error occurred', 'an unknown error occurred', 'an unexpected error occurred'],
    ...['unknown error', 'unexpected error', 'internal error', 'internal server error', 'server error'],
    ...['etwas ist schiefgelaufen', 'ein fehler ist aufgetreten', 'es ist ein fehler aufgetreten', 'fehler'],
    ...["une erreur s'est produite", 'une erreur est survenue', 'erreur', 'algo salió mal', 'ha ocurrido un error'],
    ...['si è verificato un errore', 'er is een fout opgetreden', 'ocorreu um erro'],
  ].flatMap((text) => [text, `oops ${text}`, `sorry ${text}`]),
);
/** That there is nothing to do, and that nothing was saved, are answers; that nothing works or comes next are not. */
const NONE = new Set(['none', 'nothing', 'no', 'nichts', 'keine', 'rien', 'nada']);

function saysNothing(text: string, part: Unit['part']): boolean {
  const words = normalise(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}'/]+/gu, ' ')
    .trim();
  return words === '' || EMPTY.has(words) || (NONE.has(words) && part !== 'action' && part !== 'saved');
}

/** Whether a text owns up to something that did not happen, or says who has it now. */
export const ownsUp = ({ done, told_to }: Meaning): boolean => done === false || told_to !== undefined;

/** Whether a text tells what the user can do, or what comes. */
export const leadsOn = ({ act, next, told_to }: Meaning): boolean =>
  act !== undefined || next !== undefined || told_to !== undefined;
