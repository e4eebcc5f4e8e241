import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { BASELINE } from '../core/trace.ts';
import { count, seconds, unique } from '../text/words.ts';
import { cooldownOf } from './cooldown.ts';
import { Asks, Tally, type WholeAsk } from './whole-asks.ts';

/** After the incident everything is as before: an ask under no fault ends as it does without any. */
export const recovers = defineDrillCheck({
  name: 'recovers',
  summary: 'Once the faults are over, and the cooldown with them, asks end as they did in the baseline',
  severity: 'critical',
  advice:
    'Do not keep the failure for ever: try the first role again after the cooldown, and clear what the failure left behind.',
  reads: 'how asks end in phases without faults, against their baseline',
  implies: () => ({}),
  open({ declares, phases }) {
    const cooldown = cooldownOf(declares);
    const asks = new Asks();
    /** How each task ends without faults. */
    const usual = new Map<string, WholeAsk['kind']>();
    /** Tasks that end degraded without faults. */
    const degradedBefore = new Set<string>();
    let stillDegraded = 0;
    /** When the last phase with faults ended; undefined before the first, and while one lasts. */
    let healedAt: number | undefined;
    const well = new Tally();
    const ill = new Tally();
    const hasFaults = (name: string) => phases.some((phase) => phase.name === name && phase.faults.length > 0);

    function judge({ ask, ending, kind }: WholeAsk): void {
      const before = usual.get(ask.task);
      if (healedAt === undefined || ask.at < healedAt + cooldown || before === undefined) return;
      // A task that could not even be answered without faults shows nothing.
      if (before === 'hung' || OUTCOME_KINDS[before].lost) return;
      if (kind === before || kind === 'answered') {
        well.add([], ask.seq, ending.seq);
        if (isDegraded(ending) && !degradedBefore.has(ask.task)) stillDegraded += 1;
      } else ill.add([`${ask.task} was ${kind}, ${before} in the baseline`], ask.seq, ending.seq);
    }

    return {
      step(event) {
        if (event.kind === 'run-header') return;
        if (event.phase === BASELINE) {
          if (event.kind !== 'outcome') return;
          usual.set(event.task, event.outcome.kind);
          if (isDegraded(event)) degradedBefore.add(event.task);
          return;
        }
        if (event.kind === 'phase' && hasFaults(event.phase)) healedAt = event.state === 'ended' ? event.at : undefined;
        const ended = asks.follow(event);
        if (ended !== undefined) judge(ended);
      },
      verdict() {
        const all = `${count(well.count + ill.count, 'ask')} from ${seconds(cooldown)} after the faults on`;
        if (ill.count > 0)
          return failed(`${ill.count} of ${all} not as before: ${unique(ill.examples).join('; ')}`, asks, ill);
        if (well.count === 0) return nothingToJudge(`no ask came ${seconds(cooldown)} or more after the last fault`);
        // Whether to go back is another check's to judge; a reader should see it here as well.
        const rest = stillDegraded > 0 ? `, ${stillDegraded} of them still degraded` : '';
        return passed(`${all} ended as in the baseline${rest}`, asks, well);
      },
    };
  },
});

const isDegraded = (ending: WholeAsk['ending']) => ending.kind === 'outcome' && ending.outcome.degraded === true;
