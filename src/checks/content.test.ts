import { expect, test } from 'vitest';
import { answerOf, contentText, dataOf } from './content.ts';

const data = { answer: 'A "quoted" line', citations: ['policy_v3'], nested: { note: 'B' } };

test('structured output may come as JSON text', () => {
  const asText = { kind: 'answered', answer: JSON.stringify(data) } as const;
  const asData = { kind: 'answered', answer: data.answer, data } as const;
  for (const outcome of [asText, asData])
    expect([dataOf(outcome), answerOf(outcome), contentText(outcome)]).toEqual([
      data,
      'A "quoted" line',
      'A "quoted" line\npolicy_v3\nB',
    ]);
});

test('a text that is no JSON is prose', () => {
  const outcome = { kind: 'answered', answer: '{"answer": "cut' } as const;
  expect([dataOf(outcome), answerOf(outcome)]).toEqual([undefined, '{"answer": "cut']);
});
