import { expect, test } from 'vitest';
import { runDrill } from '../drill-run.fixture.ts';

test('a fallback is trusted less where its answers lose more, and only a fault of quality measures that', async () => {
  const { report } = await runDrill({ names: ['citation_quality_drop'] });
  const paths = report.drills[0]?.paths;
  expect(paths?.quality_fault).toBe(true);
  expect(paths?.phases.map(({ phase, why }) => [phase, why.split(' of ')[0]]).slice(0, 2)).toEqual([
    ['a_quarter', expect.stringMatching(/^[1-9]$/)],
    ['half', '10'],
  ]);
  const outage = await runDrill({ names: ['timeout_primary'] });
  expect(outage.report.drills[0]?.paths).toMatchObject({ quality_fault: false, recommendation: 'degraded_mode' });
});
