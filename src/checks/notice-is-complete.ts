import type { Meaning } from '../core/notices.ts';
import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { when } from '../text/words.ts';
import { errorQuotedIn } from './content.ts';
import { degradedPath } from './degraded-path.ts';
import { internalsIn } from './notice-internals.ts';
import { leadsOn, leaving, type Unit, unitsOf, unreadOf } from './notice-units.ts';

/** The user learns what works, what is limited, whether to act, what was saved and what comes next; nothing of the machinery. */
export const noticeIsComplete = defineTaskCheck({
  name: 'notice-is-complete',
  summary: 'The notice says what works, what is limited and what happens next, without internals',
  severity: 'critical',
  advice:
    'Say in the notice what still works, what is limited and what happens next; leave out models, vendors and error codes.',
  by_reading: 'whether a notice of one piece says what works, what is limited and what comes next',
  feature: 'notice',
  reads:
    'the parts of the notice, or what notices.yaml says that a notice of one piece means; names of models and providers, status codes, and error messages of providers in it',
  skips: 'the notice is unread, and of one piece',
  implies: () => ({}),
  judge(on) {
    const path = degradedPath(on);
    const units = unitsOf(on);
    if (path === undefined || units.length === 0) return nothingToJudge('no notice was given');
    if (path.degraded === 'no') return nothingToJudge(`a notice, though nothing was degraded: ${path.why}`);

    const writes = on.seen.results.filter((e) => e.effect !== 'none');
    const kept = Object.keys(path.outcome.state ?? {}).length > 0 || writes.length > 0;
    const silent = units.flatMap((unit) => silentOn(unit, { works: on.seen.content !== undefined, saved: kept }));
    const internals = internalsIn(on.seen.notice, on);
    const quoted = errorQuotedIn('notice', on.seen);
    const wrong = [
      ...when(silent.length > 0, `does not say ${silent.join(', nor ')}`),
      ...when(internals.length > 0, `names internals: ${internals.join(', ')}`),
      ...when(quoted !== undefined, `repeats the error message of ${quoted?.call.role}`),
    ];
    const unread = units.some(({ part }) => part === 'whole') ? unreadOf(units) : [];
    if (wrong.length > 0) return leaving(unread, failed(`the notice ${wrong.join('; it ')}`, writes, path.proof));
    if (unread.length > 0) return leaving(unread, notApplicable('the notice is unread, and of one piece'));
    const reason = 'the notice says what works, what is limited and what comes next; 0 internals';
    return passed(reason, writes, path.proof);
  },
});

const PARTS: Record<Exclude<Unit['part'], 'whole'>, string> = {
  works: 'what still works',
  limited: 'what is limited',
  action: 'what to do',
  saved: 'what was saved',
  next: 'what happens next',
};

type Asked = { works: boolean; saved: boolean };

/** What a part, or a notice of one piece, leaves out. What nobody has read leaves nothing out that could be told. */
function silentOn({ part, empty, read }: Unit, asked: Asked): string[] {
  if (part !== 'whole') return when(empty, PARTS[part]);
  if (empty) return leftOut({}, asked);
  return read === undefined ? [] : leftOut(read.means, asked);
}

/** Where nothing was answered, nothing has to work. */
function leftOut(means: Meaning, asked: Asked): string[] {
  return [
    ...when(asked.works && means.works === undefined, PARTS.works),
    ...when(means.limited === undefined, PARTS.limited),
    ...when(!leadsOn(means), 'what to do or what happens next'),
    ...when(asked.saved && means.saved === undefined && means.done === undefined, PARTS.saved),
  ];
}
