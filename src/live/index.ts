export { createLedgerFiles } from './ledger-files.ts';
export { liveReplies } from './replies.ts';
export { openSpend, type Spend } from './spend.ts';
export { openUpstream, type Upstream } from './upstream/upstream.ts';
