import type { JudgedDrill } from '../core/report.ts';
import { lineOf, type TraceEvent } from '../core/trace.ts';
import { type DrillJudge, judgeOf } from './judge-phases.ts';
import type { JudgePlan } from './plan.ts';
import { createSpool } from './spool.ts';
import { skipped } from './summary.ts';
import { temporaryFile } from './temporary-file.ts';

export type { DrillJudge } from './judge-phases.ts';

/** The one way from the events of a drill to its report, whether they happen now or were stored. */
export function reportOf(plan: JudgePlan, events: Iterable<TraceEvent>): JudgedDrill {
  const known = skipped(plan);
  if (known !== undefined) return known;
  const judge = createDrillJudge(plan);
  try {
    for (const event of events) judge.see(event);
    return judge.report();
  } catch (error) {
    judge.drop();
    throw error;
  }
}

/** Judges asks as they end. Where that was too early all is judged once more, each phase when it is over. */
export function createDrillJudge(plan: JudgePlan): DrillJudge {
  // To judge takes time, and in wall time that of the asks under way: their latencies would tell of the judge.
  if (plan.wall === true) return judgeOf(plan, 'when it is over');
  const seen = createSpool(temporaryFile());
  const hasty = judgeOf(plan, 'as they end');
  let judge: DrillJudge = hasty;

  function judgeAgain(): void {
    hasty.drop();
    judge = judgeOf(plan, 'when it is over');
    for (const line of seen.lines()) judge.see(JSON.parse(line));
    seen.close();
  }

  return {
    see(event) {
      if (judge === hasty) seen.write(`${lineOf(event)}\n`);
      judge.see(event);
      if (judge === hasty && event.kind === 'phase' && event.state === 'ended' && hasty.tooEarly()) judgeAgain();
    },
    justJudged: () => judge.justJudged(),
    faults: () => judge.faults(),
    hopeless: () => judge.hopeless(),
    chain: () => judge.chain(),
    report() {
      if (judge === hasty && hasty.tooEarly()) judgeAgain();
      seen.close();
      return judge.report();
    },
    drop() {
      seen.close();
      judge.drop();
    },
  };
}
