import { expect, test } from 'vitest';
import type { TaskReport } from '../core/report.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { call, passedDrill, task } from './sample-run.fixture.ts';
import { howTold, oneWord, whatHappened } from './words.ts';

const hung = call('primary', { ms: 2000, failure_mode: 'timeout' });
const down = call('backup', { status: 500, failure_mode: 'server_error' });
const moved = (reason: FailureMode | null) => ({ from: 'primary', to: 'backup', reason, at_ms: 0 });
const byRule: TaskReport['outcome'] = { kind: 'rules_based', answer: 'By the book.' };
const noReply = { served_by: null, failover: moved('timeout'), calls: [hung, down] };

/** Asks, in the words that tell of them: what happened, in a tally, what the user was told. */
const TOLD: [Partial<TaskReport>, string, string, string][] = [
  [{}, 'primary', 'on primary', 'no notice needed'],
  [
    { failover: moved('timeout'), calls: [hung, call('backup')] },
    'primary timeout → backup',
    'failed over',
    'told nothing',
  ],
  // A breaker still holds after the role has healed: nothing failed in this ask.
  [{ failover: moved(null), calls: [call('backup')] }, 'backup (primary not called)', 'on backup', 'told nothing'],
  [
    { phase: 'still_out', spared: true, failover: moved(null), calls: [call('backup')] },
    'backup (primary spared)',
    'spared',
    'told nothing',
  ],
  [
    { failover: moved(null), calls: [call('primary', { fault: 'wrong-citation' }), call('backup')] },
    'primary wrong-citation → backup',
    'failed over',
    'told nothing',
  ],
  [
    { failover: moved(null), calls: [call('primary'), call('backup')] },
    'primary, then backup',
    'failed over',
    'told nothing',
  ],
  // Both were asked, and the first choice served in the end.
  [
    { served_by: 'primary', failover: moved(null), calls: [call('primary'), call('backup')] },
    'primary',
    'on primary',
    'no notice needed',
  ],
  [
    { ...noReply, outcome: { kind: 'failed', error: 'APIConnectionTimeoutError: timed out' } },
    'primary timeout, backup server_error, failed (APIConnectionTimeoutError: timed out)',
    'failed',
    'told nothing',
  ],
  [
    { ...noReply, outcome: { kind: 'queued' } },
    'primary timeout, backup server_error, queued',
    'queued',
    'told nothing',
  ],
  [
    { served_by: null, outcome: { kind: 'needs_review' }, calls: [call('primary')] },
    'primary replied, needs review',
    'needs review',
    'told nothing',
  ],
  [
    { ...noReply, served_by: null },
    'primary timeout, backup server_error, answered',
    'without a model',
    'told nothing',
  ],
  [
    { ...noReply, outcome: byRule },
    'primary timeout, backup server_error, answered by rule',
    'answered by rule',
    'told nothing',
  ],
  [
    { served_by: null, stored: true, calls: [] },
    'no model call, from a stored reply',
    'from a stored reply',
    'told nothing',
  ],
  [
    { served_by: 'primary', failover: moved('server_error'), outcome: { kind: 'partial' }, calls: [hung, down] },
    'primary timeout, backup server_error, partial',
    'partial',
    'told nothing',
  ],
];

test.each(TOLD)('%j: %s', (change, happened, word, told) => {
  const one = { ...task('late_delivery', 5, 'healed', {}), ...served(change) };
  expect([whatHappened(one, passedDrill), oneWord(one), howTold(one)]).toEqual([happened, word, told]);
});

/** Without other word, the last good reply served. */
function served(change: Partial<TaskReport>): Partial<TaskReport> {
  const last = change.calls?.findLast((one) => one.failure_mode === null);
  return { ...(last && { served_by: last.role }), ...change };
}

test('a role that no task of the drill calls is named where it is spared', () => {
  const only = task('late_delivery', 5, 'still_out', { spared: true, failover: moved(null), calls: [call('backup')] });
  const drill = { ...passedDrill, tasks: [only] };
  expect(whatHappened(only, drill)).toBe('backup (primary spared)');
  // A tool is armed as well, and is no role.
  const faults = [{ fault: 'tool-error', role: 'issue_refund', phase: 'still_out', fired: 0, spared: 1 }];
  expect(whatHappened(only, { ...drill, faults })).toBe('backup (primary not called)');
});
