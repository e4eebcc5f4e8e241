import { z } from 'zod';
import { defineDrillCheck } from '../core/plugin.ts';
import { BASELINE, type TraceEvent } from '../core/trace.ts';
import { failed, nothingToJudge, passed } from '../core/verdict.ts';
import { count, seconds, unique } from './words.ts';

interface State {
  role: string;
  chain: readonly string[];
  within_ms: number;
  /** The phase after which the role is well; undefined where no phase heals it. */
  lastBroken: string | undefined;
  /** From when on every ask must be back. */
  backAt: number | undefined;
  open: Map<number, OpenAsk>;
  back: { asks: number; seqs: number[] };
  astray: { by: string[]; seqs: number[] };
}

interface OpenAsk {
  seqs: number[];
  /** Call id to role, while in flight. */
  calls: Map<string, string>;
  /** Whose good reply came last. */
  servedBy: string | undefined;
}

/** Once the broken role is well again, it is used again. */
export const failsBack = defineDrillCheck({
  name: 'fails-back',
  summary: 'Some time after a role is well again, asks are answered by it again',
  severity: 'critical',
  feature: 'failback',
  reads: 'the asks after the heal, and whose good reply each ended on',
  params: z.strictObject({
    within_ms: z.number().int().min(0).max(86_400_000).describe('milliseconds from the heal to when every ask is back'),
    role: z.string().min(1).optional().describe('the role; without it, the first of the chain'),
  }),
  example: 'fails-back: { within_ms: 30000 }',
  init({ declares, phases }, { within_ms, role = declares.chain[0] ?? '' }): State {
    const broken = phases.findLastIndex((p) => p.faults.some((f) => f.role === role));
    const lastBroken = broken < phases.length - 1 ? phases[broken]?.name : undefined;
    const none = { back: { asks: 0, seqs: [] }, astray: { by: [], seqs: [] } };
    return { role, chain: declares.chain, within_ms, lastBroken, backAt: undefined, open: new Map(), ...none };
  },
  step(state, event: TraceEvent) {
    if (event.kind === 'run-header' || event.phase === BASELINE) return state;
    if (event.kind === 'phase' && event.state === 'ended' && event.phase === state.lastBroken)
      state.backAt = event.at + state.within_ms;
    if (event.kind === 'ask' && state.backAt !== undefined && event.at >= state.backAt)
      state.open.set(event.ask, { seqs: [event.seq], calls: new Map(), servedBy: undefined });
    const ask = 'ask' in event && event.ask !== undefined ? state.open.get(event.ask) : undefined;
    if (ask === undefined) return state;
    if (event.kind === 'call' && state.chain.includes(event.role)) {
      ask.calls.set(event.call, event.role);
      ask.seqs.push(event.seq);
    }
    if (event.kind === 'call-end' && event.failure_mode === null && ask.calls.has(event.call)) {
      ask.servedBy = ask.calls.get(event.call);
      ask.seqs.push(event.seq);
    }
    if (event.kind === 'outcome' || event.kind === 'hung') {
      state.open.delete(event.ask);
      if (ask.servedBy === state.role) {
        state.back.asks += 1;
        state.back.seqs.push(...ask.seqs);
      } else {
        state.astray.by.push(ask.servedBy ?? 'nobody');
        state.astray.seqs.push(...ask.seqs, event.seq);
      }
    }
    return state;
  },
  verdict({ role, within_ms, lastBroken, back, astray }) {
    const within = seconds(within_ms);
    if (lastBroken === undefined) return nothingToJudge(`no phase heals ${role}`);
    const all = back.asks + astray.by.length;
    if (all === 0) return nothingToJudge(`no ask came ${within} or more after ${role} was healed`);
    const whole = `${count(all, 'ask')} from ${within} after the heal on`;
    if (astray.by.length === 0) return passed(`${back.asks} of ${whole} answered by ${role}`, back.seqs);
    const others = unique(astray.by).join(', ');
    return failed(`${astray.by.length} of ${whole} not answered by ${role} but by ${others}`, astray.seqs);
  },
});
