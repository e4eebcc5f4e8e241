export { createLedgerFiles } from './ledger-files.ts';
export { withOutputLimit } from './output-limit.ts';
export type { Refusal } from './refusal.ts';
export { liveReplies } from './replies.ts';
export { openSpend, type Reservation, type Settled, type Spend, type SpendOptions, type WantedCall } from './spend.ts';
export { openUpstream, type Upstream } from './upstream/upstream.ts';
