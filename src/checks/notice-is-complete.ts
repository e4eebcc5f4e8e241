import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { degradedPath } from './degraded-path.ts';
import { internalsIn } from './notice-internals.ts';
import { clausesOf, means } from './notice-words.ts';
import { when } from './words.ts';

/** The user learns what works, what is limited, whether to act, what was saved and what comes next; nothing of the machinery. */
export const noticeIsComplete = defineTaskCheck({
  name: 'notice-is-complete',
  summary: 'The notice says what works, what is limited and what happens next, without internals',
  severity: 'critical',
  feature: 'notice',
  reads: 'the notice, and whether anything was answered or kept',
  implies: () => ({}),
  judge(on) {
    const { content, results, notice: words } = on.seen;
    const path = degradedPath(on);
    const notice = path?.outcome.notice ?? '';
    if (path === undefined || words === '') return nothingToJudge('no notice was given');
    if (path.degraded === 'no') return nothingToJudge(`a notice, though nothing was degraded: ${path.why}`);

    const writes = results.filter((e) => e.effect !== 'none');
    const kept = Object.keys(path.outcome.state ?? {}).length > 0 || writes.length > 0;
    const silent =
      typeof notice === 'string'
        ? silentOn(notice, { works: content !== undefined, saved: kept })
        : Object.entries(notice).flatMap(([part, text]) => when(isVague(part, text), PARTS[part] ?? part));
    const internals = internalsIn(words, on.roles);
    const wrong = [
      ...when(silent.length > 0, `does not say ${silent.join(', nor ')}`),
      ...when(internals.length > 0, `names internals: ${internals.join(', ')}`),
    ];
    if (wrong.length > 0) return failed(`the notice ${wrong.join('; it ')}`, writes, path.proof);
    const reason = 'the notice says what works, what is limited and what comes next; 0 internals';
    return passed(reason, writes, path.proof);
  },
});

const PARTS: Record<string, string> = {
  works: 'what still works',
  limited: 'what is limited',
  action: 'what to do',
  saved: 'what was saved',
  next: 'what happens next',
};

/** What a notice of one piece leaves out. Where nothing was answered, nothing has to work. */
function silentOn(notice: string, asked: { works: boolean; saved: boolean }): string[] {
  const clauses = clausesOf(notice);
  const says = (...meanings: (keyof typeof means)[]) => meanings.some((m) => clauses.some(means[m]));
  return [
    ...when(asked.works && !says('works'), 'what still works'),
    ...when(!says('limited'), 'what is limited'),
    ...when(!says('next'), 'what to do or what happens next'),
    ...when(asked.saved && !says('saved', 'done'), 'what was saved'),
  ];
}

const VAGUE =
  /^(?:\W*|n\/?a|unknown|errors?|tbd|oops|(?:sorry\W+)?(?:something went wrong|an (?:unknown )?error occurred).*)$/;
/** That there is nothing to do, and that nothing was saved, are answers; that nothing works or comes next are not. */
const NONE = /^(?:none|nothing|no|-)\W*$/;

function isVague(part: string, text: string): boolean {
  const said = text.trim().toLowerCase();
  return VAGUE.test(said.replace(/[.!]+$/, '')) || (NONE.test(said) && part !== 'action' && part !== 'saved');
}
