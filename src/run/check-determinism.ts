import { readFileSync } from 'node:fs';
import type { TraceEvent } from '../core/trace.ts';
import { createSequence } from '../recording/recorder.ts';
import { EVENTS_PER_COLLECTION, garbageCollector } from './collect.ts';
import type { Plan, Players } from './plan.ts';
import { runDrill } from './run-drill.ts';

export interface Difference {
  drill: string;
  /** Line of trace.jsonl, from 1. */
  line: number;
  first: string;
  second: string;
}

/**
 * Runs the drills of a finished run once more, the last one first and with garbage collections forced, and finds the first
 * line of the trace that comes out otherwise; undefined where none does.
 */
export async function findDifference(
  plans: readonly Plan[],
  trace: string,
  players: Players,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
  const collect = garbageCollector();
  for (const plan of plans.toReversed()) {
    const drill = plan.drill.drill;
    const own = lines
      .map((text, i) => ({ text, line: i + 1 }))
      .filter(({ text }) => text.includes(`"drill":"${drill}"`));
    const seen: string[] = [];
    const sink = (event: TraceEvent) => {
      seen.push(JSON.stringify(event));
      if (seen.length % EVENTS_PER_COLLECTION === 0) collect();
    };
    await runDrill(plan, {
      sequence: createSequence((own[0]?.line ?? 1) - 1),
      sink,
      players,
      next: () => undefined,
      signal,
    });
    for (let i = 0; i < Math.max(own.length, seen.length); i++) {
      const [first, second] = [own[i]?.text ?? '(nothing)', seen[i] ?? '(nothing)'];
      if (first !== second) return { drill, line: own[i]?.line ?? lines.length + 1, first, second };
    }
  }
  return undefined;
}
