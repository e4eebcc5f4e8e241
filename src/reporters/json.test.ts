import { expect, test } from 'vitest';
import { RunReport } from '../core/report.ts';
import { json } from './json.ts';
import { failedDrill, passedDrill, sampleRun, tell, written } from './sample-run.fixture.ts';

test('one document in the shape of run.json', () => {
  const text = written(json, tell(failedDrill, passedDrill));
  const run = RunReport.parse(JSON.parse(text));
  expect(run.drills.map((drill) => drill.name)).toEqual(['two_wrongs', 'timeout_primary']);
  expect(Object.keys(JSON.parse(text)).slice(-3)).toEqual(['unfinished', 'drills', 'about']);
  expect(text.endsWith('}\n')).toBe(true);
});

test.each([[[]], [[passedDrill]], [[failedDrill, passedDrill]]])(
  'written piece by piece, it is the whole, with a line an ask',
  (drills) => {
    const { about, ...run } = sampleRun;
    const text = written(json, (open) => {
      for (const drill of drills) open.onDrill?.(drill);
      return open.onEnd(sampleRun);
    });
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ ...run, drills, about })));
    const asks = drills.flatMap((drill) => drill.tasks);
    for (const ask of asks) expect(text.split('\n')).toContainEqual(expect.stringContaining(JSON.stringify(ask)));
  },
);

test('a drill is written when it is over, and not kept', () => {
  const pieces: string[] = [];
  const open = json.open({ write: (piece) => void pieces.push(piece) }, { color: false, columns: 100, folder: '' });
  open.onDrill?.(passedDrill);
  expect(pieces.join('')).toContain('"timeout_primary"');
});
