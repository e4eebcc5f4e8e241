import { expect, it } from 'vitest';
import type { TraceEvent } from '../../core/trace.ts';
import { Tape } from './tape.ts';
import { Things } from './things.ts';

let seq = 0;
/** An ask that calls roles, each of which fails so, and then ends. */
function asked(ask: number, at: number, failures: Record<string, string>): TraceEvent[] {
  const of = { drill: 'd', phase: 'out', ask, task: `t${ask}` };
  const calls = Object.entries(failures).flatMap(([role, failure_mode], i) => {
    const call = `c${ask}.${i}`;
    const about = { model: 'm', turn: 1, attempt: 1, tokens: { input: 1, output: 0 }, cost_usd: 0, how: 'complete' };
    return [
      { ...of, kind: 'call', at: at + i, call, role, ...about },
      { ...of, kind: 'call-end', at: at + i + 1, call, failure_mode, ...about },
    ];
  });
  const events = [
    { ...of, kind: 'ask', at, tenant: 'a', priority: 'normal', deadline_ms: 9000 },
    ...calls,
    { ...of, kind: 'outcome', at: at + 9, outcome: { kind: 'failed' } },
  ];
  return events.map((event) => ({ ...event, seq: ++seq }) as unknown as TraceEvent);
}

it('a role that was not asked because another one declined the request was not left alone', () => {
  const tape = new Tape(new Things(), ['primary', 'backup']);
  for (const event of [
    ...asked(1, 0, { primary: 'server_error', backup: 'server_error' }),
    ...asked(2, 100, { primary: 'safety_block' }),
    ...asked(3, 200, { primary: 'server_error' }),
  ])
    tape.see(event);
  const [, declined, lost] = [...tape.asks.values()].map(({ breakers }) => breakers);
  expect(declined).toEqual([]);
  expect(lost).toEqual([{ role: 'backup', steps: [{ at: -198, state: 'alone', failures: 1 }] }]);
});
