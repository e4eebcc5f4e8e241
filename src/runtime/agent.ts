import type { Outcome, Task } from '../core/outcome.ts';
import type { Approve, Tools } from '../core/tools.ts';
import type { Ask, FailoverResult } from './failover.ts';

/** What an agent works with. */
export interface Means {
  run(ask: Ask): Promise<FailoverResult>;
  /** The verification step, where the contract has one. */
  verify(task: Task, answer: string): Promise<Checked>;
  tools: Tools;
  approve: Approve;
  /** Milliseconds since the ask. */
  tookMs(): number;
  signal: AbortSignal;
}
export interface Checked {
  supported: boolean;
  costUsd: number;
}
export type Agent = (task: Task, means: Means) => Promise<Outcome>;
