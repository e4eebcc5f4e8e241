import { BASELINE, type ByKind, byKind, type EventOf, type TraceEvent } from '../../core/trace.ts';
import type { Breaker, Call, Cell, Detail, Row, ToolUse } from '../../page/data.ts';
import { isOfRequest, type Rest, Resting } from '../resting.ts';
import type { Things } from './things.ts';

type OfTimeline = 'calls' | 'tools' | 'breakers' | 'end_ms' | 'left_ms' | 'budget_usd' | 'deadline_ms';

/** What happened in one ask, as its timeline shows it. */
export interface Taped extends Pick<Detail, OfTimeline>, Pick<Row, 'task' | 'phase' | 'tenant' | 'priority'> {
  baseline: boolean;
  /** When, in its world. */
  begun: number;
  /** When, and in which call or tool, each of its events happened. */
  places: Map<number, Cell['marks'][number]>;
  outcome: EventOf<'outcome'>['outcome'] | undefined;
}

const MICRO = 1e6;
export const micro = (usd: number | null): number | null => (usd === null ? null : Math.round(usd * MICRO));

/** Follows the events of a drill, ask by ask; what was said is found by the names of its calls. */
export class Tape {
  readonly asks = new Map<number, Taped>();
  /** Whose events they are. */
  drill: string | undefined;
  readonly #things: Things;
  readonly #chain: readonly string[];
  readonly #resting = new Resting();
  #world = BASELINE;
  /** The ask in which a role failed last. */
  readonly #failed = new Map<string, Taped>();

  readonly #play: ByKind<unknown, [taped: Taped, at: number]> = {
    call: (event, taped, at) => {
      this.#tryRole(taped, event, at);
      taped.calls.push(naming(event.call, newCall(event, at)));
    },
    'first-token': ({ call: name }, taped, at) => {
      const call = callIn(taped, name);
      if (call !== undefined) call.first ??= at;
    },
    'call-head': ({ call, status }, taped) => Object.assign(callIn(taped, call) ?? {}, { status }),
    'call-end': (event, taped) =>
      this.#end(taped, event, event.failure_mode ?? (event.how === 'complete' ? null : event.how)),
    'call-abort': (event, taped) => this.#end(taped, event, 'cut'),
    'unscripted-call': ({ call }, taped) => Object.assign(callIn(taped, call) ?? {}, { failure: 'refused' }),
    'fault-fired': ({ call, fault }, taped) => {
      for (const hit of [callIn(taped, call), toolIn(taped, call)]) if (hit !== undefined) hit.fault ??= fault;
    },
    'tool-use': ({ use, tool, write }, taped, at) => taped.tools.push(naming(use, { ...newTool(tool, at), write })),
    'tool-result': ({ use, ok, error, effect }, taped, at) =>
      Object.assign(toolIn(taped, use) ?? {}, { end: at, how: ok ? 'ok' : error, effect }),
    approval: ({ tool, answer }, taped, at) =>
      taped.tools.push(naming('', { ...newTool(`approval of ${tool}`, at), end: at, how: answer })),
    left: (_, taped, at) => {
      taped.left_ms = at;
    },
    outcome: ({ ask, outcome }, taped, at) => {
      taped.end_ms = at;
      taped.outcome = outcome;
      this.#pass(taped, this.#resting.over(ask, isLost(taped) ? this.#chain : []));
    },
  };

  constructor(things: Things, chain: readonly string[] = []) {
    this.#things = things;
    this.#chain = chain;
  }

  see(event: TraceEvent): void {
    if (!('ask' in event) || event.ask === undefined || event.task === undefined) return;
    this.drill = event.drill;
    if (event.kind === 'ask') this.#begin(event);
    const taped = this.asks.get(event.ask);
    if (taped === undefined) return;
    const at = event.at - taped.begun;
    byKind(this.#play, event, taped, at);
    // That it was asked proves nothing that would be looked for.
    if (event.kind === 'ask') return;
    const [call, tool] = [placeOf(taped, event, 'call'), placeOf(taped, event, 'use')];
    taped.places.set(event.seq, { at, call, tool });
  }

  #begin({ ask, at, deadline_ms, budget_usd, ...event }: EventOf<'ask'>): void {
    const { task, phase, tenant, priority } = event;
    // What failed without faults is of another world.
    if (phase !== BASELINE && this.#world === BASELINE) this.#resting.forget();
    this.#world = phase;
    this.asks.set(ask, {
      ...{ task, phase, tenant, priority, begun: at, baseline: phase === BASELINE, deadline_ms },
      ...{ calls: [], tools: [], breakers: [], end_ms: null, left_ms: null, places: new Map(), outcome: undefined },
      budget_usd: micro(budget_usd ?? null),
    });
  }

  #tryRole(taped: Taped, { role, ask }: EventOf<'call'>, at: number): void {
    const rest = this.#resting.restOf(role);
    if (rest !== undefined) {
      this.#pass(taped, [rest]);
      stepsOf(taped, role).push({ at, state: 'tried', failures: 0 });
    }
    this.#pass(taped, this.#resting.called(role, ask, this.#chain));
  }

  #end(taped: Taped, event: EventOf<'call-end' | 'call-abort'>, failure: string | null): void {
    const call = callIn(taped, event.call);
    if (call === undefined) return;
    const { at, tokens, cost_usd } = event;
    const { input, output } = tokens;
    const end = at - taped.begun;
    Object.assign(call, { end, tokens: [input, output], usd: micro(cost_usd), failure: call.failure ?? failure });
    // That its user left says nothing of a role.
    if (failure === 'cut' && taped.left_ms !== null) return;
    if (!this.#resting.ended(call.role, call.failure, at)) this.#failed.set(call.role, taped);
    else if (taped.breakers.some(({ role, steps }) => role === call.role && steps.at(-1)?.state === 'tried'))
      stepsOf(taped, call.role).push({ at: end, state: 'closed', failures: 0 });
  }

  /** Roles are left alone by an ask, and so they are in the one in which they failed last. */
  #pass(taped: Taped, rests: readonly Rest[]): void {
    for (const { role, since, failures } of rests)
      for (const one of new Set([this.#failed.get(role) ?? taped, taped])) {
        const steps = stepsOf(one, role);
        if (steps.at(-1)?.state !== 'alone') steps.push({ at: since - one.begun, state: 'alone', failures });
      }
  }

  /** What was said is looked up when all of it is known. */
  finish(drill: string): void {
    for (const { calls, baseline } of this.asks.values())
      for (const call of calls) Object.assign(call, this.#things.linkOf(drill, baseline ? BASELINE : '', named(call)));
  }
}

function newCall({ role, model, turn, attempt }: EventOf<'call'>, at: number): Call {
  return {
    ...{ role, model, turn, attempt, at, first: null, end: null, status: null, failure: null, fault: null },
    ...{ tokens: [0, 0], usd: null, sent: null, came: null },
  };
}

const newTool = (tool: string, at: number): ToolUse => ({
  ...{ tool, at, end: null, write: false, how: '', effect: '', fault: null },
});

/** What is seen of the breaker of a role in an ask. */
function stepsOf({ breakers }: Taped, role: string): Breaker['steps'] {
  const known = breakers.find((one) => one.role === role) ?? { role, steps: [] };
  if (!breakers.includes(known)) breakers.push(known);
  return known.steps;
}

/** No model replied to it, for no reason of its own, and its user did not leave. */
const isLost = ({ calls, left_ms }: Taped): boolean =>
  left_ms === null && calls.every(({ failure }) => failure !== null && !isOfRequest(failure));

/** The trace's names, which the page does not need. */
const names = new WeakMap<Call | ToolUse, string>();
const named = (one: Call | ToolUse): string => names.get(one) ?? '';
function naming<T extends Call | ToolUse>(name: string, one: T): T {
  names.set(one, name);
  return one;
}

const callIn = ({ calls }: Taped, name: string) => calls.find((one) => named(one) === name);
const toolIn = ({ tools }: Taped, name: string) => tools.find((one) => named(one) === name);

function placeOf(taped: Taped, event: TraceEvent, key: 'call' | 'use'): number | null {
  const name = key in event ? Reflect.get(event, key) : undefined;
  const index = (key === 'call' ? taped.calls : taped.tools).findIndex(
    (one) => name !== undefined && named(one) === name,
  );
  return index < 0 ? null : index;
}
