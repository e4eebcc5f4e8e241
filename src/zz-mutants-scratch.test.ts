import { it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';

const seeds = (process.env['S'] ?? '1').split(',').map(Number);
const drills = (
  process.env['D'] ??
  'all_models_down,citation_quality_drop,invalid_schema_backup,no_tool_support,rate_limit_burst,timeout_primary'
).split(',');
const targets = (process.env['T'] ?? 'reference').split(',');
it.each(targets.flatMap((t) => drills.map((d) => [t, d] as const)))(
  '%s %s',
  async (t, name) => {
    const mutant = t.startsWith('m:');
    for (const seed of seeds) {
      const t0 = process.hrtime.bigint();
      const run = await runDrill({
        names: [name],
        seed,
        ...(mutant ? { cwd: '/tmp/w4m/' + t.slice(2), target: './src/runtime/reference.ts' } : { target: t }),
      });
      const ms = Number((process.hrtime.bigint() - t0) / 1000000n);
      const d = run.report.drills[0];
      const bad = [
        ...(d?.checks ?? []).map((c) => ({ ...c, task: '*', phase: '*' })),
        ...(d?.tasks ?? []).flatMap((t) => t.checks.map((c) => ({ ...c, task: t.task, phase: t.phase }))),
      ].filter((c) => c.verdict === 'failed');
      const seen = new Set();
      const few = bad.filter((b) => process.env['ALL'] || (!seen.has(b.check) && seen.add(b.check)));
      console.log(
        t,
        name.split('/').at(-1),
        seed,
        'code=' + run.code,
        d?.verdict,
        ms + 'ms',
        few
          .map((b) => `\n   ${b.phase}/${b.task} ${b.severity} ${b.check}: ${b.reason}`)
          .slice(0, 12)
          .join(''),
        d?.reasons
          .map((r) => r.reason)
          .slice(0, 3)
          .join(' | '),
      );
      if (process.env['V']) {
        const na: Record<string, Record<string, number>> = {};
        for (const c of [...(d?.checks ?? []), ...(d?.tasks ?? []).flatMap((t) => t.checks)]) {
          const k = (na[c.check] ??= {});
          k[c.verdict] = (k[c.verdict] ?? 0) + 1;
        }
        for (const [k, v] of Object.entries(na)) console.log('   ', k, JSON.stringify(v));
        for (const c of d?.checks ?? []) console.log('  D', c.check, c.verdict, c.reason);
        const kinds: Record<string, number> = {};
        for (const t of d?.tasks ?? []) {
          const k = t.phase + ':' + t.outcome?.kind;
          kinds[k] = (kinds[k] ?? 0) + 1;
        }
        console.log(JSON.stringify(kinds));
        console.log(JSON.stringify(d?.faults));
      }
      if (process.env['L'])
        for (const t of d?.tasks ?? [])
          console.log(
            `  ${t.phase} ${t.task} ${t.tenant.slice(0, 4)} ${t.outcome?.kind} ${t.latency_ms}ms ${t.calls.map((c) => c.role.slice(0, 2) + '@' + c.at_ms + (c.failure_mode ? '!' + c.failure_mode : '')).join(' ')} eff ${JSON.stringify(t.effects)}`,
          );
    }
  },
  300000,
);
