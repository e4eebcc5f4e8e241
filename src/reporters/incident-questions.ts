import type { CellReport, DrillReport } from '../core/report.ts';
import { count, usd } from '../text/words.ts';
import { secondsOr } from './words.ts';

/** What a team asks after an incident, answered from the evidence; "not observable" where nothing could be seen. */
export function incidentQuestions(drill: DrillReport): [question: string, answer: string][] {
  return [
    ['What failed first?', firstFailure(drill)],
    ['Did the circuit breaker open quickly enough?', breaker(drill)],
    [
      'Did fallback preserve schema and state?',
      answerOf(drill, ['output-validates', 'adapts-payload', 'arrives-whole']),
    ],
    [
      'Did the user see a useful message?',
      answerOf(drill, ['admits-degraded-mode', 'notice-is-true', 'notice-is-complete']),
    ],
    ['Did budgets hold?', budgets(drill)],
    ['Did any tool action run when it should not have?', effects(drill)],
    ['Can we replay this with a fixture next week?', `Yes: \`${drill.reproduce}\``],
  ];
}

function firstFailure(drill: DrillReport): string {
  const failed = drill.tasks.flatMap((task) =>
    task.calls.flatMap((call) => (call.failure_mode === null ? [] : [{ task, call, mode: call.failure_mode }])),
  );
  const [first] = failed;
  if (first === undefined) return 'No model call failed.';
  const { task, call, mode } = first;
  const why = call.fault === null ? 'no fault of the drill' : `the fault ${call.fault}`;
  return `${call.role}: ${mode} after ${secondsOr(call.ms)} in ${task.task} (${task.phase}), by ${why}.`;
}

function breaker(drill: DrillReport): string {
  const cell = drill.checks.find((c) => c.check === 'spares-the-dead');
  if (cell?.verdict === 'passed' || cell?.verdict === 'failed') return said([cell]);
  const broken = drill.faults.map((f) => f.role);
  const calls = drill.tasks.flatMap((t) => t.calls.filter((c) => c.fault !== null && broken.includes(c.role)));
  return `Not observable: ${cell?.reason ?? 'the drill does not ask'}. ${count(calls.length, 'call')} reached a broken role.`;
}

function budgets(drill: DrillReport): string {
  const most = Math.max(0, ...drill.tasks.map((t) => t.cost_usd));
  return `${answerOf(drill, ['stays-in-budget'])} The dearest task cost ${usd(most)}.`;
}

function effects(drill: DrillReport): string {
  const wrong = drill.tasks.flatMap((t) => t.checks.filter((c) => ACTIONS.includes(c.check) && c.verdict === 'failed'));
  const ran = drill.tasks.flatMap((t) => t.effects).reduce((sum, e) => sum + e.count, 0);
  if (wrong.length > 0) return `Yes. ${said(wrong)}`;
  return ran === 0 ? 'No tool ran.' : `No check found one: ${count(ran, 'use')} of tools.`;
}

/** What says that a tool action should not have run. */
const ACTIONS = ['calls-only-allowed-tools', 'acts-as-asked', 'asks-approval', 'acts-once', 'uses-tool-mode'];

/** Failures first; without any, how often each check held; without either, that nothing could be seen. */
function answerOf(drill: DrillReport, names: readonly string[]): string {
  const cells = drill.tasks.flatMap((t) => t.checks.filter((c) => names.includes(c.check)));
  const failures = cells.filter((c) => c.verdict === 'failed');
  if (failures.length > 0) return `No. ${said(failures)}`;
  const held = names.flatMap((name) => {
    const n = cells.filter((c) => c.check === name && c.verdict === 'passed').length;
    return n === 0 ? [] : [`${name} held in ${count(n, 'task')}`];
  });
  return held.length === 0 ? 'Not observable: nothing was there to judge.' : `Yes: ${held.join(', ')}.`;
}

function said(cells: readonly CellReport[]): string {
  const reasons = [...new Set(cells.map((c) => `${c.check}: ${c.reason}`))];
  return `${reasons.slice(0, 3).join('; ')}${reasons.length > 3 ? `; and ${reasons.length - 3} more` : ''}.`;
}
