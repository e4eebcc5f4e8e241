import type { CallView } from '../core/evidence.ts';
import type { Case, Proof } from '../core/plugin.ts';

/** Attempts that hold the user's turn more often than the first one did: each appended it again. */
export function doubledTurns({ seen, plain, declares: { chain } }: Case): { what: string; proof: Proof }[] {
  const attempts = (calls: readonly CallView[]) => calls.filter(({ call }) => chain.includes(call.role));
  const [first, ...later] = attempts(seen.early);
  if (first === undefined) return [];
  // In the baseline every call counts: a conversation with tools may ask again at its end.
  const usual = Math.max(1, timesIn(first), ...attempts(plain.calls).map(timesIn));
  return later
    .filter((view) => timesIn(view) > usual && !mends(view, seen.calls))
    .map((view) => ({
      what: `${view.call.role} was sent the question ${timesIn(view)} times over, in attempt ${view.call.attempt}`,
      proof: [first.call, view.call],
    }));
}

const timesIn = ({ call }: CallView) => call.questions ?? 0;

/** Who has a reply and cannot use it may put the question again beside it. */
function mends({ call }: CallView, calls: readonly CallView[]): boolean {
  return calls.some(({ call: earlier, end, endedAt = Number.POSITIVE_INFINITY, fired }) => {
    const whole = end?.how === 'complete' && (end.status ?? 0) < 400;
    const asksForTools = end?.tool_calls !== undefined && fired.length === 0;
    return whole && !asksForTools && earlier.turn === call.turn && endedAt <= call.at;
  });
}
