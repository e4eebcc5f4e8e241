import { expect, it } from 'vitest';
import type { ChangedTask, Comparison } from '../../core/comparison.ts';
import { sectionsOf } from './diff-words.ts';

it('what fails without any fault is told of those of which it is so', () => {
  const of = (task: string, more: Partial<ChangedTask> = {}): ChangedTask => ({
    ...{ drill: 'd', phase: 'out', task, before: 'failed', now: 'inconclusive', ...more },
  });
  const verdicts = [of('a'), of('b', { baseline: 'no answer' }), of('c', { baseline: 'no answer' })];
  const nothing = { broke: [], unjudged: [], healed: [], drills: [], slower: [], dearer: [], faster: [], cheaper: [] };
  const same = (text: string) => text;
  const comparison = { ...nothing, only_before: [], only_now: [], verdicts } as unknown as Comparison;
  expect(sectionsOf(comparison, { name: same, text: same, check: same })).toEqual([
    {
      title: 'verdicts',
      lines: [
        'd, out, 1 task (a): failed → inconclusive',
        'd, out, 2 tasks (b, c): failed → inconclusive; without any fault: no answer',
      ],
    },
  ]);
});
