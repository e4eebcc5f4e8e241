import type { Catalogue } from './config/catalogue-type.ts';
import type { Clock } from './core/clock.ts';
import { skipped } from './judge/summary.ts';
import type { RunRequest } from './opened.ts';
import { judgePlanOf, type Plan } from './run/plan.ts';
import { asksOf } from './run/play.ts';
import type { Reports } from './run/reports.ts';
import type { RunJob } from './run/run.ts';
import { asOurs } from './world/index.ts';

/**
 * What shows a run while it goes on, as its user wished: a screen around the words of the one who speaks to the terminal, or
 * lines beside them. What draws a screen is loaded for nothing else.
 */
export async function watched(
  { ui, json, screen, stderr, signal }: RunRequest,
  { plans, clock }: { plans: readonly Plan[]; clock: Clock },
  { terminal }: Pick<Reports, 'terminal'>,
  reporters: Catalogue['reporters'],
): Promise<Pick<RunJob, 'reporters' | 'terminal' | 'onEvent'>> {
  if (ui === undefined || json) return { reporters, terminal };
  const ahead = plans.map((plan) => ({
    name: plan.drill.drill,
    asks: skipped(judgePlanOf(plan)) === undefined ? asksOf(plan) : 0,
  }));
  const words = reporters.find(({ name }) => name === terminal.reporter);
  if (ui === 'ink' && screen !== undefined && words !== undefined) {
    const { liveScreen } = await import('./reporters/live/index.ts');
    const live = liveScreen({ screen, words, ahead, clock, signal, outside: asOurs });
    return { reporters: [...reporters, live], terminal: { ...terminal, reporter: live.name } };
  }
  const { progressLines } = await import('./reporters/progress.ts');
  return { reporters, terminal, onEvent: progressLines(ahead, (text) => stderr.write(text)) };
}
