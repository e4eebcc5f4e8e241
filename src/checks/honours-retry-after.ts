import { z } from 'zod';
import { callsOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { comeBackAt } from './retry-after.ts';
import { count, seconds, unique } from './words.ts';

/** Going elsewhere in the meantime is as good as waiting. */
export const honoursRetryAfter = defineTaskCheck({
  name: 'honours-retry-after',
  summary: 'A role that said when to come back is not called again before then',
  reads: 'when the role was called again, against what its reply asked for',
  severity: 'major',
  feature: 'retries',
  params: z.strictObject({}),
  example: 'honours-retry-after: {}',
  judge({ events, epoch_ms }) {
    const calls = callsOf(events);
    const told = calls.flatMap((from) => {
      const until = from.head && comeBackAt(from, epoch_ms);
      if (from.head === undefined || until === undefined) return [];
      const { at } = from.head;
      const next = calls.find((c) => c.call.role === from.call.role && c.call.seq > from.call.seq && c.call.at >= at);
      const seqs = [...from.seqs, ...(next === undefined ? [] : [next.call.seq])];
      return [{ role: from.call.role, asked: until - at, waited: next && next.call.at - at, seqs }];
    });
    if (told.length === 0) return nothingToJudge('no reply said when to come back');
    const early = told.filter((t) => t.waited !== undefined && t.waited < t.asked);
    if (early.length > 0) {
      const what = early.map(
        (t) => `${t.role} called again after ${t.waited} ms, it had asked for ${seconds(t.asked)}`,
      );
      return failed(
        unique(what).join('; '),
        early.flatMap((t) => t.seqs),
      );
    }
    const back = told.filter((t) => t.waited !== undefined).length;
    return passed(
      `${count(told.length, 'reply', 'replies')} said when to come back: ${back} waited for, ${told.length - back} left alone`,
      told.flatMap((t) => t.seqs),
    );
  },
});
