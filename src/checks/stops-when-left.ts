import { z } from 'zod';
import type { CallView } from '../core/evidence.ts';
import { AFTERMATH_MS, whole } from '../core/numbers.ts';
import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { totalUsd, type Usd } from '../core/prices.ts';
import type { Use } from '../core/seen.ts';
import type { EventOf } from '../core/trace.ts';
import { count, unique, usd, when } from '../text/words.ts';
import { GRACE_MS, inGrace } from './after-leaving.ts';

/** A client that cannot cut a call lets it come to its end, which is not far away. */
const FINISH_MS = 5_000;

/** Whoever closed the page gets no answer any more: what is still done for them is paid for nothing, or done to nobody's knowledge. */
export const stopsWhenLeft = defineTaskCheck({
  name: 'stops-when-left',
  summary: 'When the user leaves, no model or tool is called any more, and open calls are cut',
  severity: 'major',
  advice: 'Hand the `signal` to every call and every wait, and look at it before each next step.',
  reads: 'when the user left, the model calls and uses of tools begun after that, and when those that were open ended',
  skips: 'nobody left before the ask had ended',
  always: true,
  nobody_waits: true,
  params: z.strictObject({
    grace_ms: whole(0, AFTERMATH_MS)
      .default(GRACE_MS)
      .describe('milliseconds in which something may still be begun by who has cut nothing yet, and a stream read'),
  }),
  example: 'stops-when-left: { grace_ms: 250 }',
  implies: () => ({}),
  judge({ seen: { left, calls, uses } }, { grace_ms }) {
    if (left === undefined) return nothingToJudge('nobody left before the ask had ended');
    // Who has cut a call has heard of it: then nothing more may begin by an oversight.
    const heard = Math.min(
      ...calls.flatMap(({ abort }) => (abort !== undefined && abort.seq > left.seq ? abort.seq : [])),
    );
    const isLate = (event: { seq: number; at: number }) =>
      event.seq > left.seq && (event.seq > heard || !inGrace(event, left, grace_ms));
    const begun = calls.filter(({ call }) => isLate(call));
    const used = uses.filter(({ use }) => isLate(use) && !isFinished(use, uses, left));
    const older = calls.filter(({ call }) => !isLate(call));
    const read = older.filter(({ call, end }) => call.stream && end?.how === 'complete' && isLate(end));
    const open = older.filter((c) => !read.includes(c) && (c.endedAt ?? Infinity) > left.at + FINISH_MS);
    const wrong = [
      ...when(begun.length > 0, `${count(begun.length, 'call')} to ${rolesOf(begun)} begun, for ${usd(costOf(begun))}`),
      ...when(used.length > 0, `${unique(used.map(({ use }) => use.tool)).join(', ')} run`),
      ...when(read.length > 0, `the stream of ${rolesOf(read)} read to its end`),
      ...when(open.length > 0, `the call to ${rolesOf(open)} kept open`),
    ];
    if (wrong.length > 0) return failed(`${wrong.join('; ')}, after the user had left`, left, begun, used, read, open);
    const cut = older.filter(({ abort }) => abort !== undefined && abort.seq > left.seq);
    return passed(`nothing begun after the user had left, ${count(cut.length, 'open call')} cut`, left, cut);
  },
});

/** A use is repeated so that what had been begun comes to a known end. */
const isFinished = (use: EventOf<'tool-use'>, uses: readonly Use[], left: EventOf<'left'>): boolean =>
  uses.some(({ use: one }) => one.seq < left.seq && one.tool === use.tool && one.args_hash === use.args_hash);

const rolesOf = (calls: readonly CallView[]): string => unique(calls.map(({ call }) => call.role)).join(', ');
const costOf = (calls: readonly CallView[]): Usd =>
  totalUsd(calls.map(({ end, abort }) => (end ?? abort ?? { cost_usd: 0 }).cost_usd));
