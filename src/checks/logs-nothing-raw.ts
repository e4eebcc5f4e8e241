import { defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { count, when } from '../text/words.ts';

/** A log is kept longer and read by more people than the case it is of. */
export const logsNothingRaw = defineLogCheck({
  name: 'logs-nothing-raw',
  summary: "The log holds no question, no source, no API key and no tenant's name or data, not even in part or encoded",
  severity: 'critical',
  advice: 'Log ids and hashes only: no question, no source text, no name and no data of a customer.',
  always: true,
  nobody_waits: true,
  feature: 'log',
  reads: "the target's own log, with its escapes and encodings undone",
  implies: () => ({}),
  judge({ seen: { outcome } }, log) {
    if (outcome === undefined || log === undefined || log.records.length === 0) return nothingToJudge('no log record');
    const { held, held_input, held_tenant, records } = log;
    const wrong = [
      ...when(held_input, 'the log holds the raw question, or part of it'),
      ...when(held.sources.length > 0, `the log holds the text of ${held.sources.join(', ')}, or part of it`),
      ...when(held.canaries.length > 0, `the log holds data of ${held.canaries.join(', ')}`),
      ...when(held.keys !== undefined, `the log holds the API key of ${held.keys?.join(', ')}`),
      ...when(held_tenant === true, "the log holds a tenant's name: tenant_hash is there to hide it"),
    ];
    if (wrong.length > 0) return failed(wrong.join('; '), outcome, log);
    return passed(`nothing raw in ${count(records.length, 'record')}`, outcome, log);
  },
});
