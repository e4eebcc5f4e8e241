import { OUTCOME_KINDS } from '../core/outcome-kind.ts';
import { defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { unique } from '../text/words.ts';
import { answerers, isModel, modelsOf } from './self-report.ts';

/** Whoever reads that a model answered takes its price, its region and its quality for granted. */
export const namesItsModel = defineLogCheck({
  name: 'names-its-model',
  summary: 'The model that an outcome names is the one whose reply it holds',
  reads: "the outcome's model, and the calls",
  severity: 'critical',
  advice: 'Take `model` from the call whose reply you return, not from the configuration.',
  always: true,
  implies: () => ({}),
  judge(on, log) {
    const { outcome, content } = on.seen;
    const said = log?.model;
    if (said === undefined) return nothingToJudge('the outcome names no model');
    // Rules of its own need no model, and words that were handed to nobody are from nobody.
    const kind = outcome?.outcome.kind;
    if (content === undefined || kind === undefined || !OUTCOME_KINDS[kind].handsOut || kind === 'rules_based')
      return nothingToJudge('no answer of a model was handed out');
    const from = answerers(on.seen);
    if (from.length === 0) return nothingToJudge('whose reply it is cannot be seen');
    const models = unique(from.flatMap(({ call }) => modelsOf(on, call.role)));
    const roles = unique(from.map(({ call }) => call.role)).join(' or ');
    if (models.some((model) => isModel(said, model)))
      return passed(`the outcome says ${said}, and ${roles} answered`, from, content, log);
    const wire = unique(from.map(({ call }) => call.model)).join(' or ');
    return failed(`the outcome says ${said} answered, on the wire ${wire} did`, from, content, log);
  },
});
