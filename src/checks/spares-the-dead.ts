import { z } from 'zod';
import type { ResolvedDeclaration } from '../core/declaration.ts';
import { modeOfAbort } from '../core/evidence.ts';
import { HOUR_MS, whole } from '../core/numbers.ts';
import { entryOf } from '../core/once.ts';
import { defineDrillCheck, failed, nothingToJudge, passed } from '../core/plugin.ts';
import { FAILURE_MODES } from '../core/taxonomy.ts';
import { BASELINE, type EventOf, type TraceEvent } from '../core/trace.ts';
import { count, seconds } from '../text/words.ts';
import { cooldownOf } from './cooldown.ts';
import { comeBackAt } from './retry-after.ts';

/** What a breaker sees: the calls to one role, of all tenants or of one. */
class Watch {
  longest = 0;
  probes = 0;
  /** Calls that should not have been. */
  readonly hits: number[] = [];
  private readonly limits: Limits;
  private streak = 0;
  /** When a breaker should have opened. */
  private openAt: number | undefined;
  private lastProbe: number | undefined;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  /** Whatever happens in the same millisecond could not know of the failure yet. */
  isOpen = (at: number): boolean => this.openAt !== undefined && at > this.openAt;

  isFailing = (): boolean => this.streak > 0;

  recover(): void {
    this.streak = 0;
    this.openAt = undefined;
    this.lastProbe = undefined;
  }

  called({ at, seq }: EventOf<'call'>): void {
    if (!this.isOpen(at)) return;
    if (this.lastProbe !== undefined && at - this.lastProbe < this.limits.probe_every_ms) {
      this.hits.push(seq);
      return;
    }
    this.lastProbe = at;
    this.probes += 1;
  }

  failed(at: number): void {
    this.streak += 1;
    this.longest = Math.max(this.longest, this.streak);
    if (this.streak >= this.limits.after_failures) this.openAt ??= at;
  }
}

interface Limits {
  after_failures: number;
  probe_every_ms: number;
}

/** Seldom is a provider probed less often than that, or a cooldown longer. */
const USUAL_PROBE_MS = 10_000;
const probeEvery = (declares: ResolvedDeclaration) => Math.min(USUAL_PROBE_MS, cooldownOf(declares));

/**
 * A provider that keeps failing is left alone, but for a half-open probe now and then. A breaker may be one for all, or
 * one a tenant: a tenant whose own calls kept failing may not go on in either case.
 */
export const sparesTheDead = defineDrillCheck({
  name: 'spares-the-dead',
  summary: 'A role that keeps failing a tenant is no longer called for it, but for a probe now and then',
  severity: 'critical',
  advice: 'Stop calling a role after some failures in a row, and then let one test call through now and then.',
  feature: 'breaker',
  reads: 'every call to the role while it is broken, for whom it was, and which of them failed',
  params: z.strictObject({
    after_failures: whole(1, 1000).default(5).describe('failures in a row that open the breaker'),
    probe_every_ms: whole(1, HOUR_MS)
      .optional()
      .describe(
        'one probe is allowed per so many milliseconds; without it, 10 s, or the declared cooldown if that is less',
      ),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'spares-the-dead: { after_failures: 5 }',
  open(facts, params) {
    const { declares } = facts;
    const { after_failures, role = declares.chain[0] ?? '' } = params;
    const limits = { after_failures, probe_every_ms: params.probe_every_ms ?? probeEvery(declares) };
    const all = new Watch(limits);
    const tenants = new Map<string, Watch>();
    const asking = new Map<number, string>();
    let armed = false;
    /** Ids of calls to the role that have not ended. */
    const inFlight = new Set<string>();
    /** Those whose reply said to come back within the time of a probe: such a role is busy, not dead. */
    const busy = new Set<string>();
    /** Asks while a breaker was due, and their calls elsewhere. */
    const due = new Set<number>();
    /** Asks that came after a failure and did not call the role: a breaker may open sooner than it has to. */
    const spared = new Map<number, number>();
    const chances: number[] = [];

    const both = (ask: number) => [all, entryOf(tenants, asking.get(ask) ?? '', () => new Watch(limits))];

    function ended(event: EventOf<'call-end'> | EventOf<'call-abort'>): void {
      const mode = event.kind === 'call-abort' ? modeOfAbort(event) : event.failure_mode;
      // A reply that ended at its length limit came from a model that is there.
      const cut = mode === 'truncated' && event.kind === 'call-end' && event.how === 'complete';
      const saysNothing = mode !== null && (FAILURE_MODES[mode].blames === 'request' || busy.delete(event.call));
      if (saysNothing) return;
      for (const watch of both(event.ask)) {
        if (mode === null || cut) watch.recover();
        else watch.failed(event.at);
      }
    }

    function called(event: EventOf<'call'>): void {
      inFlight.add(event.call);
      spared.delete(event.ask);
      for (const watch of both(event.ask)) watch.called(event);
    }

    function begin({ state, faults }: EventOf<'phase'>): void {
      if (state !== 'began') return;
      armed = faults.some((f) => f.role === role);
      if (!armed) for (const watch of [all, ...tenants.values()]) watch.recover();
    }

    return {
      step(event: TraceEvent) {
        if (event.kind === 'run-header' || event.phase === BASELINE) return;
        if (event.kind === 'phase') begin(event);
        if (event.kind === 'ask') asking.set(event.ask, event.tenant);
        if (!armed) return;
        if (event.kind === 'ask' && both(event.ask).some((watch) => watch.isOpen(event.at))) {
          due.add(event.ask);
          chances.push(event.seq);
        }
        if (event.kind === 'ask' && both(event.ask).some((watch) => watch.isFailing()))
          spared.set(event.ask, event.seq);
        if (event.kind === 'call' && event.role === role) called(event);
        else if (event.kind === 'call' && due.has(event.ask)) chances.push(event.seq);
        if (event.kind === 'call-head' && inFlight.has(event.call)) {
          const back = comeBackAt({ head: event }, facts.epoch_ms);
          if (back !== undefined && back - event.at <= limits.probe_every_ms) busy.add(event.call);
        }
        if (event.kind === 'call-end' && inFlight.has(event.call)) {
          const { retry_after_ms = Number.POSITIVE_INFINITY } = event;
          if (retry_after_ms <= limits.probe_every_ms) busy.add(event.call);
        }
        if ((event.kind === 'call-end' || event.kind === 'call-abort') && inFlight.delete(event.call)) ended(event);
      },
      verdict() {
        const dead = `${count(after_failures, 'failure')} in a row`;
        const worst = [...tenants.values()].toSorted((a, b) => b.hits.length - a.hits.length)[0];
        if (worst !== undefined && worst.hits.length > 0) {
          const called = `${count(worst.hits.length + worst.probes, 'call')} to ${role} for one tenant after ${dead} of its own`;
          return failed(`${called} (allowed: at most 1 per ${seconds(limits.probe_every_ms)})`, worst.hits);
        }
        const asks = count(due.size, 'ask');
        if ([...due].some((ask) => spared.has(ask)))
          return passed(`${asks} after ${dead} on ${role}, ${count(all.probes, 'probe')} of it`, chances);
        if (due.size > 0)
          return nothingToJudge(`${asks} came after ${dead} on ${role}, and each may have been a probe`);
        if (spared.size > 0 && all.longest + spared.size >= after_failures) {
          const failures = `${count(all.longest, 'failure')} in a row at most`;
          return passed(`${count(spared.size, 'ask')} did without ${role} after ${failures}`, [...spared.values()]);
        }
        if (all.longest >= after_failures) return nothingToJudge(`no ask came after ${dead} on ${role}`);
        return nothingToJudge(
          `${role} failed ${count(all.longest, 'time')} in a row at most, ${after_failures} needed`,
        );
      },
    };
  },
});
