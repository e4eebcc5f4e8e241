import { expect, it } from 'vitest';
import type { Detail, Row } from './data.ts';
import { markdownOf } from './detail.ts';

const HOSTILE = '# x\n- [a](javascript:b) <img src=x> | `c` *d* ![e](f) &lt; @team #1';

it('a task copied as Markdown is one paragraph and its list, whatever stands in it', () => {
  const row = { task: HOSTILE, phase: HOSTILE, verdict: 'failed', what: HOSTILE } as Row;
  const drill = { name: HOSTILE, reproduce: `drill run x\`y\n${HOSTILE}`, advice: { [HOSTILE]: HOSTILE } };
  const call = { ...{ role: HOSTILE, model: HOSTILE, turn: 1, attempt: 1, at: 0, first: null, end: 5, status: 200 } };
  const detail = {
    calls: [{ ...call, failure: HOSTILE, fault: HOSTILE, tokens: [0, 0], usd: 0, sent: null, came: null }],
    checks: [{ check: HOSTILE, severity: 'critical', verdict: 'failed', reason: HOSTILE, marks: [] }],
    got: [['answer', HOSTILE]],
  } as unknown as Detail;
  const lines = markdownOf(row, drill, detail).split('\n');
  expect(lines.map((line) => /^(?:\*\*| *- |Replay: |$)/.exec(line)?.[0])).toEqual([
    '**',
    '',
    '- ',
    '  - ',
    '- ',
    '- ',
    '',
    'Replay: ',
  ]);
  const outside = lines
    .slice(0, -1)
    .join('\n')
    .replaceAll(/\\[\\`*_{}[\]<>()#+!|~@&-]/g, '');
  expect(outside).not.toMatch(/[[\]<>`|@#&]/);
  expect(lines.at(-1)).toMatch(/^Replay: `` .* ``$/);
});
