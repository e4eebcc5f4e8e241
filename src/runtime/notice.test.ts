import { expect, test } from 'vitest';
import { Notice, noticeText } from '../core/outcome.ts';
import { degradedNotice, stoppedNotice } from './notice.ts';
import type { Ending } from './policy.ts';

const STATE = { task_id: 't1', step: 'answer' };
const ENDINGS: Ending[] = ['declined', 'queued', 'needs_review', 'failed'];
const ALL = [degradedNotice(STATE, true), degradedNotice(STATE, false), ...ENDINGS.map((e) => stoppedNotice(e, STATE))];

test.each(ALL.map((n) => [n]))('each notice gives all five answers and names no machinery', (notice) => {
  expect(Notice.parse(notice)).toEqual(notice);
  expect(Object.values(notice).every((sentence) => sentence.length > 10)).toBe(true);
  expect(noticeText(notice)).not.toMatch(
    /openai|anthropic|gpt|claude|model|provider|primary|backup|\d{3}|timeout|something went wrong/i,
  );
});

test('it says saved only where something is', () => {
  expect(degradedNotice(STATE, true).saved).toContain('is saved');
  for (const nothing of [undefined, {}]) {
    expect(degradedNotice(nothing, true).saved).toContain('Nothing was saved');
    for (const ending of ENDINGS)
      expect(noticeText(stoppedNotice(ending, nothing))).not.toMatch(/is saved|from where it stopped/);
  }
});

test('an answer that is not safe to send is not called done', () => {
  expect(degradedNotice(STATE, false).action).toMatch(/review/);
  expect(degradedNotice(STATE, true).action).not.toMatch(/review/);
});
