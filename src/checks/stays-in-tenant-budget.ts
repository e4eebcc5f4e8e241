import { defineDrillCheck, failed, notApplicable, nothingToJudge, passed } from '../core/plugin.ts';
import { count, priceUnknown, seconds, usd } from '../text/words.ts';
import { Books, type Spent } from './tenant-books.ts';
import { Asks } from './whole-asks.ts';

const MOST_PROOF = 100;

/** Over all roles together: a failover does not fill the purse again. */
export const staysInTenantBudget = defineDrillCheck({
  name: 'stays-in-tenant-budget',
  summary: "No tenant's calls exceed the contract's budgets in any window, over all roles together",
  reads: 'calls and cost of each tenant in every window',
  severity: 'critical',
  advice: 'Count calls and cost of each customer over all roles, and stop before the limit of the window.',
  feature: 'budgets',
  implies: (_task, contract) => (contract?.budgets === undefined ? undefined : {}),
  open({ contract }) {
    const budgets = contract?.budgets;
    const asks = new Asks();
    const books = new Books(budgets);
    return {
      step(event) {
        asks.follow(event);
        if (asks.isInPhase(event)) books.enter(event);
      },
      verdict() {
        if (budgets === undefined) return notApplicable('the contract has no budgets');
        const { total } = books;
        const callsEach = total.calls / Math.max(1, total.asks);
        const usdEach = total.usd / Math.max(1, total.asks);
        const calls = (n: number) => count(n, 'call');
        const uses = [...books.accounts.values()].flatMap(({ most }) => [
          ...use(most.calls.length, 1, most.asks * callsEach, budgets.requests, most.calls, calls),
          ...use(most.usd, usdEach, most.asks * usdEach, budgets.usd, most.dear, usd),
        ]);
        const worst = uses.toSorted((a, b) => b.share - a.share)[0];
        if (worst === undefined) return nothingToJudge('nothing was asked');
        const within = `${worst.used} of one tenant in ${seconds(budgets.window_ms)}, ${worst.limit} allowed`;
        const proof = worst.calls.flatMap((c) => c.seqs).slice(0, MOST_PROOF);
        if (worst.share > 1 + 1e-9) return failed(within, asks, proof);
        if (budgets.usd !== undefined && books.unpriced.size > 0)
          return nothingToJudge(priceUnknown([...books.unpriced]));
        const tested = uses.filter((u) => u.tested).length;
        if (tested === 0) return nothingToJudge(`no tenant came to the end of its budget: at most ${within}`);
        return passed(`at most ${within}; ${count(tested, 'budget')} put to the test`, asks, proof);
      },
    };
  },
});

/**
 * How much of a budget was used, where there is one. It was put to the test where one more would have broken it, or where
 * the tenant asked for more than it allows, at the usual price of an ask.
 */
function use(
  used: number,
  more: number,
  wished: number,
  limit: number | undefined,
  calls: Spent[],
  say: (n: number) => string,
) {
  if (limit === undefined) return [];
  const tested = used + more > limit || wished > limit;
  return [{ share: limit === 0 && used === 0 ? 0 : used / limit, used: say(used), limit: say(limit), tested, calls }];
}
