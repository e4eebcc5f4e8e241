import { leavesWhole } from '../core/effect.ts';
import type { CallView } from '../core/evidence.ts';
import { type Case, defineTaskCheck, failed, passed } from '../core/plugin.ts';
import { citationsOf } from '../text/citations.ts';
import { when } from '../text/words.ts';
import { noContent } from './content.ts';
import { forOneOf } from './servers.ts';

/** A citation is true when the model that answered was given the source, and cited it. */
export const citesSources = defineTaskCheck({
  name: 'cites-sources',
  summary: 'The answer cites its sources; each was given to the model that answered, and cited by it',
  severity: 'critical',
  advice: 'Return the ids of the sources that this reply cites, and no others; refuse a reply that cites none.',
  gate: true,
  reads: 'the citations of the outcome, the sources in the call that it is from, and the citations of its reply',
  skips: 'there is no answer',
  implies: (task) => (task.requires_citation ? {} : undefined),
  judge(on) {
    const { content, ending, alike, stored } = on.seen;
    if (content === undefined) return noContent(ending);
    const ids = on.sources.map((s) => s.id);
    const cited = citationsOf(content.outcome, ids);
    const general = [
      ...when(cited.length === 0, 'no citation'),
      ...cited.filter((id) => !ids.includes(id)).map((id) => `cites ${id}, which is no source of this task`),
      ...(on.task.required_sources ?? []).filter((id) => !cited.includes(id)).map((id) => `does not cite ${id}`),
    ];
    // Words that a stored reply said with these very citations may be that reply's.
    const fromStore = stored.some((k) => cited.every((id) => k.cites.includes(id)));
    return forOneOf(alike, (server) => {
      const known = cited.filter((id) => ids.includes(id));
      const wrong = [...general, ...(server === undefined || fromStore ? [] : untrue(known, server, on, ids))];
      if (wrong.length > 0) return failed(wrong.join('; '), server, content);
      return passed(`cites ${cited.join(', ')}, given to ${server?.call.role ?? 'no model'}`, server, content);
    });
  },
});

function untrue(cited: string[], { call, end }: CallView, { seen, plain }: Case, ids: string[]): string[] {
  // A model that was shown its sources one at a time sums up what it said of them.
  const others = seen.early.filter(
    (c) => c.ok && c.call.role === call.role && c.fired.every((f) => leavesWhole(f.effect)),
  );
  const shown = [call, ...others.map((c) => c.call)];
  const given = (id: string) => shown.some(({ held }) => held.sources.includes(id) || held.source_ids.includes(id));
  // A reply that only asks for tools cites nothing; what is told after it is told by rule.
  const silent = end?.tool_calls !== undefined || listsWhatItGave(plain, ids);
  const padded = silent ? [] : cited.filter((id) => given(id) && end?.cites?.includes(id) !== true);
  return [
    ...cited.filter((id) => !given(id)).map((id) => `cites ${id}, which ${call.role} was not given`),
    ...padded.map((id) => `cites ${id}, which the reply of ${call.role} does not cite`),
  ];
}

/** Some targets list the sources they hand to a model, whatever it cites: without faults they do so as well. */
function listsWhatItGave({ content, servers }: Case['plain'], ids: string[]): boolean {
  if (content === undefined) return false;
  const cited = citationsOf(content.outcome, ids);
  return servers.every(({ end }) => cited.some((id) => end?.cites?.includes(id) !== true));
}
