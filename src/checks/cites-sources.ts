import { defineTaskCheck, failed, passed } from '../core/plugin.ts';
import type { EventOf } from '../core/trace.ts';
import { contentText, dataOf, noContent } from './content.ts';
import { holdsPhrase } from './match-expectation.ts';
import { unique, when } from './words.ts';

/** A citation is true when the model that answered was really given the source. */
export const citesSources = defineTaskCheck({
  name: 'cites-sources',
  summary: 'The answer cites its sources, and each was really given to the model that answered',
  severity: 'critical',
  gate: true,
  reads: 'the citations of the outcome, and the sources in the call that it is from',
  skips: 'there is no answer',
  implies: (task) => (task.requires_citation ? {} : undefined),
  judge({ seen: { content, ending, serving }, task, sources }) {
    if (content === undefined) return noContent(ending);
    const ids = sources.map((s) => s.id);
    const cited = citationsIn(content.outcome, ids);
    // A rule-based answer has no call: then there is nobody the sources should have been given to.
    const { role, held } = serving?.call ?? { role: 'no model', held: undefined };
    const given = (id: string) => held === undefined || held.sources.includes(id) || held.source_ids.includes(id);
    const wrong = [
      ...when(cited.length === 0, 'no citation'),
      ...cited.filter((id) => !ids.includes(id)).map((id) => `cites ${id}, which is no source of this task`),
      ...cited.filter((id) => ids.includes(id) && !given(id)).map((id) => `cites ${id}, which ${role} was not given`),
      ...(task.required_sources ?? []).filter((id) => !cited.includes(id)).map((id) => `does not cite ${id}`),
    ];
    if (wrong.length > 0) return failed(wrong.join('; '), serving?.call, content);
    return passed(`cites ${cited.join(', ')}, given to ${role}`, serving?.call, content);
  },
});

/** What the outcome lists, else the ids that its text names. */
function citationsIn(outcome: EventOf<'outcome'>['outcome'], ids: string[]): string[] {
  const listed = outcome.citations ?? dataOf(outcome)?.['citations'];
  if (Array.isArray(listed)) return unique(listed.map(idOf).filter((id) => id !== ''));
  const text = contentText(outcome);
  return ids.filter((id) => holdsPhrase(text, id));
}

/** A citation is an id, or an object that has one. */
function idOf(citation: unknown): string {
  if (typeof citation === 'string') return citation;
  if (typeof citation !== 'object' || citation === null) return '';
  return 'id' in citation && typeof citation.id === 'string' ? citation.id : '';
}
