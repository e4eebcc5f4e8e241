import type { OutputUnit } from '@cfworker/json-schema';
import { defineTaskCheck, failed, notApplicable, passed } from '../core/plugin.ts';
import { dataErrors, dataOf, noContent } from './content.ts';

/** Whoever answered, what is downstream can read it. */
export const outputValidates = defineTaskCheck({
  name: 'output-validates',
  summary: "The structured output follows the contract's schema and holds every required field",
  severity: 'critical',
  advice:
    'Check the answer against the schema before you return it; repair it, ask another role, or give it to a person.',
  gate: true,
  reads: "the structured output of the outcome, against the contract's schema",
  skips: 'the contract asks for no structured output, or there is no answer',
  implies: (_task, contract) => (contract?.output === undefined ? undefined : {}),
  judge({ seen: { content, ending }, contract }) {
    const output = contract?.output;
    if (output === undefined) return notApplicable('the contract asks for no structured output');
    if (content === undefined) return noContent(ending);
    const { kind } = content.outcome;
    const data = dataOf(content.outcome);
    if (data === undefined && kind !== 'answered' && kind !== 'extracted')
      return notApplicable(`${kind} without structured output`);
    if (data === undefined) return failed('no structured output: data is missing', content);
    const { schema, required } = output;
    const missing = required.filter((field) => !Object.hasOwn(data, field)).map((field) => `data.${field}: missing`);
    const wrong = [...missing, ...innermost(dataErrors(schema)(data))];
    const more = wrong.length > 3 ? `; and ${wrong.length - 3} more` : '';
    if (wrong.length > 0) return failed(`${wrong.slice(0, 3).join('; ')}${more}`, content);
    return passed(`data follows the schema, ${required.length} of ${required.length} required fields`, content);
  },
});

/** Errors without those that only say that something inside them is wrong; `required` is told once, by the contract's list. */
function innermost(errors: OutputUnit[]): string[] {
  return errors
    .filter((e) => !errors.some((other) => other !== e && isInside(other, e)))
    .map((e) => `${e.instanceLocation.replace('#', 'data').replaceAll('/', '.')}: ${say(e)}`);
}

function isInside(inner: OutputUnit, outer: OutputUnit): boolean {
  if (inner.keyword === 'false') return outer.keyword === 'additionalProperties';
  return inner.keywordLocation.startsWith(`${outer.keywordLocation}/`);
}

const say = (e: OutputUnit) => (e.keyword === 'false' ? 'not a field of the schema' : e.error.replace(/\.$/, ''));
