import { defineTaskCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { count } from '../text/words.ts';
import { degradedPath } from './degraded-path.ts';
import { statementsOf, strangersIn } from './notice-facts.ts';
import { leaving, unitsOf, unreadOf } from './notice-units.ts';

/** A notice is held against the wire and the ledger: what it was read to say must have happened. */
export const noticeIsTrue = defineTaskCheck({
  name: 'notice-is-true',
  summary: 'What the notice says was saved, done, limited or working is so, and so are its amounts and ids',
  severity: 'critical',
  advice: 'Write the notice from what really happened in this task, and promise only what the product does.',
  by_reading:
    'everything but amounts and ids: what the notice says that works, is limited, was saved, was done, was handed to a person, comes next',
  feature: 'notice',
  reads:
    'what notices.yaml says that the notice means, its amounts and ids, and what calls, tools, plan and kept state show',
  skips: 'the notice is unread, and names no amount or id',
  implies: () => ({}),
  judge(on) {
    const path = degradedPath(on);
    if (path === undefined) return nothingToJudge('no outcome, so no notice');
    const units = unitsOf(on);
    if (units.length === 0) return nothingToJudge('no notice was given');
    const writes = on.seen.results.filter((e) => e.effect !== 'none');
    const statements = units.flatMap((unit) => {
      const said = unit.read === undefined ? [] : statementsOf(unit.read, on, path);
      const strangers = strangersIn(unit, on).map((value) => ({
        so: false,
        lie: `neither source, question, reply, plan nor ledger holds ${value}`,
      }));
      return [...said, ...strangers].map((one) => ({ ...one, unit }));
    });
    const unread = unreadOf(units);
    const lies = statements.filter(({ so }) => !so).map(({ unit, lie }) => `"${unit.text}", but ${lie}`);
    if (lies.length > 0) return leaving(unread, failed(lies.join('; '), writes, path.proof));
    if (statements.length > 0) {
      const all = `${count(statements.length, 'claim')} of the notice true: ${path.why}, ${count(writes.length, 'write')}`;
      return leaving(unread, passed(all, writes, path.proof));
    }
    if (unread.length > 0) return leaving(unread, notApplicable(`${count(unread.length, 'unread text')}`));
    return nothingToJudge('the notice claims nothing that the trace could contradict');
  },
});
