import { z } from 'zod';
import { defineDrillCheck } from '../core/plugin.ts';
import type { FailureMode } from '../core/taxonomy.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { comeBackAt } from './retry-after.ts';
import { count, seconds } from './words.ts';

/** These say something of the request, not of the provider's health: no breaker should open on them. */
const OF_THE_REQUEST: readonly FailureMode[] = [
  'safety_block',
  'context_overflow',
  'schema_error',
  'tool_mismatch',
  'quality_regression',
  'cost_spike',
];

interface State {
  role: string;
  after_failures: number;
  probe_every_ms: number;
  armed: boolean;
  /** Ids of calls to the role that have not ended. */
  inFlight: Set<string>;
  /** Those whose reply said to come back within the time of a probe: such a role is busy, not dead. */
  busy: Set<string>;
  epoch_ms: number;
  streak: number;
  longest: number;
  /** When the breaker should have opened. */
  openAt: number | undefined;
  lastProbe: number | undefined;
  probes: number;
  /** Asks after that, and their calls elsewhere. */
  spared: Set<number>;
  chances: number[];
  /** Calls to the role that should not have been. */
  hits: number[];
}

/** A provider that keeps failing is left alone, but for a half-open probe now and then. */
export const sparesTheDead = defineDrillCheck({
  name: 'spares-the-dead',
  summary: 'A role that keeps failing is no longer called, but for a probe now and then',
  severity: 'critical',
  feature: 'breaker',
  reads: 'every call to the role while it is broken, and which of them failed',
  params: z.strictObject({
    after_failures: z.number().int().min(1).max(1000).default(5).describe('failures in a row that open the breaker'),
    probe_every_ms: z
      .number()
      .int()
      .min(1)
      .max(3_600_000)
      .default(10_000)
      .describe('one probe is allowed per so many milliseconds'),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'spares-the-dead: { after_failures: 5 }',
  init: ({ declares, epoch_ms }, params): State => ({
    ...params,
    role: params.role ?? declares.chain[0] ?? '',
    ...{
      epoch_ms,
      armed: false,
      inFlight: new Set(),
      busy: new Set(),
      streak: 0,
      longest: 0,
      openAt: undefined,
      lastProbe: undefined,
    },
    ...{ probes: 0, spared: new Set(), chances: [], hits: [] },
  }),
  step(state, event: TraceEvent) {
    if (event.kind === 'run-header' || event.phase === BASELINE) return state;
    if (event.kind === 'phase' && event.state === 'began') {
      state.armed = event.faults.some((f) => f.role === state.role);
      if (!state.armed) recover(state);
    }
    if (!state.armed) return state;
    // Whatever happens in the same millisecond could not know of the failure yet.
    const open = state.openAt !== undefined && event.at > state.openAt;
    if (event.kind === 'ask' && open) {
      state.spared.add(event.ask);
      state.chances.push(event.seq);
    }
    if (event.kind === 'call' && event.role === state.role) {
      state.inFlight.add(event.call);
      if (open) judgeCall(state, event);
    } else if (event.kind === 'call' && state.spared.has(event.ask)) {
      state.chances.push(event.seq);
    }
    if (event.kind === 'call-head' && state.inFlight.has(event.call)) {
      const back = comeBackAt({ head: event }, state.epoch_ms);
      if (back !== undefined && back - event.at <= state.probe_every_ms) state.busy.add(event.call);
    }
    if ((event.kind === 'call-end' || event.kind === 'call-abort') && state.inFlight.delete(event.call)) {
      const mode = event.kind === 'call-abort' ? 'timeout' : event.failure_mode;
      if (mode === null) recover(state);
      else if (!OF_THE_REQUEST.includes(mode) && !state.busy.delete(event.call)) state.streak += 1;
      state.longest = Math.max(state.longest, state.streak);
      if (state.streak >= state.after_failures) state.openAt ??= event.at;
    }
    return state;
  },
  verdict({ role, hits, probes, spared, chances, after_failures, longest, probe_every_ms }) {
    const dead = `${count(after_failures, 'failure')} in a row`;
    const most = `at most 1 per ${seconds(probe_every_ms)}`;
    if (hits.length > 0)
      return failed(`${count(hits.length + probes, 'call')} to ${role} after ${dead} (allowed: ${most})`, hits);
    if (spared.size > 0)
      return passed(`${count(spared.size, 'ask')} after ${dead} on ${role}, ${count(probes, 'call')} to it`, chances);
    if (longest >= after_failures) return nothingToJudge(`no ask came after ${dead} on ${role}`);
    return nothingToJudge(`${role} failed ${count(longest, 'time')} in a row at most, ${after_failures} needed`);
  },
});

function judgeCall(state: State, { at, seq }: TraceEvent): void {
  if (state.lastProbe !== undefined && at - state.lastProbe < state.probe_every_ms) {
    state.hits.push(seq);
    return;
  }
  state.lastProbe = at;
  state.probes += 1;
}

function recover(state: State): void {
  Object.assign(state, { streak: 0, openAt: undefined, lastProbe: undefined });
}
