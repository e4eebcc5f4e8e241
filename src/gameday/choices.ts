import { trialsOf } from '../config/alternatives.ts';
import { FaultUse, placeOf } from '../core/drill.ts';
import type { Fault } from '../core/plugin.ts';

/** A fault that one key switches. */
export interface Choice {
  id: string;
  use: FaultUse;
}

/** As many as there are keys for them. */
const MOST = 9;
/** What breaks most often out there, of the faults of a role; of tools there are few. */
export const OFTEN = [
  ...['rate-limited', 'server-error', 'hang', 'slow-answer', 'connection-reset'],
  ...['overloaded', 'stall', 'malformed-json', 'refusal'],
];

/** What the keys switch at a role or a tool: what was given for it from the start, then what breaks often. */
export function choicesAt(
  place: string,
  kind: 'role' | 'tool',
  given: readonly Choice[],
  faults: readonly Fault[],
): Choice[] {
  const own = given.filter(({ use }) => placeOf(use) === place);
  const known =
    kind === 'tool'
      ? faults.filter((fault) => fault.kind === 'tool')
      : OFTEN.flatMap((name) => faults.filter((fault) => fault.name === name));
  const more = known
    .filter(({ name }) => own.every(({ use }) => use.fault !== name))
    .map((fault) => ({
      id: `${fault.name}@${place}`,
      use: FaultUse.parse({ ...trialsOf(fault)[0], fault: fault.name, [kind]: place }),
    }));
  return [...own, ...more].slice(0, MOST);
}
