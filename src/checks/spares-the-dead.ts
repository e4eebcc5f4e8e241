import { z } from 'zod';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { FAILURE_MODES } from '../core/taxonomy.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { comeBackAt } from './retry-after.ts';
import { count, seconds } from './words.ts';

/** A provider that keeps failing is left alone, but for a half-open probe now and then. */
export const sparesTheDead = defineDrillCheck({
  name: 'spares-the-dead',
  summary: 'A role that keeps failing is no longer called, but for a probe now and then',
  severity: 'critical',
  feature: 'breaker',
  reads: 'every call to the role while it is broken, and which of them failed',
  params: z.strictObject({
    after_failures: whole(1, 1000).default(5).describe('failures in a row that open the breaker'),
    probe_every_ms: whole(1, HOUR_MS).default(10_000).describe('one probe is allowed per so many milliseconds'),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'spares-the-dead: { after_failures: 5 }',
  open({ declares, epoch_ms }, { after_failures, probe_every_ms, role = declares.chain[0] ?? '' }) {
    let armed = false;
    /** Ids of calls to the role that have not ended. */
    const inFlight = new Set<string>();
    /** Those whose reply said to come back within the time of a probe: such a role is busy, not dead. */
    const busy = new Set<string>();
    let streak = 0;
    let longest = 0;
    /** When the breaker should have opened. */
    let openAt: number | undefined;
    let lastProbe: number | undefined;
    let probes = 0;
    /** Asks after that, and their calls elsewhere. */
    const spared = new Set<number>();
    const chances: number[] = [];
    /** Calls to the role that should not have been. */
    const hits: number[] = [];

    function recover(): void {
      streak = 0;
      openAt = undefined;
      lastProbe = undefined;
    }

    function judgeCall({ at, seq }: TraceEvent): void {
      if (lastProbe !== undefined && at - lastProbe < probe_every_ms) {
        hits.push(seq);
        return;
      }
      lastProbe = at;
      probes += 1;
    }

    return {
      step(event) {
        if (event.kind === 'run-header' || event.phase === BASELINE) return;
        if (event.kind === 'phase' && event.state === 'began') {
          armed = event.faults.some((f) => f.role === role);
          if (!armed) recover();
        }
        if (!armed) return;
        // Whatever happens in the same millisecond could not know of the failure yet.
        const open = openAt !== undefined && event.at > openAt;
        if (event.kind === 'ask' && open) {
          spared.add(event.ask);
          chances.push(event.seq);
        }
        if (event.kind === 'call' && event.role === role) {
          inFlight.add(event.call);
          if (open) judgeCall(event);
        } else if (event.kind === 'call' && spared.has(event.ask)) {
          chances.push(event.seq);
        }
        if (event.kind === 'call-head' && inFlight.has(event.call)) {
          const back = comeBackAt({ head: event }, epoch_ms);
          if (back !== undefined && back - event.at <= probe_every_ms) busy.add(event.call);
        }
        if ((event.kind === 'call-end' || event.kind === 'call-abort') && inFlight.delete(event.call)) {
          const mode = event.kind === 'call-abort' ? 'timeout' : event.failure_mode;
          if (mode === null) recover();
          // What says something of the request says nothing of the provider's health: no breaker should open on it.
          else if (FAILURE_MODES[mode].blames !== 'request' && !busy.delete(event.call)) streak += 1;
          longest = Math.max(longest, streak);
          if (streak >= after_failures) openAt ??= event.at;
        }
      },
      verdict() {
        const dead = `${count(after_failures, 'failure')} in a row`;
        const called = `${count(hits.length + probes, 'call')} to ${role} after ${dead}`;
        if (hits.length > 0) return failed(`${called} (allowed: at most 1 per ${seconds(probe_every_ms)})`, hits);
        const asks = count(spared.size, 'ask');
        if (spared.size > 0) return passed(`${asks} after ${dead} on ${role}, ${count(probes, 'call')} to it`, chances);
        if (longest >= after_failures) return nothingToJudge(`no ask came after ${dead} on ${role}`);
        return nothingToJudge(`${role} failed ${count(longest, 'time')} in a row at most, ${after_failures} needed`);
      },
    };
  },
});
