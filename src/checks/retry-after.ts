import type { CallView } from '../core/evidence.ts';
import { parseHttpDate } from '../text/http-date.ts';

/** When the provider said to come back, in the trace's milliseconds; undefined where it did not say. */
export function comeBackAt(
  { head, end }: Pick<CallView, 'head'> & Partial<CallView>,
  epoch_ms: number,
): number | undefined {
  if (head === undefined) return undefined;
  // Where the body says it, no header does.
  if (end?.retry_after_ms !== undefined) return end.at + end.retry_after_ms;
  const inMs = number(head.headers['retry-after-ms']);
  if (inMs !== undefined) return head.at + Math.ceil(inMs);
  const after = head.headers['retry-after'];
  const inSeconds = number(after);
  if (inSeconds !== undefined) return head.at + Math.ceil(inSeconds * 1000);
  const date = parseHttpDate(after ?? '');
  return date === undefined ? undefined : date - epoch_ms;
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
}
