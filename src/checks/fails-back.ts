import { z } from 'zod';
import { callsOf } from '../core/evidence.ts';
import { whole } from '../core/numbers.ts';
import { defineDrillCheck, failed, nothingToJudge, type Proof, passed } from '../core/plugin.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { count, seconds, unique } from './words.ts';

/** Once the broken role is well again, it is used again. */
export const failsBack = defineDrillCheck({
  name: 'fails-back',
  summary: 'Some time after a role is well again, asks are answered by it again',
  severity: 'critical',
  feature: 'failback',
  reads: 'the asks after the heal, and whose good reply each ended on',
  params: z.strictObject({
    within_ms: whole(0, 86_400_000).describe('milliseconds from the heal to when every ask is back'),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'fails-back: { within_ms: 30000 }',
  open({ declares: { chain }, phases }, { within_ms, role = chain[0] ?? '' }) {
    const broken = phases.findLastIndex((p) => p.faults.some((f) => f.role === role));
    const lastBroken = broken < phases.length - 1 ? phases[broken]?.name : undefined;
    /** From when on every ask must be back. */
    let backAt = Number.POSITIVE_INFINITY;
    /** Asks in flight since then. */
    const open = new Map<number, TraceEvent[]>();
    const back: Proof[] = [];
    const astray: { by: string; proof: Proof }[] = [];
    return {
      step(event) {
        if (event.kind === 'run-header' || event.phase === BASELINE) return;
        if (event.kind === 'phase' && event.state === 'ended' && event.phase === lastBroken)
          backAt = event.at + within_ms;
        if (event.kind === 'ask' && event.at >= backAt) open.set(event.ask, []);
        const events = 'ask' in event && event.ask !== undefined ? open.get(event.ask) : undefined;
        events?.push(event);
        if (events === undefined || (event.kind !== 'outcome' && event.kind !== 'hung')) return;
        open.delete(event.ask);
        const calls = callsOf(events).filter((c) => chain.includes(c.call.role));
        const good = calls.flatMap((c) => (c.ok && c.end !== undefined ? [{ role: c.call.role, seq: c.end.seq }] : []));
        const by = good.toSorted((a, b) => a.seq - b.seq).at(-1)?.role ?? 'nobody';
        const proof = [events[0], ...calls.map((c) => c.call), ...good];
        if (by === role) back.push(proof);
        else astray.push({ by, proof: [...proof, event] });
      },
      verdict() {
        if (lastBroken === undefined) return nothingToJudge(`no phase heals ${role}`);
        const within = seconds(within_ms);
        const all = back.length + astray.length;
        if (all === 0) return nothingToJudge(`no ask came ${within} or more after ${role} was healed`);
        const many = `${count(all, 'ask')} from ${within} after the heal on`;
        if (astray.length === 0) return passed(`${back.length} of ${many} answered by ${role}`, back);
        const others = unique(astray.map((a) => a.by)).join(', ');
        const proof = astray.map((a) => a.proof);
        return failed(`${astray.length} of ${many} not answered by ${role} but by ${others}`, proof);
      },
    };
  },
});
