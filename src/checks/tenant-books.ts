import type { Contract } from '../core/contract.ts';
import { entryOf } from '../core/once.ts';
import type { TraceEvent } from '../core/trace.ts';

/** A call counts from its beginning, with what it cost when that is known. */
export interface Spent {
  at: number;
  usd: number;
  seqs: number[];
  /** It cost what nobody knows. */
  unpriced?: true;
}

class Account {
  /** When the tenant asked, and its calls, as far back as a window reaches. */
  asks: { at: number }[] = [];
  calls: Spent[] = [];
  /** The fullest windows so far. */
  readonly most: { asks: number; calls: Spent[]; usd: number; dear: Spent[] } = {
    asks: 0,
    calls: [],
    usd: 0,
    dear: [],
  };
}

/** What each tenant asked, called and paid in a window that slides; memory holds two windows. */
export class Books {
  readonly accounts = new Map<string, Account>();
  /** Of asks that called a model at all. */
  readonly total = { asks: 0, calls: 0, usd: 0 };
  /** Roles whose calls cost what nobody knows. */
  readonly unpriced = new Set<string>();
  /** Asks, and calls that are not paid yet. */
  private readonly asking = new Map<number, { account: Account; called: boolean }>();
  private readonly unpaid = new Map<string, { account: Account; call: Spent; role: string }>();
  private readonly budgets: Contract['budgets'];
  private readonly window_ms: number;

  constructor(budgets: Contract['budgets']) {
    this.budgets = budgets;
    this.window_ms = budgets?.window_ms ?? 0;
  }

  enter(event: TraceEvent): void {
    if (event.kind === 'ask') {
      const account = entryOf(this.accounts, event.tenant, () => new Account());
      this.asking.set(event.ask, { account, called: false });
      account.asks.splice(0, gone(account.asks, event.at - this.window_ms));
      account.asks.push({ at: event.at });
      account.most.asks = Math.max(account.most.asks, account.asks.length);
    }
    if (event.kind === 'outcome' || event.kind === 'hung') this.asking.delete(event.ask);
    if (event.kind === 'call') {
      const by = this.asking.get(event.ask);
      if (by === undefined) return;
      this.total.calls += 1;
      if (!by.called) this.total.asks += 1;
      by.called = true;
      const { account } = by;
      const call: Spent = { at: event.at, usd: 0, seqs: [event.seq] };
      this.unpaid.set(event.call, { account, call, role: event.role });
      // The bill of a call may come a window later.
      const { calls, most } = account;
      calls.splice(0, gone(calls, event.at - 2 * this.window_ms));
      calls.push(call);
      const first = gone(calls, event.at - this.window_ms);
      if (calls.length - first > most.calls.length) most.calls = calls.slice(first);
    }
    if (event.kind === 'call-end' || event.kind === 'call-abort') {
      const paid = this.unpaid.get(event.call);
      if (paid === undefined) return;
      this.unpaid.delete(event.call);
      if (event.cost_usd === null) {
        paid.call.unpriced = true;
        this.unpriced.add(paid.role);
      }
      paid.call.usd = event.cost_usd ?? 0;
      paid.call.seqs.push(event.seq);
      this.total.usd += paid.call.usd;
      findDearest(paid.account, this.window_ms);
    }
  }

  /** Whether a tenant could make one more call. Who is careful books calls at their worst price: of money only half counts. */
  hadRoom(tenant: string, at: number): boolean {
    const { requests = Infinity, usd = Infinity } = this.budgets ?? {};
    const recent = this.accounts.get(tenant)?.calls.filter((call) => at - call.at < this.window_ms) ?? [];
    if (usd < Infinity && recent.some((call) => call.unpriced)) return false;
    return recent.length < requests && recent.reduce((sum, call) => sum + call.usd, 0) <= usd / 2;
  }
}

/** How many of them came by then; they stand in their order. */
function gone(all: readonly { at: number }[], by: number): number {
  const first = all.findIndex(({ at }) => at > by);
  return first < 0 ? all.length : first;
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
