import { expect, test } from 'vitest';
import { Notice, noticeText, OutcomeKind } from '../core/outcome.ts';
import { degradedNotice, noticeOf } from './notice.ts';

const STATE = { task_id: 't1', step: 'answer' };
const KINDS = OutcomeKind.exclude(['answered', 'abandoned']).options;
const ALL = [
  degradedNotice(STATE, true),
  degradedNotice(STATE, false),
  ...KINDS.map((kind) => noticeOf(kind, { state: STATE })),
];

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
    for (const kind of KINDS)
      expect(noticeText(noticeOf(kind, { state: nothing }))).not.toMatch(/is saved|from where it stopped/);
  }
});

test('an answer that is not safe to send is not called done', () => {
  expect(degradedNotice(STATE, false).action).toMatch(/review/);
  expect(degradedNotice(STATE, true).action).not.toMatch(/review/);
});

test('it says that nothing was done only where nothing was', () => {
  expect(noticeOf('queued', { state: STATE }).works).toContain('no action was taken');
  expect(noticeOf('queued', { state: STATE, done: true }).works).not.toContain('no action');
  expect(noticeOf('partial', { state: STATE, unsure: true }).limited).toContain('may or may not');
});
