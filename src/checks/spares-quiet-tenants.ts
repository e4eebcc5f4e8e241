import { z } from 'zod';
import { defineDrillCheck } from '../core/plugin.ts';
import { BASELINE } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { type Asks, follow, noAsks, note, type WholeAsk } from './whole-asks.ts';
import { count, seconds, unique } from './words.ts';

/** One tenant in the phase in hand. */
interface Tenant {
  asks: number;
  tasks: Set<string>;
  served: number;
  proof: number[];
  harmed: { count: number; what: string[]; proof: number[] };
}

interface State {
  asks: Asks;
  /** How each task ends without faults. */
  usual: Map<string, string>;
  tenants: Map<string, Tenant>;
  quiet: Tenant;
}

/** Asking so many times as often as the quietest makes a tenant noisy. */
const NOISY = 2;

/**
 * Tenants that ask no more than usual notice nothing of one that does. Low priorities may have to wait in a burst
 * all the same: of them only a failure counts.
 */
export const sparesQuietTenants = defineDrillCheck({
  name: 'spares-quiet-tenants',
  summary: 'Beside a noisy tenant the others end as in their baseline, inside their deadlines',
  reads: 'how asks of quiet tenants end beside a noisy one, against their baseline',
  severity: 'critical',
  feature: 'budgets',
  params: z.strictObject({}),
  example: 'spares-quiet-tenants: {}',
  init: (): State => ({ asks: noAsks(), usual: new Map(), tenants: new Map(), quiet: nobody() }),
  step(state, event) {
    if (event.kind === 'outcome' && event.phase === BASELINE) state.usual.set(event.task, event.outcome.kind);
    const whole = follow(state.asks, event);
    if (event.kind === 'ask' && event.phase === state.asks.phase) {
      const tenant = state.tenants.get(event.tenant) ?? nobody();
      state.tenants.set(event.tenant, tenant);
      tenant.asks += 1;
      tenant.tasks.add(event.task);
    }
    if (whole !== undefined) judgeAsk(state, whole);
    if (event.kind === 'phase' && event.state === 'ended') endPhase(state);
    return state;
  },
  verdict({ asks, quiet: { asks: all, served, proof, harmed } }) {
    if (harmed.count > 0) {
      const examples = unique(harmed.what).slice(0, 5).join('; ');
      return failed(`${harmed.count} of ${count(all, 'ask')} of quiet tenants suffered: ${examples}`, [
        ...asks.phases,
        ...harmed.proof,
      ]);
    }
    if (served > 0)
      return passed(`${served} of ${count(all, 'ask')} of quiet tenants ended as in the baseline`, [
        ...asks.phases,
        ...proof,
      ]);
    return nothingToJudge(all > 0 ? 'the baseline of no quiet tenant is known' : 'no tenant was noisy beside others');
  },
});

const nobody = (): Tenant => ({
  ...{ asks: 0, tasks: new Set(), served: 0, proof: [] },
  harmed: { count: 0, what: [], proof: [] },
});

function judgeAsk({ tenants, usual }: State, { ask, ending }: WholeAsk): void {
  const tenant = tenants.get(ask.tenant);
  const before = usual.get(ask.task);
  if (tenant === undefined || before === undefined) return;
  const kind = ending.kind === 'hung' ? 'hung' : ending.outcome.kind;
  const took = ending.at - ask.at;
  const lost = kind === 'hung' || kind === 'failed' || (kind !== before && ask.priority !== 'low');
  const wrong = [
    ...(lost && kind !== before ? [`${ask.task} was ${kind}, ${before} in the baseline`] : []),
    ...(took > ask.deadline_ms ? [`${ask.task} took ${seconds(took)} of ${seconds(ask.deadline_ms)}`] : []),
  ];
  if (wrong.length === 0) {
    tenant.served += 1;
    note(tenant.proof, ask.seq, ending.seq);
    return;
  }
  tenant.harmed.count += 1;
  note(tenant.harmed.proof, ask.seq, ending.seq);
  if (tenant.harmed.what.length < 5) tenant.harmed.what.push(...wrong);
}

/** Only now is it known who was quiet: how often a tenant asked each of its tasks says it. */
function endPhase({ tenants, quiet }: State): void {
  const all = [...tenants.values()];
  const often = (t: Tenant) => t.asks / t.tasks.size;
  const least = Math.min(...all.map(often));
  const calm = all.filter((t) => often(t) < NOISY * least);
  if (calm.length < all.length)
    for (const { asks, served, proof, harmed } of calm) {
      quiet.asks += asks;
      quiet.served += served;
      quiet.harmed.count += harmed.count;
      quiet.harmed.what.push(...harmed.what);
      note(quiet.proof, ...proof);
      note(quiet.harmed.proof, ...harmed.proof);
    }
  tenants.clear();
}
