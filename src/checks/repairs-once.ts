import type { CallView } from '../core/evidence.ts';
import { defineTaskCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { FAILURE_MODES } from '../core/taxonomy.ts';
import { count, unique } from '../text/words.ts';

/**
 * A repair may continue the conversation or put the case anew; what it may not do is leave out what the case rests on.
 * So it is known by the sources and tool results that it holds, and not by its wording.
 */
export const repairsOnce = defineTaskCheck({
  name: 'repairs-once',
  summary: 'An invalid reply is repaired at most once by each role, on the same evidence',
  reads: 'calls to a role after a reply of it that was spoiled',
  severity: 'critical',
  advice: 'Ask a role at most once to correct an invalid reply, with the same sources, and then move on.',
  feature: 'repair',
  judge({ seen: { early: calls } }) {
    const roles = unique(calls.map((c) => c.call.role));
    const chains = roles.flatMap((role) => chainsOf(calls.filter((c) => c.call.role === role)));
    if (chains.length === 0) return nothingToJudge('no reply was invalid');
    const repaired = chains.filter((c) => c.length > 1);
    const asked = ([first]: CallView[]) => `${first?.call.role} was asked to repair`;

    const often = repaired.filter((c) => c.length > 2);
    const poor = repaired.filter((c) => lost(c).length > 0);
    const wrong = [
      ...often.map((chain) => `${asked(chain)} ${count(chain.length - 1, 'time')}`),
      ...poor.map((chain) => `${asked(chain)} without ${lost(chain).join(', ')}`),
    ];
    if (wrong.length > 0) return failed(wrong.join('; '), often, poor);
    if (repaired.length === 0)
      return nothingToJudge(`no repair of ${count(chains.length, 'invalid reply', 'invalid replies')}`);
    const all = repaired.map((chain) => `${asked(chain)} once`).join(', ');
    const held = unique(repaired.flatMap((chain) => given(chain[0])));
    return passed(`${all}, with all of ${count(held.length, 'source or result', 'sources and results')}`, repaired);
  },
});

/** Each invalid reply with the calls that try to mend it, as long as those come to nothing. */
function chainsOf(calls: CallView[]): CallView[][] {
  const chains: CallView[][] = [];
  for (const call of calls) {
    const last = chains.at(-1)?.at(-1);
    if (last !== undefined && isInvalid(last) && (last.endedAt ?? 0) <= call.call.at) chains.at(-1)?.push(call);
    else if (isInvalid(call)) chains.push([call]);
  }
  return chains;
}

/** The provider did its part: the reply is whole, and nobody can use it. */
function isInvalid({ end, fired, failureMode }: CallView): boolean {
  if (end?.how !== 'complete') return false;
  if (failureMode !== null) return FAILURE_MODES[failureMode].unread === true;
  return fired.some((f) => f.effect === 'spoils');
}

/** What the first call was given and a repair was not. */
const lost = ([first, ...repairs]: CallView[]) =>
  given(first).filter((thing) => repairs.some((r) => !given(r).includes(thing)));

/** The sources and tool results whose text a call holds. */
function given(call: CallView | undefined): string[] {
  const { sources = [], results = [] } = call?.call.held ?? {};
  return [...sources, ...results.map((tool) => `the result of ${tool}`)];
}
