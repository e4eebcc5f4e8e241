import type { JudgedDrill, TaskReport } from '../../core/report.ts';
import { brokenIn } from '../words.ts';

/** What the asks of one phase took and cost, beside the same tasks without faults. */
export interface Figures {
  drill: string;
  phase: string;
  faults: string;
  ms: number[];
  plain_ms: number[];
  unanswered: number;
  usd: number;
  plain_usd: number;
  unpriced: number;
}

export class Phases {
  readonly all: Figures[] = [];
  #last: Figures | undefined;

  add(task: TaskReport, drill: JudgedDrill): void {
    const one = this.#figuresOf(task, drill);
    if (task.latency_ms === null) one.unanswered += 1;
    else one.ms.push(task.latency_ms);
    const { latency_ms, cost_usd } = task.baseline;
    if (latency_ms !== null) one.plain_ms.push(latency_ms);
    if (task.cost_usd === null || cost_usd === null) one.unpriced += 1;
    one.usd += task.cost_usd ?? 0;
    one.plain_usd += cost_usd ?? 0;
  }

  #figuresOf({ phase }: TaskReport, drill: JudgedDrill): Figures {
    if (this.#last?.drill === drill.name && this.#last.phase === phase) return this.#last;
    const none = { ms: [], plain_ms: [], unanswered: 0, usd: 0, plain_usd: 0, unpriced: 0 };
    this.#last = { drill: drill.name, phase, faults: brokenIn(phase, drill), ...none };
    this.all.push(this.#last);
    return this.#last;
  }
}

/** The value below which this share of them lies; null of none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
