import { describe, expect, it } from 'vitest';
import { Drill, type FaultUse } from '../core/drill.ts';
import type { StopCondition } from '../core/stop.ts';
import type { EventOf, NewEvent, TraceEvent } from '../core/trace.ts';
import { watchConditions } from './conditions.ts';

const TASKS = [
  { name: 'hours', tenant: 'alder' },
  { name: 'parking', tenant: 'petrie' },
];

/** A drill with these faults and conditions, and what it is told of asks. */
function watch(stop: StopCondition[], faults: FaultUse[] = []) {
  const drill = Drill.parse({
    ...{ drill: 'mine', title: 't', hypothesis: 'h', workflow: 'w', stop, expect: { 'fails-over': {} } },
    phases: [{ name: 'outage', tasks: 1, faults }],
  });
  const see = watchConditions({ drill, tasks: TASKS }, { spent: 0 });
  let [number, at] = [0, 0];
  const tell = (event: Partial<NewEvent> & { ask: number; task: string }) => {
    at += 1;
    return see({ seq: at, at, drill: 'mine', phase: 'outage', ...event } as TraceEvent);
  };
  return {
    tell,
    /** One ask from its first call to its end; gives what the run is stopped by. */
    ask(
      task: string,
      calls: { role: string; ms?: number; fault?: string; good?: boolean; usd?: number }[],
      kind = 'failed',
    ) {
      const of = { ask: ++number, task };
      const met = calls.map(({ role, ms = 1, fault, good = true, usd = 0 }, i) => {
        const call = `c${number}-${i}`;
        tell({ ...of, kind: 'call', call, role } as EventOf<'call'>);
        if (fault !== undefined) tell({ ...of, kind: 'fault-fired', call, role, fault } as EventOf<'fault-fired'>);
        at += ms - 1;
        const failure_mode = good ? null : 'server_error';
        return tell({
          ...of,
          kind: 'call-end',
          call,
          how: 'complete',
          failure_mode,
          cost_usd: usd,
        } as EventOf<'call-end'>);
      });
      const ended = tell({ ...of, kind: 'outcome', outcome: { kind } } as EventOf<'outcome'>);
      return [...met, ended].find((by) => by !== undefined);
    },
  };
}

const DOWN: FaultUse = { fault: 'server-error', role: 'primary' };
const BROKEN = { role: 'primary', fault: 'server-error', good: false };

describe('an ask counts as failed where the drill does not explain it', () => {
  const any: StopCondition[] = [{ failure_rate: 0, min_asks: 1 }];

  it('not where a fault met it, whatever it came to', () => {
    expect(watch(any, [DOWN]).ask('hours', [BROKEN, { role: 'backup' }])).toBeUndefined();
  });

  it('not where it leaves out what the drill had broken, and no model answered', () => {
    const { ask } = watch(any, [DOWN]);
    ask('hours', [BROKEN], 'answered');
    expect(ask('parking', [])).toBeUndefined();
    expect(ask('parking', [{ role: 'backup', good: false }])).toBeUndefined();
  });

  it('but where a model answered, or what was broken was called and was well', () => {
    const { ask } = watch(any, [DOWN]);
    ask('hours', [BROKEN], 'answered');
    expect(ask('hours', [{ role: 'backup' }])).toMatchObject({ kind: 'failure_rate', value: 1, threshold: 0 });
    expect(ask('hours', [{ role: 'primary', good: false }])).toBeDefined();
  });

  it('and where the faults were meant for others', () => {
    const { ask } = watch(any, [{ ...DOWN, tenants: ['alder'] }]);
    ask('hours', [BROKEN], 'answered');
    expect(ask('hours', [])).toBeUndefined();
    expect(ask('parking', [])).toBeDefined();
  });

  it('nothing was broken yet: it counts', () => {
    expect(watch(any, [DOWN]).ask('hours', [])).toBeDefined();
  });

  it.each(['declined', 'queued', 'answered'])('%s is no failure', (kind) => {
    expect(watch(any).ask('hours', [], kind)).toBeUndefined();
  });

  it('nor is one whose user left; one that hangs is', () => {
    const { tell } = watch(any);
    tell({ ask: 1, task: 'hours', kind: 'left' });
    expect(tell({ ask: 1, task: 'hours', kind: 'outcome', outcome: { kind: 'abandoned' } } as never)).toBeUndefined();
    expect(tell({ ask: 2, task: 'hours', kind: 'hung', waited_ms: 1, waiting_for: 'it' })).toBeDefined();
  });

  it('a share of the last ones, once there are enough', () => {
    const { ask } = watch([{ name: 'many', failure_rate: 0.5, min_asks: 2, window: 3 }]);
    const told = ['failed', 'answered', 'answered', 'failed', 'failed'].map((kind) => ask('hours', [], kind)?.value);
    expect(told).toEqual([undefined, undefined, undefined, undefined, 2 / 3]);
  });
});

describe('latency', () => {
  it.each([
    [50, 20],
    [90, 40],
    [100, 40],
  ])('percentile %i of 10, 20, 30 and 40 ms is %i ms', (percentile, value) => {
    const { ask } = watch([{ latency_ms: 5, percentile, min_calls: 4 }]);
    const met = [40, 10, 30, 20].map((ms) => ask('hours', [{ role: 'primary', ms }], 'answered'));
    expect(met.map((by) => by?.value)).toEqual([undefined, undefined, undefined, value]);
  });

  it('a call that a fault slowed down does not count', () => {
    const { ask } = watch([{ latency_ms: 5, min_calls: 1 }], [DOWN]);
    expect(
      ask('hours', [
        { ...BROKEN, ms: 900 },
        { role: 'backup', ms: 5 },
      ]),
    ).toBeUndefined();
    expect(ask('hours', [{ role: 'backup', ms: 6 }])).toMatchObject({ kind: 'latency_ms', value: 6 });
  });
});

it('money counts for every call, with a fault or without', () => {
  const { ask } = watch([{ spend_usd: 1 }], [DOWN]);
  expect(
    ask('hours', [
      { ...BROKEN, usd: 0.6 },
      { role: 'backup', usd: 0.4 },
    ]),
  ).toBeUndefined();
  expect(ask('hours', [{ role: 'backup', usd: 0.01 }])).toMatchObject({ kind: 'spend_usd', threshold: 1 });
});
