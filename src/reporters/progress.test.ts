import { expect, test } from 'vitest';
import type { TraceEvent } from '../core/trace.ts';
import { progressLines } from './progress.ts';
import { sampleEvents } from './sample-run.fixture.ts';

function printed(time: 'virtual' | 'wall', asks: number): string {
  const lines: string[] = [];
  const see = progressLines(
    [
      { name: 'a', asks },
      { name: 'd\u001b[2J', asks: 1 },
    ],
    (text) => lines.push(text),
  );
  const event = (kind: string, at: number, more: object = {}) =>
    see({ seq: 0, at, drill: 'd\u001b[2J', phase: 'outage', kind, ...more } as unknown as TraceEvent);
  for (const one of sampleEvents) if (one.kind === 'run-header') see({ ...one, time });
  event('phase', 1000, { state: 'began' });
  for (const ask of [1, 2]) event('outcome', 1500, { ask });
  event('hung', 3000, { ask: 3 });
  event('phase', 3500, { state: 'ended' });
  return lines.join('');
}

test('a run that takes long tells of each phase as it ends, and a short one of none', () => {
  const line = 'd  outage ended: 3 tasks in 2.5 s\n';
  expect(printed('wall', 3)).toContain(line);
  expect(printed('virtual', 5000)).toBe(printed('wall', 3));
  expect(printed('virtual', 100)).toBe('');
});
