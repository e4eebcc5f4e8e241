import { expect, test } from 'vitest';
import { HOSTILE, namedDrill } from './formats.fixture.ts';
import { pullRequest } from './pull-request.ts';
import { failedDrill, openDrill, passedDrill, sampleRun, tell, written } from './sample-run.fixture.ts';

test('verdict, what failed, what is open, and the line that runs it again', () => {
  expect(written(pullRequest, tell(failedDrill, passedDrill, openDrill))).toBe(`<!-- failover-drill -->
## Failover drills: failed, score 70.8

Target \`reference\`, seed 7; drills: 1 failed, 1 passed, 1 inconclusive; notices: 6 judged, 0 texts unread.

### What failed

- **\`fails-over\`** (critical, 2 findings) in \`two_wrongs\`: refund_policy_edge_case (outage): the backup was never called; the primary failed (timeout) at 2.0 s

### Not decided

- \`timeout_primary\`: the baseline of late_delivery failed

Again: \`drill run timeout_primary two_wrongs --target reference --seed 7\`
`);
});

test('a run that was cut short says so, and a long one is still a comment', () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ ...failedDrill, name: `${i}${'x'.repeat(1000)}` }));
  const text = written(pullRequest, (open) => {
    for (const drill of many) open.onDrill?.(drill);
    return open.onEnd({ ...sampleRun, status: 'interrupted', unfinished: ['rate_limit_burst'] });
  });
  expect(text).toContain('\nthe run was interrupted\n');
  expect(text).toContain('- `rate_limit_burst`: it did not come to its end\n');
  expect(text).toContain('- and 290 more: they are in report.md\n');
  expect(text.length).toBeLessThan(20_000);
});

const LINKS = [
  '@everyone and @org/team',
  'https://evil.example',
  'see #12 and GH-3',
  'www.evil.example',
  '![x](y)',
  '<img>',
];

test.each([...HOSTILE.map(({ text }) => text), ...LINKS])('%j is text: no markup, no link, no mention', (evil) => {
  const target = { ...sampleRun.target, name: evil };
  const text = written(pullRequest, (open) => {
    open.onDrill?.(namedDrill(evil));
    return open.onEnd({ ...sampleRun, target, reproduce: evil, unfinished: [evil] });
  });
  const [mark, title, ...lines] = text.split('\n');
  expect([mark, title]).toEqual(['<!-- failover-drill -->', '## Failover drills: failed, score 70.8']);
  for (const line of lines) expect(line).toMatch(/^(?:$|- |### What failed$|### Not decided$|Target `|Again: `)/);
  const outside = lines.join('\n').replace(/`[^`\n]*`/g, '');
  expect(outside).not.toMatch(/[@#](?=[\w/])|:\/\/|www\.|gh-\d|<|(?<!\\)\[|(?<!\\)\]/i);
});
