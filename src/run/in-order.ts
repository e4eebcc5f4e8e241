import type { BodyLine } from '../core/bodies.ts';
import type { JudgedDrill } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import { EVENTS, Kept } from '../judge/kept.ts';
import { skipped } from '../judge/summary.ts';
import { createSequence } from '../recording/recorder.ts';
import { judgePlanOf, type Plan, type Players, type RunContext, type RunWatch } from './plan.ts';
import { runDrill } from './run-drill.ts';

interface Wishes {
  plans: readonly Plan[];
  players: Players;
  jobs: number;
  bail: boolean;
  signal: AbortSignal;
  watch?: RunWatch | undefined;
  keep?: ((line: BodyLine) => void) | undefined;
}

/**
 * Runs drills, up to `jobs` at once, and hands out events and reports as if they had run one after another: each drill's
 * events are a block, numbered on from the block before. Stops early on a cancelled run, or with `bail` on a failed drill.
 */
export async function* runInOrder(wishes: Wishes, sink: (event: TraceEvent) => void): AsyncGenerator<JudgedDrill> {
  const { plans, jobs, bail } = wishes;
  // One job needs no blocks: its events go out as they happen.
  const results = jobs === 1 ? oneByOne(wishes, sink) : blocks(wishes, sink);
  let left = plans.length;
  for await (const report of results) {
    yield report;
    left -= 1;
    if (left === 0 || (bail && report.verdict === 'failed')) return;
  }
}

/** The run's header is event 0. */
const FIRST = 1;

async function* oneByOne(
  { plans, players, signal, watch, keep }: Wishes,
  sink: (event: TraceEvent) => void,
): AsyncGenerator<JudgedDrill> {
  const sequence = createSequence(FIRST);
  for (const [i, plan] of plans.entries()) {
    if (signal.aborted) return;
    const next = () => toPlay(plans.slice(i + 1));
    const context = { sequence, sink, players, next, signal, watch, keep };
    const report = await unlessCancelled(runOne(plan, context), signal);
    if (report !== undefined) yield report;
  }
}

/** The first of them that will be played at all. */
const toPlay = (plans: readonly Plan[]) => plans.find((plan) => skipped(plan) === undefined);

async function runOne(plan: Plan, context: RunContext): Promise<JudgedDrill> {
  const skip = skipped(judgePlanOf(plan));
  if (skip !== undefined) return skip;
  const over = await context.watch?.begin(plan);
  try {
    context.signal.throwIfAborted();
    return await runDrill(plan, context);
  } finally {
    await over?.();
  }
}

/** A drill that a cancelled run broke off has no report; its events are kept. */
async function unlessCancelled(report: Promise<JudgedDrill>, signal: AbortSignal): Promise<JudgedDrill | undefined> {
  try {
    return await report;
  } catch (error) {
    if (!signal.aborted) throw error;
    return undefined;
  }
}

async function* blocks(wishes: Wishes, sink: (event: TraceEvent) => void): AsyncGenerator<JudgedDrill> {
  const { plans, jobs, signal } = wishes;
  let from = FIRST;
  const waiting = [...plans];
  const running: Block[] = [];
  try {
    for (;;) {
      const more = signal.aborted ? [] : waiting.splice(0, jobs - running.length);
      running.push(...more.map((plan) => startBlock(plan, wishes, () => toPlay(waiting))));
      const block = running.shift();
      if (block === undefined) return;
      const first = from;
      block.release((event) => sink({ ...event, seq: event.seq + first }));
      const report = await unlessCancelled(block.report, signal);
      if (report !== undefined) yield shifted(report, first);
      from += block.count();
    }
  } finally {
    for (const block of running) block.stop();
  }
}

interface Block {
  /** Ends it, wherever it is. */
  stop(): void;
  /** It is its turn: its events go out, those that waited first. */
  release(sink: (event: TraceEvent) => void): void;
  /** So many events there were so far. */
  count(): number;
  report: Promise<JudgedDrill>;
}

/** A drill on its own, its events numbered from 0. */
function startBlock(plan: Plan, wishes: Wishes, next: RunContext['next']): Block {
  const { players, signal: all, watch } = wishes;
  const own = new AbortController();
  const stop = () => own.abort(all.reason);
  all.addEventListener('abort', stop);
  const { signal } = own;
  const waiting = new Kept<TraceEvent>(EVENTS);
  const said = new Kept<BodyLine>(EVENTS);
  let [count, out] = [0, (event: TraceEvent) => waiting.push(event)];
  const sink = (event: TraceEvent) => {
    count += 1;
    out(event);
  };
  let keepOut = (line: BodyLine) => said.push(line);
  const keep = wishes.keep && ((line: BodyLine) => keepOut(line));
  const report = runOne(plan, { sequence: createSequence(0), sink, players, next, signal, watch, keep });
  // One that is never awaited, because the run stopped early, must not take the process down.
  report.catch(() => {}).finally(() => all.removeEventListener('abort', stop));
  const release: Block['release'] = (goesTo) => {
    for (const line of said) wishes.keep?.(line);
    said.close();
    keepOut = wishes.keep ?? keepOut;
    for (const event of waiting) goesTo(event);
    waiting.close();
    out = goesTo;
  };
  return { release, count: () => count, report, stop };
}

/** The report of a block whose first event is number `from`. */
function shifted(report: JudgedDrill, from: number): JudgedDrill {
  const move = <C extends { evidence: number[] }>(cell: C): C => ({
    ...cell,
    evidence: cell.evidence.map((seq) => seq + from),
  });
  const { tasks, checks } = report;
  const moved: JudgedDrill['tasks'] = {
    length: tasks.length,
    close: () => tasks.close?.(),
    *[Symbol.iterator]() {
      for (const task of tasks) yield { ...task, checks: task.checks.map(move) };
    },
  };
  return { ...report, checks: checks.map(move), tasks: moved };
}
