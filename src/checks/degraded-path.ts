import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import type { Case, Proof } from '../core/plugin.ts';
import { rolesOf } from '../core/seen.ts';
import type { EventOf } from '../core/trace.ts';

export interface Path {
  /** `partly`: both may be said, because a lesser role helped, it is unclear who served, a person said no, or the reply was held back. */
  degraded: 'yes' | 'no' | 'partly';
  /** A clause for reasons, e.g. `backup answered`. */
  why: string;
  outcome: EventOf<'outcome'>['outcome'];
  /** The events that show it. */
  proof: Proof;
}

/** Whether the user got the full service, as the wire shows it; undefined where there is no outcome. */
export function degradedPath({ seen, plain, declares, contract }: Case): Path | undefined {
  const { outcome, replies, servers, stored, results } = seen;
  if (outcome === undefined) return undefined;
  const lesser = contract?.experience?.degraded_on ?? declares.chain.slice(1);
  // A tool that failed made the service less, whoever answered: the target may say so or not.
  const hampered = results.some((e) => !e.ok);
  const path = (degraded: Path['degraded'], why: string): Path => ({
    degraded: degraded === 'no' && hampered ? 'partly' : degraded,
    ...{ why, outcome: outcome.outcome, proof: [replies, servers, outcome] },
  });

  const { kind } = outcome.outcome;
  // An ending that the task has without faults too (say, a review) is the workflow's ordinary one.
  const ordinary = kind !== 'failed' && kind === plain.outcome?.outcome.kind;
  // A person's no is an ordinary end, too, where nothing else went wrong. Whether it is less than usual can be read either way.
  const refused = seen.approvals.some((a) => a.answer !== 'granted') && OUTCOME_KINDS[kind].handsOut;
  const inFull = servers.length > 0 && !servers.some((c) => lesser.includes(c.call.role));
  if (refused && !hampered && (ordinary ? inFull : seen.attempts.every((c) => c.ok)))
    return path('partly', `the outcome is ${kind}, after a person's no`);
  if (kind !== 'answered' && !ordinary) return path('yes', `the outcome is ${kind}`);
  if (seen.fromStore) {
    const failing = seen.attempts.some((c) => !c.ok);
    return path(failing ? 'yes' : 'partly', `a stored reply of ${stored.at(-1)?.role} was given`);
  }
  if (servers.length === 0) {
    if (replies.length === 0) {
      if (plain.replies.length > 0) return path('yes', 'no model gave a good reply');
      // Refused without faults as well, say for a request that no model takes: an agent may say that this is less.
      return seen.attempts.length > 0
        ? path('partly', 'no model gave a good reply, with faults or without')
        : path('no', 'no model was needed');
    }
    return path(kind === 'answered' ? 'no' : 'partly', 'what a model replied was kept back');
  }
  const less = servers.filter((c) => lesser.includes(c.call.role)).length;
  const why = `${rolesOf(servers)} answered`;
  if (less === servers.length) return path('yes', why);
  if (less > 0 || replies.some((c) => lesser.includes(c.call.role)))
    return path('partly', `${why}, another role helped on the way`);
  return path('no', why);
}
