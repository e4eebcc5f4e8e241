import type { Check } from '../core/plugin.ts';
import { actsAsAsked } from './acts-as-asked.ts';
import { actsBeforeItEnds } from './acts-before-it-ends.ts';
import { actsOnce } from './acts-once.ts';
import { adaptsPayload } from './adapts-payload.ts';
import { admitsDegradedMode } from './admits-degraded-mode.ts';
import { admitsMissingAction } from './admits-missing-action.ts';
import { arrivesWhole } from './arrives-whole.ts';
import { asksApproval } from './asks-approval.ts';
import { avoidsForbidden } from './avoids-forbidden.ts';
import { backsOff } from './backs-off.ts';
import { billsWhatItSpent } from './bills-what-it-spent.ts';
import { callsOnlyAllowedTools } from './calls-only-allowed-tools.ts';
import { citesSources } from './cites-sources.ts';
import { claimsOnlyWhatHappened } from './claims-only-what-happened.ts';
import { claimsOnlyWhatSourcesSay } from './claims-only-what-sources-say.ts';
import { endsInsideDeadline } from './ends-inside-deadline.ts';
import { endsItsCalls } from './ends-its-calls.ts';
import { failsBack } from './fails-back.ts';
import { failsOver } from './fails-over.ts';
import { fallsBackOnlyWhereAllowed } from './falls-back-only-where-allowed.ts';
import { heedsRefusals } from './heeds-refusals.ts';
import { honoursRetryAfter } from './honours-retry-after.ts';
import { includesRequired } from './includes-required.ts';
import { keepsState } from './keeps-state.ts';
import { keepsValues } from './keeps-values.ts';
import { letsStreamsFlow } from './lets-streams-flow.ts';
import { logAgrees } from './log-agrees.ts';
import { logsNothingRaw } from './logs-nothing-raw.ts';
import { namesItsModel } from './names-its-model.ts';
import { noticeIsComplete } from './notice-is-complete.ts';
import { noticeIsTrue } from './notice-is-true.ts';
import { outputValidates } from './output-validates.ts';
import { queuesLow } from './queues-low.ts';
import { recovers } from './recovers.ts';
import { repairsOnce } from './repairs-once.ts';
import { reservesForHigh } from './reserves-for-high.ts';
import { retriesAtMost } from './retries-at-most.ts';
import { sparesQuietTenants } from './spares-quiet-tenants.ts';
import { sparesTheDead } from './spares-the-dead.ts';
import { staysInBudget } from './stays-in-budget.ts';
import { staysInRegion } from './stays-in-region.ts';
import { staysInTenant } from './stays-in-tenant.ts';
import { staysInTenantBudget } from './stays-in-tenant-budget.ts';
import { stopsCleanly } from './stops-cleanly.ts';
import { stopsWhenLeft } from './stops-when-left.ts';
import { takesRequiredSteps } from './takes-required-steps.ts';
import { usesToolMode } from './uses-tool-mode.ts';

/** Every check by what it is about, in the order in which reports and docs/verdicts.md show them. */
export const checkGroups: { about: string; checks: Check[] }[] = [
  {
    about: 'Whether, when and to whom it moves, and what it leaves alone',
    checks: [
      ...[endsInsideDeadline, failsOver, retriesAtMost, honoursRetryAfter, backsOff, sparesTheDead, failsBack],
      ...[recovers, endsItsCalls, letsStreamsFlow],
      ...[heedsRefusals, fallsBackOnlyWhereAllowed, stopsCleanly, stopsWhenLeft],
    ],
  },
  { about: 'What it takes along', checks: [adaptsPayload, repairsOnce, keepsState, takesRequiredSteps] },
  {
    about: 'What arrives',
    checks: [
      ...[outputValidates, arrivesWhole, keepsValues, citesSources, includesRequired, avoidsForbidden],
      claimsOnlyWhatSourcesSay,
    ],
  },
  {
    about: 'What it costs, and whom',
    checks: [
      ...[staysInBudget, staysInTenantBudget, sparesQuietTenants, reservesForHigh, queuesLow],
      ...[staysInTenant, staysInRegion],
    ],
  },
  {
    about: 'What it does',
    checks: [callsOnlyAllowedTools, actsAsAsked, actsOnce, actsBeforeItEnds, asksApproval, usesToolMode],
  },
  {
    about: 'What it says of that',
    checks: [
      ...[claimsOnlyWhatHappened, admitsMissingAction, admitsDegradedMode, noticeIsTrue, noticeIsComplete],
      ...[namesItsModel, billsWhatItSpent, logAgrees, logsNothingRaw],
    ],
  },
];

export const checks: Check[] = checkGroups.flatMap((group) => group.checks);
