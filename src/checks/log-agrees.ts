import type { LogRecord } from '../core/outcome.ts';
import { type Case, defineLogCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { unique, usd } from '../text/words.ts';
import { recordErrors } from './log-fields.ts';
import { answerers } from './self-report.ts';

/** What the target logs of a failover is what the ask and the wire were. */
export const logAgrees = defineLogCheck({
  name: 'log-agrees',
  summary: 'A failover is logged, and every field of the log agrees with the ask and the wire',
  severity: 'critical',
  advice: 'Write one log record for each failover, and fill its fields from the calls that were made.',
  always: true,
  feature: 'log',
  reads: "the target's own log, and the calls",
  implies: () => ({}),
  judge(on, log) {
    const { ask, outcome, calls } = on.seen;
    if (ask === undefined || outcome === undefined) return nothingToJudge('no outcome, so no log');
    const record = log?.records.at(-1);
    const proof = [ask, ...calls, outcome, log];
    const later = calls.find((c) => on.declares.chain.slice(1).includes(c.call.role));
    if (log === undefined || record === undefined) {
      if (later === undefined || servedByFirst(on)) return nothingToJudge('no failover and no log record');
      return failed(`${later.call.role} was called, but no log record says so`, proof);
    }
    const wrong = unique(recordErrors(log, on, ask, outcome));
    if (wrong.length > 0) return failed(wrong.join('; '), proof);
    return passed(told(record), proof);
  },
});

const servedByFirst = (on: Case) => answerers(on.seen).some((c) => c.call.role === on.declares.chain[0]);

const told = (r: LogRecord) =>
  `logged: ${r.primary_model} ${r.failure_mode ?? 'ok'}${r.fallback_model === null ? '' : ` → ${r.fallback_model}`}, ${r.latency_ms} ms, ${usd(r.cost_usd)}`;
