import type { TraceEvent } from '../core/trace.ts';
import { count, seconds } from '../text/words.ts';
import { clean } from './words.ts';

/** A mocked run of fewer tasks is over before anybody asks how far it is. */
const MANY_ASKS = 1000;

/**
 * A line as each phase ends, for whoever waits without a screen. Only of what takes long: a run in real time, or of many
 * tasks. `drills` are those of the run, in order, with the tasks that each asks.
 */
export function progressLines(
  drills: readonly { name: string; asks: number }[],
  print: (text: string) => void,
): (event: TraceEvent) => void {
  let long = drills.reduce((sum, { asks }) => sum + asks, 0) >= MANY_ASKS;
  let [began, ended] = [0, 0];
  const numbers = new Map(drills.map(({ name }, i) => [name, i + 1]));
  return (event) => {
    if (event.kind === 'run-header') long ||= event.time === 'wall';
    else if (event.kind === 'outcome' || event.kind === 'hung') ended += 1;
    else if (event.kind === 'phase' && event.state === 'began') [began, ended] = [event.at, 0];
    else if (event.kind === 'phase' && long) {
      const which = drills.length === 1 ? '' : `${numbers.get(event.drill)}/${drills.length}  `;
      const took = `${count(ended, 'task')} in ${seconds(event.at - began)}`;
      print(`${which}${clean(event.drill)}  ${clean(event.phase)} ended: ${took}\n`);
    }
  };
}
