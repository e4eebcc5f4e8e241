import type { Clock } from '../core/clock.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { type ModelAdapter, type ModelRequest, type ModelResult, statusOf } from './model-adapter.ts';

/** What a scripted model does with one call: hang until the timeout, or reply after some milliseconds. */
export type Move =
  | 'hang'
  | { after?: number; mode?: FailureMode; retryAfterMs?: number; json?: unknown; text?: string };

export interface Scripted extends ModelAdapter {
  /** Requests as they arrived, and when. */
  calls: { at: number; request: ModelRequest }[];
  /** The most calls that were under way at once. */
  peak: number;
}

/** A model that follows a script: the moves in order, the last one for ever. */
export function scripted(name: string, clock: Clock, moves: readonly Move[]): Scripted {
  let underWay = 0;
  const adapter: Scripted = {
    name,
    model: `${name}-model`,
    supportsTools: true,
    supportsJsonSchema: true,
    maxContextTokens: 1000,
    calls: [],
    peak: 0,
    async call(request, signal) {
      const at = clock.now();
      adapter.calls.push({ at, request });
      adapter.peak = Math.max(adapter.peak, ++underWay);
      try {
        const move = moves[Math.min(adapter.calls.length, moves.length) - 1] ?? 'hang';
        const slow = move === 'hang' || (move.after ?? 100) >= request.timeoutMs;
        await clock.sleep(slow ? request.timeoutMs : (move.after ?? 100), signal);
        const about = { provider: name, model: `${name}-model`, latencyMs: clock.now() - at };
        if (slow) return { ...about, status: 'timeout' } satisfies ModelResult;
        const { mode, retryAfterMs, json, text = 'fine' } = move;
        const usage = { inputTokens: 100, outputTokens: 10, costUsd: 0.001 };
        if (mode !== undefined) return { ...about, status: statusOf(mode), failureMode: mode, retryAfterMs };
        return { ...about, status: 'ok', text, json, usage };
      } finally {
        underWay--;
      }
    },
  };
  return adapter;
}
