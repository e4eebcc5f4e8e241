import { expect, test } from 'vitest';
import { RunReport } from '../core/report.ts';
import { json } from './json.ts';
import { failedDrill, passedDrill, tell, written } from './sample-run.fixture.ts';

test('one document in the shape of run.json', () => {
  const text = written(json, tell(failedDrill, passedDrill));
  const run = RunReport.parse(JSON.parse(text));
  expect(run.drills.map((drill) => drill.name)).toEqual(['two_wrongs', 'timeout_primary']);
  expect(Object.keys(JSON.parse(text)).slice(-3)).toEqual(['reproduce', 'drills', 'about']);
  expect(text.endsWith('}\n')).toBe(true);
});
