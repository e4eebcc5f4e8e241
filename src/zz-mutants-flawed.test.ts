import { readdirSync } from 'node:fs';
import { it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';

const folder = 'fixtures/targets/flawed-orders/';
const seeds = (process.env['S'] ?? '1').split(',').map(Number);
it.each(readdirSync(folder))(
  '%s',
  async (f) => {
    const m = await import(`../${folder}${f}`);
    const expected = [m.flaw.check, ...m.flaw.also].sort().join(' ');
    for (const seed of seeds) {
      const run = await runDrill({ names: [m.flaw.drill], target: folder + f, seed });
      const d = run.report.drills[0];
      const bad = [...(d?.checks ?? []), ...(d?.tasks ?? []).flatMap((t) => t.checks)].filter(
        (c) => c.verdict === 'failed' && c.severity !== 'minor',
      );
      const found = [...new Set(bad.map((c) => c.check))].sort().join(' ');
      console.log(found === expected && run.code === 1 ? 'OK' : 'XX', f, seed, run.code, found, '| expected', expected);
    }
  },
  300000,
);
