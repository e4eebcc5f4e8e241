import { entryOf } from '../core/once.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { BASELINE } from '../core/trace.ts';
import { count, seconds, unique } from '../text/words.ts';
import { Asks, Tally, type WholeAsk } from './whole-asks.ts';

/** Asking so many times as often as the quietest makes a tenant noisy. */
const NOISY = 2;

class Tenant {
  asks = 0;
  readonly tasks = new Set<string>();
  readonly served = new Tally();
  readonly harmed = new Tally();
}

/**
 * Tenants that ask no more than usual notice nothing of one that does. Low priorities may have to wait in a burst
 * all the same: of them only a failure counts.
 */
export const sparesQuietTenants = defineDrillCheck({
  name: 'spares-quiet-tenants',
  summary: 'Beside a noisy tenant the others end as in their baseline, inside their deadlines',
  reads: 'how asks of quiet tenants end beside a noisy one, against their baseline',
  severity: 'critical',
  advice: 'Limit each customer separately, so that a busy one cannot use up what the others need.',
  feature: 'budgets',
  open() {
    const asks = new Asks();
    /** How each task ends without faults. */
    const usual = new Map<string, string>();
    /** In the phase in hand. */
    const tenants = new Map<string, Tenant>();
    const quiet = new Tenant();

    function judge({ ask, ending, kind }: WholeAsk): void {
      const tenant = tenants.get(ask.tenant);
      const before = usual.get(ask.task);
      if (tenant === undefined || before === undefined) return;
      const took = ending.at - ask.at;
      const lost = kind === 'hung' || kind === 'failed' || (kind !== before && ask.priority !== 'low');
      const wrong = [
        ...(lost && kind !== before ? [`${ask.task} was ${kind}, ${before} in the baseline`] : []),
        ...(took > ask.deadline_ms ? [`${ask.task} took ${seconds(took)} of ${seconds(ask.deadline_ms)}`] : []),
      ];
      (wrong.length === 0 ? tenant.served : tenant.harmed).add(wrong, ask.seq, ending.seq);
    }

    /** Only now is it known who was quiet: how often a tenant asked each of its tasks says it. */
    function endPhase(): void {
      const all = [...tenants.values()];
      const often = (t: Tenant) => t.asks / t.tasks.size;
      const least = Math.min(...all.map(often));
      const calm = all.filter((t) => often(t) < NOISY * least);
      for (const { asks: some, served, harmed } of calm.length < all.length ? calm : []) {
        quiet.asks += some;
        quiet.served.addAll(served);
        quiet.harmed.addAll(harmed);
      }
      tenants.clear();
    }

    return {
      step(event) {
        if (event.kind === 'outcome' && event.phase === BASELINE) usual.set(event.task, event.outcome.kind);
        const ended = asks.follow(event);
        if (event.kind === 'ask' && asks.isInPhase(event)) {
          const tenant = entryOf(tenants, event.tenant, () => new Tenant());
          tenant.asks += 1;
          tenant.tasks.add(event.task);
        }
        if (ended !== undefined) judge(ended);
        if (event.kind === 'phase' && event.state === 'ended') endPhase();
      },
      verdict() {
        const { asks: n, served, harmed } = quiet;
        const all = `${count(n, 'ask')} of quiet tenants`;
        const examples = unique(harmed.examples).slice(0, 5).join('; ');
        if (harmed.count > 0) return failed(`${harmed.count} of ${all} suffered: ${examples}`, asks, harmed);
        if (served.count > 0) return passed(`${served.count} of ${all} ended as in the baseline`, asks, served);
        return nothingToJudge(n > 0 ? 'the baseline of no quiet tenant is known' : 'no tenant was noisy beside others');
      },
    };
  },
});
