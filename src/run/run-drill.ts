import type { JudgedDrill } from '../core/report.ts';
import { BASELINE, type NewEvent, type TraceEvent } from '../core/trace.ts';
import { missed, whyMissed } from '../judge/fault-tally.ts';
import { createDrillJudge, type DrillJudge } from '../judge/judge-drill.ts';
import { judgePlanOf, type Plan, type RunContext } from './plan.ts';

/**
 * Runs one drill: the tasks without faults on a fresh target, then the phases on another, judged from their events. Where a
 * player was lost, what it would have gone on to play was not asked.
 */
export async function runDrill(plan: Plan, context: RunContext): Promise<JudgedDrill> {
  const { players, next, sequence, signal, keep } = context;
  const judge = createDrillJudge(judgePlanOf(plan));
  const sink = judged(plan, judge, context);
  const [baseline, drill] = [players.open(plan, 'baseline'), players.open(plan, 'drill')];
  try {
    if ((await baseline.play(plan, undefined, { sink, sequence, signal, keep })) && !judge.hopeless()) {
      signal.throwIfAborted();
      // Not before: a process that gets ready takes time from those that play.
      const following = next();
      if (following !== undefined) players.prepare?.(following);
      await drill.play(plan, judge.chain(), { sink, sequence, signal, keep });
    }
    return judge.report();
  } catch (error) {
    judge.drop();
    throw error;
  } finally {
    baseline.end();
    drill.end();
  }
}

/** Hands events on, and after the last one of each phase the verdicts on its asks. */
function judged(plan: Plan, judge: DrillJudge, { sink, sequence, watch }: RunContext): (event: TraceEvent) => void {
  const last = plan.drill.phases.at(-1)?.name;
  const see = (event: TraceEvent) => {
    sink(event);
    judge.see(event);
    watch?.see(event);
  };
  return (event) => {
    see(event);
    if (event.kind !== 'phase' || event.state !== 'ended' || event.phase === BASELINE) return;
    const { at, drill, phase } = event;
    const add = (more: NewEvent) => see({ seq: sequence.next(), at, drill, phase, ...more } as TraceEvent);
    for (const { ask, task, verdict, score } of judge.justJudged()) add({ kind: 'verdict', ask, task, verdict, score });
    if (phase !== last) return;
    for (const miss of missed(judge.faults()))
      add({ kind: 'trigger-missed', fault: miss.fault, role: miss.role, why: whyMissed(miss) });
  };
}
