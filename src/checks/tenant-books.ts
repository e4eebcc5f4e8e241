import type { Contract } from '../core/contract.ts';
import type { TraceEvent } from '../core/trace.ts';

/** A call counts from its beginning, with what it cost when that is known. */
export interface Spent {
  at: number;
  usd: number;
  seqs: number[];
}

export interface Account {
  /** When the tenant asked, and its calls, as far back as a window reaches. */
  asks: number[];
  calls: Spent[];
  /** The fullest windows so far. */
  most: { asks: number; calls: Spent[]; usd: number; dear: Spent[] };
}

/** What each tenant asked, called and paid in a window that slides; memory holds two windows. */
export interface Books {
  window_ms: number;
  accounts: Map<string, Account>;
  /** Asks, and calls that are not paid yet. */
  asking: Map<number, { account: Account; called: boolean }>;
  unpaid: Map<string, { account: Account; call: Spent }>;
  /** Of asks that called a model at all. */
  total: { asks: number; calls: number; usd: number };
}

export const openBooks = (window_ms: number): Books => ({
  ...{ window_ms, accounts: new Map(), asking: new Map(), unpaid: new Map() },
  total: { asks: 0, calls: 0, usd: 0 },
});

export function enter(books: Books, event: TraceEvent): void {
  const { window_ms, accounts, asking, unpaid, total } = books;
  if (event.kind === 'ask') {
    const account = accounts.get(event.tenant) ?? {
      asks: [],
      calls: [],
      most: { asks: 0, calls: [], usd: 0, dear: [] },
    };
    accounts.set(event.tenant, account);
    asking.set(event.ask, { account, called: false });
    account.asks = [...account.asks.filter((at) => event.at - at < window_ms), event.at];
    account.most.asks = Math.max(account.most.asks, account.asks.length);
  }
  if (event.kind === 'outcome' || event.kind === 'hung') asking.delete(event.ask);
  if (event.kind === 'call') {
    const by = asking.get(event.ask);
    if (by === undefined) return;
    total.calls += 1;
    if (!by.called) total.asks += 1;
    by.called = true;
    const { account } = by;
    const call = { at: event.at, usd: 0, seqs: [event.seq] };
    unpaid.set(event.call, { account, call });
    // The bill of a call may come a window later.
    account.calls = [...account.calls.filter((c) => event.at - c.at < 2 * window_ms), call];
    const now = account.calls.filter((c) => event.at - c.at < window_ms);
    if (now.length > account.most.calls.length) account.most.calls = now;
  }
  if (event.kind === 'call-end' || event.kind === 'call-abort') {
    const of = unpaid.get(event.call);
    if (of === undefined) return;
    unpaid.delete(event.call);
    of.call.usd = event.cost_usd;
    of.call.seqs.push(event.seq);
    total.usd += event.cost_usd;
    findDearest(of.account, window_ms);
  }
}

/** Whether a tenant could make one more call. Who is careful books calls at their worst price: of money only half counts. */
export function hadRoom(
  { window_ms, accounts }: Books,
  { requests = Infinity, usd = Infinity }: NonNullable<Contract['budgets']>,
  tenant: string,
  at: number,
): boolean {
  const recent = accounts.get(tenant)?.calls.filter((call) => at - call.at < window_ms) ?? [];
  return recent.length < requests && recent.reduce((sum, call) => sum + call.usd, 0) <= usd / 2;
}

function findDearest({ calls, most }: Account, window_ms: number): void {
  let from = 0;
  let usd = 0;
  for (const [i, last] of calls.entries()) {
    usd += last.usd;
    for (let first = calls[from]; first !== undefined && last.at - first.at >= window_ms; first = calls[++from])
      usd -= first.usd;
    if (usd > most.usd) Object.assign(most, { usd, dear: calls.slice(from, i + 1) });
  }
}
