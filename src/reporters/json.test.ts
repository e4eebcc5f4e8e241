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
  'written piece by piece, the bytes are those of the whole',
  (drills) => {
    const { about, ...run } = sampleRun;
    // What looks like the place of the drills inside a text is none.
    const target = { ...run.target, name: 'the "drills": [] target' };
    const whole = JSON.stringify({ ...run, target, drills, about }, null, 2);
    const text = written(json, (open) => {
      for (const drill of drills) open.onDrill?.(drill);
      return open.onEnd({ ...sampleRun, target });
    });
    expect(text).toBe(`${whole}\n`);
  },
);

test('a drill is written when it is over, and not kept', () => {
  const pieces: string[] = [];
  const open = json.open({ write: (piece) => void pieces.push(piece) }, { color: false, columns: 100, folder: '' });
  open.onDrill?.(passedDrill);
  expect(pieces.join('')).toContain('"timeout_primary"');
});
