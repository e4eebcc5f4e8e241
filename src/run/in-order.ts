import type { BodyLine } from '../core/bodies.ts';
import type { JudgedDrill } from '../core/report.ts';
import type { TraceEvent } from '../core/trace.ts';
import { EVENTS, Kept } from '../judge/kept.ts';
import { skipped } from '../judge/summary.ts';
import { createSequence } from '../recording/recorder.ts';
import {
  judgePlanOf,
  type Plan,
  type Players,
  type RunApart,
  type RunBlock,
  type RunContext,
  type RunWatch,
} from './plan.ts';
import { runDrill } from './run-drill.ts';

interface Wishes {
  plans: readonly Plan[];
  players: Players;
  jobs: number;
  /** Where drills are run that are to be run at once; without it, in this process. */
  apart?: RunApart | undefined;
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
  return skipped(judgePlanOf(plan)) ?? watching(plan, context, () => runDrill(plan, context));
}

/** Runs it unless something keeps it from beginning. */
async function watching<T>(
  plan: Plan,
  { watch, signal }: Pick<RunContext, 'watch' | 'signal'>,
  run: () => Promise<T>,
): Promise<T> {
  const over = await watch?.begin(plan);
  try {
    signal.throwIfAborted();
    return await run();
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
  const runHere = here(wishes, () => toPlay(waiting));
  const { apart } = wishes;
  const run: RunBlock = apart === undefined ? runHere : (...block) => apart(...block, runHere);
  try {
    for (;;) {
      const more = signal.aborted ? [] : waiting.splice(0, jobs - running.length);
      running.push(...more.map((plan) => startBlock(plan, wishes, run, sink)));
      const block = running.shift();
      if (block === undefined) return;
      block.release(from);
      const report = await unlessCancelled(block.report, signal);
      if (report !== undefined) yield report;
      from += block.count();
    }
  } finally {
    for (const block of running) block.stop();
  }
}

interface Block {
  /** Ends it, wherever it is. */
  stop(): void;
  /** It is its turn: its events go out, those that waited first; the first of all has this number. */
  release(first: number): void;
  /** So many events went out so far. */
  count(): number;
  report: Promise<JudgedDrill>;
}

function startBlock(plan: Plan, wishes: Wishes, run: RunBlock, goesTo: (event: TraceEvent) => void): Block {
  const { signal: all, watch, keep } = wishes;
  const own = new AbortController();
  const stop = () => own.abort(all.reason);
  all.addEventListener('abort', stop);
  const { signal } = own;
  let count = 0;
  const sink = (event: TraceEvent) => {
    count += 1;
    goesTo(event);
  };
  let release: Block['release'] = () => {};
  let drop: (why: unknown) => void = () => {};
  const turn = new Promise<number>((resolve, reject) => {
    [release, drop] = [resolve, reject];
  });
  turn.catch(() => {});
  const begin = <T>(go: () => Promise<T>) => watching(plan, { watch, signal }, go);
  const report = Promise.resolve(skipped(judgePlanOf(plan)) ?? run(plan, { sink, keep, signal, turn, begin }));
  // One that is never awaited, because the run stopped early, must not take the process down.
  report.catch(() => {}).finally(() => all.removeEventListener('abort', stop));
  const stopAlone = () => {
    stop();
    drop(own.signal.reason);
  };
  return { release, count: () => count, report, stop: stopAlone };
}

/** In this process, events numbered from 0 until it is their turn. */
function here({ players, watch }: Wishes, next: RunContext['next']): RunBlock {
  return async (plan, { sink, keep, signal, turn, begin }) => {
    const events = new Kept<TraceEvent>(EVENTS);
    const said = new Kept<BodyLine>(EVENTS);
    let out = (event: TraceEvent) => events.push(event);
    let keepOut = (line: BodyLine) => said.push(line);
    const first = turn.then((from) => {
      out = (event) => sink({ ...event, seq: event.seq + from });
      keepOut = keep ?? keepOut;
      for (const line of said) keepOut(line);
      for (const event of events) out(event);
      said.close();
      events.close();
      return from;
    });
    first.catch(() => {
      said.close();
      events.close();
    });
    const context: RunContext = {
      ...{ sequence: createSequence(0), players, next, signal, watch },
      sink: (event) => out(event),
      keep: keep && ((line) => keepOut(line)),
    };
    const report = await begin(() => runDrill(plan, context));
    return shifted(report, await first);
  };
}

/** The report of a block whose first event is number `from`. */
function shifted(report: JudgedDrill, from: number): JudgedDrill {
  const move = movedBy(from);
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

/** A cell of a block whose first event is number `from`. */
export const movedBy =
  (from: number) =>
  <C extends { evidence: number[] }>(cell: C): C => ({ ...cell, evidence: cell.evidence.map((seq) => seq + from) });
