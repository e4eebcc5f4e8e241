import type { CellReport, JudgedDrill } from '../core/report.ts';
import { count, usd } from '../text/words.ts';
import { digestOf } from './digest.ts';
import { secondsOr } from './words.ts';

/** What a team asks after an incident, answered from the evidence; "not observable" where nothing could be seen. */
export function incidentQuestions(drill: JudgedDrill): [question: string, answer: string][] {
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
    ['Can we replay this with a fixture next week?', `Yes: ${drill.reproduce}`],
  ];
}

function firstFailure(drill: JudgedDrill): string {
  const first = digestOf(drill).firstFailure;
  if (first === undefined) return 'No model call failed.';
  const { task, phase, call } = first;
  const why = call.fault === null ? 'no fault of the drill' : `the fault ${call.fault}`;
  return `${call.role}: ${call.failure_mode} after ${secondsOr(call.ms)} in ${task} (${phase}), by ${why}.`;
}

function breaker(drill: JudgedDrill): string {
  const cell = drill.checks.find((c) => c.check === 'spares-the-dead');
  if (cell?.verdict === 'passed' || cell?.verdict === 'failed') return said([cell]);
  const { broken } = digestOf(drill);
  return `Not observable: ${cell?.reason ?? 'the drill does not ask'}. ${count(broken, 'call')} reached a broken role.`;
}

function budgets(drill: JudgedDrill): string {
  const { dearest_usd, unpriced } = digestOf(drill);
  const dearest =
    unpriced > 0 ? `Price unknown of ${count(unpriced, 'task')}.` : `The dearest task cost ${usd(dearest_usd)}.`;
  return `${answerOf(drill, ['stays-in-budget'])} ${dearest}`;
}

function effects(drill: JudgedDrill): string {
  const wrong = failedOf(drill, ACTIONS);
  const ran = digestOf(drill).effects;
  if (wrong.length > 0) return `Yes. ${said(wrong)}`;
  return ran === 0 ? 'No tool ran.' : `No check found one: ${count(ran, 'use')} of tools.`;
}

/** What says that a tool action should not have run. */
const ACTIONS = ['calls-only-allowed-tools', 'acts-as-asked', 'asks-approval', 'acts-once', 'uses-tool-mode'];

/** Failures first; without any, how often each check held; without either, that nothing could be seen. */
function answerOf(drill: JudgedDrill, names: readonly string[]): string {
  const failures = failedOf(drill, names);
  if (failures.length > 0) return `No. ${said(failures)}`;
  const held = names.flatMap((name) => {
    const n = digestOf(drill).checks.get(name)?.counts.passed ?? 0;
    return n === 0 ? [] : [`${name} held in ${count(n, 'task')}`];
  });
  return held.length === 0 ? 'Not observable: nothing was there to judge.' : `Yes: ${held.join(', ')}.`;
}

/** Failed cells of tasks, in the order of the asks. */
const failedOf = (drill: JudgedDrill, names: readonly string[]): CellReport[] =>
  names
    .flatMap((name) => digestOf(drill).failed.get(name) ?? [])
    .flatMap(({ cell, task }) => (task === undefined ? [] : [{ cell, ask: task.ask }]))
    .sort((a, b) => a.ask - b.ask)
    .map(({ cell }) => cell);

function said(cells: readonly CellReport[]): string {
  const reasons = [...new Set(cells.map((c) => `${c.check}: ${c.reason}`))];
  return `${reasons.slice(0, 3).join('; ')}${reasons.length > 3 ? `; and ${reasons.length - 3} more` : ''}.`;
}
