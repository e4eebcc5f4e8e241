import { HOUR_MS, whole } from '../core/numbers.ts';
import type { Around } from '../core/plugin.ts';
import type { ToolResult } from '../core/tools.ts';

export const AfterMs = whole(0, HOUR_MS)
  .default(5000)
  .describe('milliseconds until the caller is told that it took too long');

export async function timedOut(ms: number, { clock, signal }: Around): Promise<ToolResult> {
  await clock.sleep(ms, signal);
  return { ok: false, code: 'timeout', message: `no answer within ${ms} ms` };
}
