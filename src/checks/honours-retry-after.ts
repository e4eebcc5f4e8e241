import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { count, seconds, unique } from '../text/words.ts';
import { comeBackAt } from './retry-after.ts';

/** Going elsewhere in the meantime is as good as waiting. */
export const honoursRetryAfter = defineTaskCheck({
  name: 'honours-retry-after',
  summary: 'A role that said when to come back is not called again before then',
  reads: 'when the role was called again, against what its reply asked for',
  severity: 'major',
  advice:
    'Read `Retry-After`, and do not call that role again before then; where the wait is too long, call the next role.',
  feature: 'retries',
  judge({ seen: { calls }, epoch_ms }) {
    const told = calls.flatMap((from) => {
      const until = comeBackAt(from, epoch_ms);
      // A moment that is there already, or gone by, asks for nothing.
      if (from.head === undefined || until === undefined || until <= from.head.at) return [];
      const { at } = from.head;
      const { role, seq } = from.call;
      const next = calls.find(({ call }) => call.role === role && call.seq > seq && call.at >= at)?.call;
      return [{ role, asked: until - at, waited: next && next.at - at, proof: [from, next] }];
    });
    if (told.length === 0) return nothingToJudge('no reply said when to come back');
    const early = told.filter((t) => t.waited !== undefined && t.waited < t.asked);
    const what = early.map((t) => `${t.role} called again after ${t.waited} ms, it had asked for ${seconds(t.asked)}`);
    const proof = (of: typeof told) => of.map((t) => t.proof);
    if (early.length > 0) return failed(unique(what).join('; '), proof(early));
    const replies = count(told.length, 'reply', 'replies');
    const back = told.filter((t) => t.waited !== undefined).length;
    const then = `${back} waited for, ${told.length - back} left alone`;
    return passed(`${replies} said when to come back: ${then}`, proof(told));
  },
});
