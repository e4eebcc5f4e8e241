import { z } from 'zod';
import { type CallView, callsOf } from '../core/evidence.ts';
import { defineTaskCheck } from '../core/plugin.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { count, unique } from './words.ts';

/** Faults after which a reply is whole on the wire, and wrong. */
const SPOILERS = ['schema-drift', 'truncated-answer', 'malformed-json', 'bad-arguments'];

/**
 * A repair may continue the conversation or put the case anew; what it may not do is leave out what the case rests on.
 * So it is known by the sources and tool results that it holds, and not by its wording.
 */
export const repairsOnce = defineTaskCheck({
  name: 'repairs-once',
  summary: 'An invalid reply is repaired at most once by each role, on the same evidence',
  reads: 'calls to a role after a reply of it that was spoiled',
  severity: 'critical',
  feature: 'repair',
  params: z.strictObject({}),
  example: 'repairs-once: {}',
  judge({ events }) {
    const calls = callsOf(events);
    const roles = unique(calls.map((c) => c.call.role));
    const chains = roles.flatMap((role) => chainsOf(calls.filter((c) => c.call.role === role)));
    if (chains.length === 0) return nothingToJudge('no reply was invalid');
    const repaired = chains.filter((c) => c.length > 1);
    const seqs = (some: CallView[][]) => unique(some.flat().flatMap((c) => c.seqs));

    const often = repaired.filter((c) => c.length > 2);
    const poor = repaired.map((chain) => ({ chain, gone: lost(chain) })).filter(({ gone }) => gone.length > 0);
    if (often.length + poor.length > 0)
      return failed(
        [
          ...often.map((chain) => `${role(chain)} was asked to repair ${count(chain.length - 1, 'time')}`),
          ...poor.map(({ chain, gone }) => `${role(chain)} was asked to repair without ${gone.join(', ')}`),
        ].join('; '),
        seqs([...often, ...poor.map((p) => p.chain)]),
      );
    if (repaired.length === 0)
      return nothingToJudge(`no repair of ${count(chains.length, 'invalid reply', 'invalid replies')}`);
    const all = repaired.map((chain) => `${role(chain)} was asked to repair once`).join(', ');
    const evidence = unique(repaired.flatMap((chain) => given(chain[0])));
    return passed(
      `${all}, with all of ${count(evidence.length, 'source or result', 'sources and results')}`,
      seqs(repaired),
    );
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
  if (failureMode === 'malformed_response' || failureMode === 'truncated') return true;
  return failureMode === null && fired.some((f) => SPOILERS.includes(f.fault));
}

const role = (chain: CallView[]) => chain[0]?.call.role ?? '';

/** What the first call was given and a repair was not. */
const lost = ([first, ...repairs]: CallView[]) =>
  given(first).filter((thing) => repairs.some((r) => !given(r).includes(thing)));

/** The sources and tool results whose text a call holds. */
function given(call: CallView | undefined): string[] {
  const { sources = [], results = [] } = call?.call.held ?? {};
  return [...sources, ...results.map((tool) => `the result of ${tool}`)];
}
