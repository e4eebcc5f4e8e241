import { it } from 'vitest';
import { runDrill } from './drill-run.fixture.ts';
it('x', async () => {
  const t = performance.now();
  const r = await runDrill({ target: process.env.T ?? 'fixtures/targets/good.ts' });
  console.log(r.screen, r.code, Math.round(performance.now() - t));
});
