import type { Check } from '../core/plugin.ts';
import { adaptsPayload } from './adapts-payload.ts';
import { admitsDegradedMode } from './admits-degraded-mode.ts';
import { arrivesWhole } from './arrives-whole.ts';
import { avoidsForbidden } from './avoids-forbidden.ts';
import { citesSources } from './cites-sources.ts';
import { endsInsideDeadline } from './ends-inside-deadline.ts';
import { failsBack } from './fails-back.ts';
import { failsOver } from './fails-over.ts';
import { includesRequired } from './includes-required.ts';
import { logAgrees } from './log-agrees.ts';
import { noticeIsComplete } from './notice-is-complete.ts';
import { noticeIsTrue } from './notice-is-true.ts';
import { outputValidates } from './output-validates.ts';
import { retriesAtMost } from './retries-at-most.ts';
import { sparesTheDead } from './spares-the-dead.ts';
import { staysInBudget } from './stays-in-budget.ts';
import { staysInTenant } from './stays-in-tenant.ts';

/** Every check, in the order in which a report shows them. */
export const checks: Check[] = [
  endsInsideDeadline,
  failsOver,
  retriesAtMost,
  sparesTheDead,
  failsBack,
  adaptsPayload,
  outputValidates,
  arrivesWhole,
  citesSources,
  includesRequired,
  avoidsForbidden,
  staysInBudget,
  staysInTenant,
  admitsDegradedMode,
  noticeIsTrue,
  noticeIsComplete,
  logAgrees,
];
