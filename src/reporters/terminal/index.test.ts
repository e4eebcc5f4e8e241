import { expect, test } from 'vitest';
import type { CellReport } from '../../core/report.ts';
import { failedDrill, openDrill, passedDrill, sampleRun, tell, written } from '../sample-run.fixture.ts';
import { terminal } from './index.ts';

const wide = (text: string): number => Math.max(...text.split('\n').map((line) => [...line].length));

test('a passed run', () => {
  const text = written(terminal, tell(passedDrill), { color: false, columns: 100, folder: 'reports/r-1' });
  expect(text).toMatchInlineSnapshot(`
    "timeout_primary  The primary provider never answers
    target reference · seed 7 · virtual time

    outage: hang on primary
      ✓ refund_policy_edge_case  primary timeout → backup  2.9 s   1 retry  $0.0041
        told “I can still help, but live actions are temporarily limited. You can try again in a few mi…

    still_out: hang on primary
      ✓ late_delivery            backup (primary spared)   0.9 s  no retry  $0.0031
        told “I can still help, but live actions are temporarily limited. You can try again in a few mi…

    healed: no fault
      ✓ gift_card_balance        primary                   0.9 s  no retry  $0.0031
        no notice needed

    the drill as a whole
      ✓ spares-the-dead  no call reached the primary between 4.0 s and 9.0 s

    PASSED timeout_primary  score 100  3 tasks · 1 failed over · 1 spared · 1 on primary
      notices: 6 judged, 0 texts unread  reports/r-1
    "
  `);
  expect(wide(text)).toBeLessThanOrEqual(100);
});

test('a failed run in 80 columns', () => {
  const text = written(terminal, tell(failedDrill, passedDrill), { color: false, columns: 80, folder: 'reports/r-1' });
  expect(text).toMatchInlineSnapshot(`
    "two_wrongs  The primary provider never answers
    target reference · seed 7 · virtual time

    what is open
      ? the fault hang on backup never fired
        fix: let the drill reach the backup

    outage: hang on primary
      ✗ refund_policy_edge_c…  hung waiting for a repl…  never   no retry  $0.0031
      ✗ late_delivery          primary timeout, backup…  4.1 s  2 retries  $0.0031
        told nothing

    healed: no fault
      ? gift_card_balance      primary                   0.9 s   no retry  $0.0031
        no notice needed

    what failed
      ✗ fails-over  critical, 2 of 3 tasks
        refund_policy_edge_case (outage): the backup was never called; the primary
        failed (timeout) at 2.0 s
        late_delivery (outage): nobody answered: "a < b & c" | red
          #12  0.0 s  fault-fired  hang on primary: never answers  refund_policy_ed…
          #14  2.0 s  call-abort  refund_policy_edge_case
          #99
        fix: Call the backup. More: drill explain fails-over
      reproduce: drill run two_wrongs --target ./agent.ts --seed 7

    timeout_primary  The primary provider never answers
    target reference · seed 7 · virtual time

    outage: hang on primary
      ✓ refund_policy_edge_ca…  primary timeout → backup  2.9 s   1 retry  $0.0041
        told “I can still help, but live actions are temporarily limited. You can t…

    still_out: hang on primary
      ✓ late_delivery           backup (primary spared)   0.9 s  no retry  $0.0031
        told “I can still help, but live actions are temporarily limited. You can t…

    healed: no fault
      ✓ gift_card_balance       primary                   0.9 s  no retry  $0.0031
        no notice needed

    the drill as a whole
      ✓ spares-the-dead  no call reached the primary between 4.0 s and 9.0 s

    FAILED two_wrongs  score 41.7  3 tasks · 1 hung · 1 failed · 1 on primary
    PASSED timeout_primary  score 100
      3 tasks · 1 failed over · 1 spared · 1 on primary
    FAILED 2 drills  notices: 6 judged, 0 texts unread  reports/r-1
    "
  `);
  expect(wide(text)).toBeLessThanOrEqual(80);
});

test('a wide screen has the notices on the lines of their tasks', () => {
  const text = written(terminal, tell(passedDrill), { color: false, columns: 140, folder: 'reports/r-1' });
  expect(text).toContain('$0.0041  “I can still help, but live actions are temporarily…');
  expect(text).toContain('$0.0031  no notice needed');
});

test('no escape sequence of a target reaches the screen; ours do, where colour is wanted', () => {
  expect(written(terminal, tell(failedDrill), { color: false, columns: 80, folder: 'reports/r-1' })).not.toContain(
    '\u001b',
  );
  const colored = written(terminal, tell(failedDrill), { color: true, columns: 80, folder: 'reports/r-1' });
  expect(colored).toContain('\u001b[31m✗');
  expect(colored).not.toContain('\u001b[31mred');
});

test('what nobody has read is counted beside the verdict', () => {
  const drill = { ...passedDrill, words: { notices_judged: 4, unread: ['A text.', 'Another.'] } };
  const run = { ...sampleRun, verdict: 'passed' as const, notices_judged: 4, unread: 2 };
  const text = written(terminal, (open) => {
    open.onDrill?.(drill);
    return open.onEnd(run);
  });
  expect(text).toContain('\nPASSED, 2 texts unread: timeout_primary  score 100');
  expect(text).toContain('notices: 4 judged, 2 texts unread');
  expect(text).toMatch(/\n {2}read them: drill notices reports\/r-1\n$/);
});

test('an inconclusive drill says first why, and shows no score', () => {
  const text = written(terminal, tell(openDrill), { color: false, columns: 100, folder: 'reports/r-1' });
  expect(text).toMatchInlineSnapshot(`
    "timeout_primary  The primary provider never answers
    target reference · seed 7 · virtual time
      note: the target calls backup first, so its chain is taken to be backup, primary; to say so:
        chain: [backup]

    why it is inconclusive
      ? the baseline of late_delivery failed
        fix: Make it pass. Paste backup-2: { model: m }
      reproduce: drill run timeout_primary --target reference --seed 7

    outage: hang on primary
      ? late_delivery  primary timeout, backup refused, failed (Error: no k…  0.9 s  no retry  $0.0031
        told nothing

    what a provider refused
      2 calls to backup: model: not_a_model
      1 call to backup: tools: Too small

    the drill as a whole
      ✓ spares-the-dead  no call reached the primary between 4.0 s and 9.0 s

    INCONCLUSIVE timeout_primary  1 task · 1 failed  notices: 6 judged, 0 texts unread  reports/r-1
    "
  `);
  // What was stored by an earlier version may have a score.
  const old = written(terminal, tell({ ...openDrill, score: 99 }));
  expect(old).not.toContain('score');
});

test('of several drills the last lines say why one is open; a note is told once', () => {
  const look = { color: false, columns: 100, folder: 'r', brief: true };
  const text = written(terminal, tell(openDrill, { ...openDrill, name: 'second' }), look);
  expect(text.match(/note: the target calls backup first/g)).toHaveLength(1);
  expect(text).toMatch(/\nINCONCLUSIVE second {2}the baseline of late_delivery failed {2}1 task · 1 failed\n/);
});

test('a run that was stopped says so', () => {
  const text = written(terminal, (open) =>
    open.onEnd({ ...sampleRun, status: 'interrupted', verdict: 'inconclusive' }),
  );
  expect(text).toBe('the run was interrupted\nINCONCLUSIVE 0 drills  reports/r-1\n');
});

test('a narrow screen shows groups of tasks, and nothing runs over its edge but what is pasted', () => {
  const text = written(terminal, tell(passedDrill), { color: false, columns: 34, folder: 'reports/r-1' });
  expect(wide(text), text).toBeLessThanOrEqual(34);
  expect(text).toContain('  ✓ spares-the-dead\n    no call reached the primary\n');
});

test('what had nothing to judge is shown only where the drill claims it', () => {
  const idle = (check: string): CellReport => ({
    ...{ check, severity: 'major', verdict: 'not_applicable', reason: 'nothing came to it', evidence: [] },
  });
  const drill = { ...passedDrill, checks: [idle('queues-low'), idle('fails-back')] };
  const shown = (definition: Record<string, unknown>) => written(terminal, tell({ ...drill, definition }));
  expect(shown({ expect: { 'fails-back': {} } })).toContain('\n  - fails-back  nothing came to it');
  expect(shown({ expect: { 'fails-back': {} } })).not.toContain('queues-low');
  expect(shown({})).not.toContain('the drill as a whole');
});

test('a drop in quality ends in advice', () => {
  const advice = {
    recommendation: 'review' as const,
    why: '2 of 3 tasks on the fallback could not be given an answer',
  };
  const paths = { ...advice, phases: [], quality_fault: true, checks: [] };
  const drill = { ...passedDrill, definition: { workflow: 'support-answer' }, paths };
  const text = (told: typeof drill) => written(terminal, tell(told), { color: false, columns: 80, folder: 'r' });
  expect(text(drill)).toContain('\n  recommended for support-answer: review. 2 of 3 tasks');
  expect(text({ ...drill, paths: { ...paths, quality_fault: false } })).not.toContain('recommended');
});
