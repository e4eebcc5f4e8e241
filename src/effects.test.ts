import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventsOf } from './core/evidence.ts';
import type { EventOf } from './core/trace.ts';
import { runDrill } from './drill-run.fixture.ts';
import { Project } from './project.fixture.ts';

/** More of them: EFFECT_SEEDS=100 npx vitest run src/effects.test.ts --testTimeout 0 */
const SEEDS = Number(process.env['EFFECT_SEEDS'] ?? 10);

const DRILL = `
drill: failing_tools
title: Two tools fail while the first model goes away
hypothesis: Every effect happens at most once, and none is claimed that did not happen.
workflow: order-agent
phases:
  - name: outage
    tasks: 9
    load: { arrive: together }
    faults:
      - { fault: server-error, role: primary, when: { probability: 0.4 } }
      - { fault: tool-error, tool: issue_refund, when: { probability: 0.5 } }
      - { fault: tool-timeout-after-effect, tool: cancel_order, when: { probability: 0.7 } }
      - { fault: tool-timeout-after-effect, tool: send_label, when: { probability: 0.7 } }
      - { fault: tool-timeout, tool: change_address, when: { probability: 0.5 } }
expect:
  acts-once: {}
  claims-only-what-happened: {}
`;

it.each(['reference', 'fixtures/targets/good-orders.ts'])(
  'with tools that fail during failover, %s does nothing twice and claims nothing that the ledger lacks',
  async (target) => {
    using project = new Project({ 'drills/failing_tools.yaml': DRILL });
    const file = join(project.cwd, 'drills/failing_tools.yaml');
    let effects = 0;
    let failures = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { trace, report } = await runDrill({ names: [file], target, seed });
      const results = eventsOf(trace, 'tool-result').filter((e) => e.write);
      const news = results.filter((e) => e.effect === 'new');
      const keys = news.map((e) => `${e.phase}/${e.ask}/${e.tool}/${e.args_hash}`);
      expect(new Set(keys).size, `seed ${seed}`).toBe(keys.length);
      effects += news.length;
      failures += results.filter((e) => !e.ok).length;
      for (const outcome of eventsOf(trace, 'outcome'))
        expect(claimed(outcome).filter((tool) => !did(results, outcome, tool))).toEqual([]);
      const cells = report.drills.flatMap((d) => d.tasks.flatMap((t) => t.checks));
      expect(cells.filter((c) => c.verdict === 'failed').map((c) => `${c.check}: ${c.reason}`)).toEqual([]);
    }
    // The faults really met the writes.
    expect(effects).toBeGreaterThan(SEEDS);
    expect(failures).toBeGreaterThan(SEEDS / 2);
  },
);

const claimed = ({ outcome }: EventOf<'outcome'>) =>
  (outcome.actions ?? []).filter((a) => a.done === true).map((a) => a.tool);
/** A repeated use with the key of one whose answer is still awaited shows the effect as well. */
const did = (results: EventOf<'tool-result'>[], { ask, phase }: EventOf<'outcome'>, tool: string) =>
  results.some((e) => e.effect !== 'none' && e.ask === ask && e.phase === phase && e.tool === tool);
