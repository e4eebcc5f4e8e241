import { eventsOf, firstOf, type TaskEvidence } from '../core/evidence.ts';
import type { EventOf } from '../core/trace.ts';
import { goodReplies } from './serving.ts';

export interface Path {
  /** `partly`: a lesser role helped on the way, the answer is from a full one. Either story is true then. */
  degraded: 'yes' | 'no' | 'partly';
  /** A clause for reasons, e.g. `backup answered`. */
  why: string;
  outcome: EventOf<'outcome'>;
  /** The events that show it. */
  seqs: number[];
}

/** Whether the user got the full service, as the wire shows it; undefined where there is no outcome. */
export function degradedPath(evidence: TaskEvidence): Path | undefined {
  const { events, baseline, declares, contract } = evidence;
  const outcome = firstOf(events, 'outcome');
  if (outcome === undefined) return undefined;
  const lesser = contract?.experience?.degraded_on ?? declares.chain.slice(1);
  const replies = goodReplies(events, declares.chain);
  const roles = replies.map((c) => c.call.role);
  const seqs = [...replies.flatMap((c) => c.seqs), outcome.seq];
  // A tool that failed made the service less, whoever answered: the target may say so or not.
  const hampered = eventsOf(events, 'tool-result').some((e) => !e.ok);
  const path = (degraded: Path['degraded'], why: string): Path => ({
    degraded: degraded === 'no' && hampered ? 'partly' : degraded,
    why,
    outcome,
    seqs,
  });

  const kind = outcome.outcome.kind;
  // An ending that the task has without faults too (say, a review) is the workflow's ordinary one.
  const ordinary = kind !== 'failed' && kind === firstOf(baseline, 'outcome')?.outcome.kind;
  if (kind !== 'answered' && !ordinary) return path('yes', `the outcome is ${kind}`);
  const last = roles.at(-1);
  if (last === undefined) {
    const needsModel = goodReplies(baseline, declares.chain).length > 0;
    return needsModel ? path('yes', 'no model gave a good reply') : path('no', 'no model was needed');
  }
  if (lesser.includes(last)) return path('yes', `${last} answered`);
  return path(roles.some((r) => lesser.includes(r)) ? 'partly' : 'no', `${last} answered`);
}
