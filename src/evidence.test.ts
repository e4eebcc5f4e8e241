import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import type { CellReport, DrillReport } from './core/report.ts';
import type { TraceEvent } from './core/trace.ts';
import { type Ran, runDrill } from './drill-run.fixture.ts';
import { createDrillJudge } from './judge/judge-drill.ts';
import type { StoredInputs } from './judge/plan.ts';

/** Judges a stored run again, as far as its events go. */
function judgeAgain(run: Ran, events: readonly TraceEvent[]): DrillReport {
  const [inputs]: StoredInputs[] = JSON.parse(run.files['inputs.json'] ?? '');
  if (inputs === undefined) throw new Error('no inputs were stored');
  const judge = createDrillJudge({ ...inputs, checks: catalogue.checks });
  for (const event of events) judge.see(event);
  const report = judge.report();
  return { ...report, tasks: [...report.tasks] };
}

interface At {
  cell: CellReport;
  /** Undefined for the drill as a whole. */
  ask: number | undefined;
}

function cellsOf(drill: DrillReport): At[] {
  return [
    ...drill.checks.map((cell) => ({ cell, ask: undefined })),
    ...drill.tasks.flatMap((t) => t.checks.map((cell) => ({ cell, ask: t.ask }))),
  ];
}

function sameCell(drill: DrillReport, { cell, ask }: At): CellReport | undefined {
  return cellsOf(drill).find((c) => c.ask === ask && c.cell.check === cell.check)?.cell;
}

describe.each(['reference', 'fixtures/targets/good.ts', 'fixtures/targets/openai-sdk-agent.ts'])('%s', (target) => {
  it('is judged the same from the stored trace', async () => {
    const run = await runDrill({ target });
    expect(judgeAgain(run, run.trace)).toEqual(run.report.drills[0]);
  });

  it('every passed critical check points at events without which it would not pass', async () => {
    const run = await runDrill({ target });
    const [drill] = run.report.drills;
    const passed = cellsOf(drill ?? judgeAgain(run, run.trace)).filter(
      ({ cell }) => cell.verdict === 'passed' && cell.severity === 'critical',
    );
    expect(passed.length).toBeGreaterThan(20);
    for (const check of new Set(passed.map((p) => p.cell.check))) {
      // The first and the last of a kind: an ask that failed over, and one after the heal.
      const own = passed.filter((p) => p.cell.check === check);
      for (const at of [own[0], own.at(-1)]) {
        if (at === undefined) continue;
        expect(at.cell.evidence.length, check).toBeGreaterThan(0);
        const without = run.trace.filter((e) => !at.cell.evidence.includes(e.seq));
        expect(sameCell(judgeAgain(run, without), at)?.verdict, `${check} in ask ${at.ask}`).not.toBe('passed');
      }
    }
  });
});
