import type { DrillReport } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import { judgePlanOf, type Plan } from './plan.ts';
import { createSequence } from './recorder.ts';
import { runDrill } from './run-drill.ts';
import { skipped } from './summary.ts';

interface Wishes {
  plans: readonly Plan[];
  jobs: number;
  bail: boolean;
  signal: AbortSignal;
}

/**
 * Runs drills, up to `jobs` at once, and hands out events and reports as if they had run one after another: each drill's
 * events are a block, numbered on from the block before. Stops early on a cancelled run, or with `bail` on a failed drill.
 */
export async function* runInOrder(wishes: Wishes, sink: (event: TraceEvent) => void): AsyncGenerator<DrillReport> {
  const { plans, jobs, bail, signal } = wishes;
  // One job needs no blocks: its events go out as they happen.
  const results = jobs === 1 ? oneByOne(wishes, sink) : blocks(wishes, sink);
  let left = plans.length;
  for await (const report of results) {
    if (signal.aborted) return;
    yield report;
    left -= 1;
    if (left === 0 || (bail && report.verdict === 'failed')) return;
  }
}

/** The run's header is event 0. */
const FIRST = 1;

async function* oneByOne({ plans, signal }: Wishes, sink: (event: TraceEvent) => void): AsyncGenerator<DrillReport> {
  const sequence = createSequence(FIRST);
  for (const plan of plans) {
    if (signal.aborted) return;
    yield skipped(judgePlanOf(plan)) ?? (await runDrill(plan, { sequence, sink, signal }));
  }
}

async function* blocks(
  { plans, jobs, signal }: Wishes,
  sink: (event: TraceEvent) => void,
): AsyncGenerator<DrillReport> {
  let from = FIRST;
  const running: Promise<Block>[] = [];
  for (let i = 0; i < plans.length; i++) {
    for (const plan of plans.slice(running.length, i + jobs)) {
      const block = runBlock(plan, signal);
      // One that is never awaited, because the run stopped early, must not take the process down.
      block.catch(() => {});
      running.push(block);
    }
    const block = await running[i];
    if (block === undefined || signal.aborted) return;
    for (const event of block.events) sink({ ...event, seq: event.seq + from });
    yield shifted(block.report, from);
    from += block.events.length;
  }
}

interface Block {
  events: TraceEvent[];
  report: DrillReport;
}

/** A drill on its own, its events numbered from 0. */
async function runBlock(plan: Plan, signal: AbortSignal): Promise<Block> {
  const events: TraceEvent[] = [];
  const sink = (event: TraceEvent) => void events.push(event);
  const report = skipped(judgePlanOf(plan)) ?? (await runDrill(plan, { sequence: createSequence(0), sink, signal }));
  return { events, report };
}

/** The report of a block whose first event is number `from`. */
function shifted(report: DrillReport, from: number): DrillReport {
  const move = <C extends { evidence: number[] }>(cell: C): C => ({
    ...cell,
    evidence: cell.evidence.map((seq) => seq + from),
  });
  const tasks = report.tasks.map((task) => ({ ...task, checks: task.checks.map(move) }));
  return { ...report, checks: report.checks.map(move), tasks };
}
