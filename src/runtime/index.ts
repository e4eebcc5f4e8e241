/**
 * The reference failover: keeps a workflow safe, honest and recoverable when its first model cannot do the job.
 * Time, chance and the wire are arguments, so the same code runs live, mocked and in tests.
 */
export type { Clock } from '../core/clock.ts';
export { fetchTransport } from '../core/fetch-transport.ts';
export { createRandom, type Random } from '../core/random.ts';
export { FailureMode } from '../core/taxonomy.ts';
export { NetworkFailure, type Transport } from '../core/wire.ts';
export { anthropicMessages, openaiChat, protocols } from '../protocols/index.ts';
export { type AdapterOptions, type Capabilities, createAdapter } from './adapter.ts';
export { type Breaker, type BreakerSettings, type BreakerState, createBreaker, type Permit } from './breaker.ts';
export { type Booking, createTenantBudget, type TenantBudget, type TenantLimits } from './budget.ts';
export type { FallbackContract, Gate } from './contract.ts';
export { type Ask, type Attempt, type FailoverOptions, type FailoverResult, failover } from './failover.ts';
export { createLanes, type LaneSettings, type Lanes, type Priority } from './lanes.ts';
export { type AskFacts, fingerprint, logRecord } from './log-record.ts';
export { failureModeOf, type ModelAdapter, type ModelRequest, type ModelResult, statusOf } from './model-adapter.ts';
export { degradedNotice, noticeOf, type SavedState } from './notice.ts';
export { type Consequence, type Ending, POLICY, type Policy } from './policy.ts';
