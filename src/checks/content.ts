import type { CallView } from '../core/evidence.ts';
import { once, rememberingBy } from '../core/once.ts';
import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { notApplicable, nothingToJudge } from '../core/plugin.ts';
import type { Seen } from '../core/seen.ts';
import type { EventOf } from '../core/trace.ts';
import type { Verdict } from '../core/verdict.ts';
import { schemaErrors } from '../text/json-schema.ts';

export { answerOf, contentText, contentTexts, dataOf, stringsIn } from '../text/content.ts';

/** Where structured output breaks a schema: found once, however many checks ask, and however many asks were answered so. */
export const dataErrors = once((schema: Record<string, unknown>) =>
  once(rememberingBy(JSON.stringify, (data: Record<string, unknown>) => schemaErrors(schema, data))),
);

/** What a content check says of an ask whose outcome has no content. */
export function noContent(ending: Seen['ending']): Verdict {
  if (ending === undefined) return nothingToJudge('the trace holds no outcome');
  if (ending.kind === 'hung') return notApplicable('no answer to judge: the task hung');
  return notApplicable(`no answer to judge: the outcome is ${ending.outcome.kind}`);
}

/** The outcome, where it claims to be a whole answer: only there words of the workflow's files decide. */
export function answerIn({ outcome }: Seen): EventOf<'outcome'> | undefined {
  const said = outcome?.outcome;
  return said !== undefined && OUTCOME_KINDS[said.kind].answers ? outcome : undefined;
}

/** A failed call whose error message stands word for word in the answer or in the notice. */
export function errorQuotedIn(place: 'answer' | 'notice', { outcome, calls }: Seen): CallView | undefined {
  const quoted = outcome?.quoted_errors?.filter((one) => one.in === place) ?? [];
  return calls.find(({ call }) => quoted.some((one) => one.call === call.call));
}
