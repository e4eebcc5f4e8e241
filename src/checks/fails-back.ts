import { z } from 'zod';
import { whole } from '../core/numbers.ts';
import { defineDrillCheck, failed, nothingToJudge, type Proof, passed } from '../core/plugin.ts';
import { rolesOf, type Seen, seenIn } from '../core/seen.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { count, seconds, unique } from '../text/words.ts';
import { cooldownOf } from './cooldown.ts';

/** Once the broken role is well again, it is used again. */
export const failsBack = defineDrillCheck({
  name: 'fails-back',
  summary: 'Some time after a role is well again, asks are served by it again',
  severity: 'critical',
  advice: 'When the cooldown is over, try the first role again, and use it once it answers.',
  feature: 'failback',
  reads: 'the asks after the heal, and whose reply each outcome holds',
  params: z.strictObject({
    within_ms: whole(0, 86_400_000)
      .optional()
      .describe('milliseconds from the heal to when every ask is back; without it, the declared cooldown, else 60 s'),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'fails-back: { within_ms: 30000 }',
  open({ declares, phases }, params) {
    const { chain } = declares;
    const role = params.role ?? chain[0] ?? '';
    const within_ms = params.within_ms ?? cooldownOf(declares);
    const broken = phases.findLastIndex((p) => p.faults.some((f) => f.role === role));
    const lastBroken = broken < phases.length - 1 ? phases[broken]?.name : undefined;
    /** From when on every ask must be back. */
    let backAt = Number.POSITIVE_INFINITY;
    /** Asks in flight since then, and those of the baseline. */
    const open = new Map<number, TraceEvent[]>();
    /** Who serves each task without faults. */
    const usual = new Map<string, string[]>();
    const back: Proof[] = [];
    const astray: { by: string; proof: Proof }[] = [];

    function judge(task: string, seen: Seen): void {
      const roles = seen.servers.map((c) => c.call.role);
      const before = usual.get(task) ?? [];
      const asUsual =
        usual.has(task) && (before.some((one) => roles.includes(one)) || before.length + roles.length === 0);
      // A healthy role that the caller would not wait for was used, and left as it may be at any time.
      const left = seen.attempts.some((c) => c.call.role === role && c.abort !== undefined && c.fired.length === 0);
      if (left && !roles.includes(role)) return;
      // What this role itself said a while ago shows nothing of who would be asked now.
      if (seen.fromStore && seen.stored.some((reply) => reply.role === role)) return;
      const proof = [seen.ask, ...seen.calls.map((c) => c.call), ...seen.replies, seen.ending];
      if (roles.includes(role) || asUsual) back.push(proof);
      else astray.push({ by: seen.fromStore ? 'the store' : rolesOf(seen.servers) || 'nobody', proof });
    }

    return {
      step(event) {
        if (event.kind === 'run-header') return;
        if (event.kind === 'phase' && event.state === 'ended' && event.phase === lastBroken)
          backAt = event.at + within_ms;
        if (event.kind === 'ask' && (event.phase === BASELINE || event.at >= backAt)) open.set(event.ask, []);
        const events = 'ask' in event && event.ask !== undefined ? open.get(event.ask) : undefined;
        events?.push(event);
        if (events === undefined || (event.kind !== 'outcome' && event.kind !== 'hung')) return;
        open.delete(event.ask);
        const seen = seenIn(events, chain);
        if (event.phase === BASELINE)
          usual.set(
            event.task,
            seen.servers.map((c) => c.call.role),
          );
        else judge(event.task, seen);
      },
      verdict() {
        if (lastBroken === undefined) return nothingToJudge(`no phase heals ${role}`);
        const within = seconds(within_ms);
        const all = back.length + astray.length;
        if (all === 0) return nothingToJudge(`no ask came ${within} or more after ${role} was healed`);
        const many = `${count(all, 'ask')} from ${within} after the heal on`;
        if (astray.length === 0)
          return passed(`${back.length} of ${many} served by ${role}, or as without faults`, back);
        const others = unique(astray.map((a) => a.by)).join(', ');
        const proof = astray.map((a) => a.proof);
        return failed(`${astray.length} of ${many} not served by ${role} but by ${others}`, proof);
      },
    };
  },
});
