import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TraceEvent } from '../core/trace.ts';
import type { Plan } from './plan.ts';
import { createSequence } from './recorder.ts';
import { runDrill } from './run-drill.ts';

export interface Difference {
  drill: string;
  /** Line of trace.jsonl, from 1. */
  line: number;
  first: string;
  second: string;
}

/** Garbage is collected once in so many events, so that weakly held things vanish at other moments than in the first run. */
const EVENTS_PER_COLLECTION = 20;

/**
 * Runs the drills of a finished run once more, the last one first and with garbage collections forced, and finds the first
 * line of the trace that comes out otherwise; undefined where none does.
 */
export async function findDifference(
  plans: readonly Plan[],
  trace: string,
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
    await runDrill(plan, { sequence: createSequence((own[0]?.line ?? 1) - 1), sink, signal });
    for (let i = 0; i < Math.max(own.length, seen.length); i++) {
      const [first, second] = [own[i]?.text ?? '(nothing)', seen[i] ?? '(nothing)'];
      if (first !== second) return { drill, line: own[i]?.line ?? lines.length + 1, first, second };
    }
  }
  return undefined;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return () => {
    if (typeof gc === 'function') gc();
  };
}
