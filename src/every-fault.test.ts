import { expect, it } from 'vitest';
import type { RunReport } from './core/report.ts';
import { runDrill } from './drill-run.fixture.ts';

/** What failed, or could not be judged, by the name of the alternative. */
const trouble = ({ drills }: RunReport): string[] =>
  drills.flatMap(({ name, verdict, reasons, checks, tasks }) => {
    if (verdict === 'passed' || verdict === 'not_applicable') return [];
    const cells = [...checks, ...tasks.flatMap((task) => task.checks)].filter((cell) => cell.verdict === 'failed');
    return [
      `${name}: ${[...reasons.map(({ reason }) => reason), ...cells.map((c) => `${c.check}: ${c.reason}`)].join('; ')}`,
    ];
  });

it.each(['reference', 'fixtures/targets/good.ts', 'fixtures/targets/good-orders.ts'])(
  '%s has no finding, whatever breaks',
  async (target) => {
    const { report, code, screen } = await runDrill({ names: ['every_fault'], target });
    console.log(screen);
    expect(trouble(report)).toEqual([]);
    expect(code).toBe(0);
    expect(report.drills.flatMap(({ words }) => words.unread)).toEqual([]);
  },
);
