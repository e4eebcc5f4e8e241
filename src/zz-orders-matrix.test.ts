import { readdirSync } from 'node:fs';
import { it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';

const targets = (process.env['T'] ?? '').split(',').filter(Boolean);
const seeds = (process.env['S'] ?? '7').split(',').map(Number);
const drills = (
  process.env['D'] ??
  'all_models_down,citation_quality_drop,invalid_schema_backup,no_tool_support,rate_limit_burst,timeout_primary'
).split(',');
const folder = 'fixtures/targets/flawed-orders/';
const all = process.env['ALL'] ? readdirSync(folder).map((f) => folder + f) : targets;
it.each(all)(
  '%s',
  async (target) => {
    let names = drills;
    let expected = '';
    if (target.includes('flawed-orders')) {
      const m = await import(`../${target}`);
      if (!process.env['D']) names = [m.flaw.drill];
      expected = [m.flaw.check, ...m.flaw.also].sort().join(' ');
    }
    for (const name of names)
      for (const seed of seeds) {
        const run = await runDrill({ names: [name], target, seed });
        const d = run.report.drills[0];
        if (d === undefined) continue;
        const cells = [
          ...d.checks.map((c) => ({ ...c, task: '*', phase: '*' })),
          ...d.tasks.flatMap((t) => t.checks.map((c) => ({ ...c, task: t.task, phase: t.phase }))),
        ];
        const bad = cells.filter((c) => c.verdict === 'failed');
        const found = [...new Set(bad.filter((c) => c.severity !== 'minor').map((c) => c.check))].sort().join(' ');
        console.log(
          `${found === expected ? 'OK ' : 'XX '} ${target.split('/').at(-1)} ${name} ${seed} code ${run.code} found [${found}]${found === expected ? '' : ` expected [${expected}]`}`,
        );
        for (const r of d.reasons) if (!process.env['B']) console.log(`     ! ${r.reason.slice(0, 250)}`);
        const seen = new Set<string>();
        for (const b of bad) {
          const k = `${b.check}`;
          if (seen.has(k) && !process.env['V']) continue;
          seen.add(k);
          if (found !== expected || process.env['V'])
            console.log(`     x ${b.phase} ${b.task} ${b.check}: ${b.reason.slice(0, 300)}`);
        }
        if (process.env['L'])
          for (const t of d.tasks)
            console.log(
              `       ${t.phase} ${t.task} ${t.outcome?.kind} ${t.latency_ms}ms ${t.calls.map((c) => c.role[0] + '@' + c.at_ms + (c.failure_mode ? '!' + c.failure_mode : '')).join(' ')}`,
            );
      }
  },
  120000,
);
