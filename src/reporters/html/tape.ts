import { BASELINE, type TraceEvent } from '../../core/trace.ts';
import type { Call, Cell, Detail, ToolUse } from '../../page/data.ts';
import type { Things } from './things.ts';

/** What happened in one ask, as its timeline shows it. */
export interface Taped extends Pick<Detail, 'calls' | 'tools' | 'end_ms' | 'left_ms' | 'budget_usd' | 'deadline_ms'> {
  task: string;
  baseline: boolean;
  /** When, and in which call or tool, each of its events happened. */
  places: Map<number, Cell['marks'][number]>;
  outcome: Extract<TraceEvent, { kind: 'outcome' }>['outcome'] | undefined;
}

type OfAsk = Extract<TraceEvent, { ask: number }>;

const MICRO = 1e6;
export const micro = (usd: number | null): number | null => (usd === null ? null : Math.round(usd * MICRO));

/** Follows the events of a drill, ask by ask; what was said is found by the names of its calls. */
export class Tape {
  readonly asks = new Map<number, Taped>();
  readonly #begun = new Map<number, number>();
  readonly #things: Things;

  constructor(things: Things) {
    this.#things = things;
  }

  see(event: TraceEvent): void {
    if (!('ask' in event) || event.ask === undefined || event.task === undefined) return;
    if (event.kind === 'ask') this.#begin(event);
    const taped = this.asks.get(event.ask);
    if (taped === undefined) return;
    const at = event.at - (this.#begun.get(event.ask) ?? 0);
    this.#play(taped, event as OfAsk, at);
    // That it was asked proves nothing that would be looked for.
    if (event.kind === 'ask') return;
    const [call, tool] = [placeOf(taped, event, 'call'), placeOf(taped, event, 'use')];
    taped.places.set(event.seq, { at, call, tool });
  }

  #begin({ ask, at, task, phase, deadline_ms, budget_usd }: Extract<TraceEvent, { kind: 'ask' }>): void {
    this.#begun.set(ask, at);
    const open = { calls: [], tools: [], end_ms: null, left_ms: null, places: new Map(), outcome: undefined };
    this.asks.set(ask, {
      ...open,
      task,
      baseline: phase === BASELINE,
      deadline_ms,
      budget_usd: micro(budget_usd ?? null),
    });
  }

  #play(taped: Taped, event: OfAsk, at: number): void {
    const call =
      'call' in event && typeof event.call === 'string' ? taped.calls.find((c) => named(c) === event.call) : undefined;
    const use = 'use' in event ? taped.tools.find((t) => named(t) === event.use) : undefined;
    switch (event.kind) {
      case 'call':
        taped.calls.push(naming(event.call, newCall(event, at)));
        break;
      case 'first-token':
        if (call !== undefined) call.first ??= at;
        break;
      case 'call-head':
        if (call !== undefined) call.status = event.status;
        break;
      case 'call-end':
        if (call !== undefined)
          ended(call, at, event, event.failure_mode ?? (event.how === 'complete' ? null : event.how));
        break;
      case 'call-abort':
        if (call !== undefined) ended(call, at, event, 'cut');
        break;
      case 'unscripted-call':
        if (call !== undefined) call.failure = 'refused';
        break;
      case 'fault-fired':
        for (const hit of [call, taped.tools.find((t) => named(t) === event.call)])
          if (hit !== undefined) hit.fault ??= event.fault;
        break;
      case 'tool-use':
        taped.tools.push(
          naming(event.use, { tool: event.tool, at, end: null, write: event.write, how: '', effect: '', fault: null }),
        );
        break;
      case 'tool-result':
        if (use !== undefined)
          Object.assign(use, { end: at, how: event.ok ? 'ok' : event.error, effect: event.effect });
        break;
      case 'approval':
        taped.tools.push(
          naming('', {
            tool: `approval of ${event.tool}`,
            at,
            end: at,
            write: false,
            how: event.answer,
            effect: '',
            fault: null,
          }),
        );
        break;
      case 'left':
        taped.left_ms = at;
        break;
      case 'outcome':
        taped.end_ms = at;
        taped.outcome = event.outcome;
    }
  }

  /** What was said is looked up when all of it is known. */
  finish(drill: string): void {
    for (const { calls, baseline } of this.asks.values())
      for (const call of calls) Object.assign(call, this.#things.linkOf(drill, baseline ? BASELINE : '', named(call)));
  }
}

function newCall({ role, model, turn, attempt }: Extract<TraceEvent, { kind: 'call' }>, at: number): Call {
  return {
    ...{ role, model, turn, attempt, at, first: null, end: null, status: null, failure: null, fault: null },
    ...{ tokens: [0, 0], usd: null, sent: null, came: null },
  };
}

function ended(
  call: Call,
  at: number,
  { tokens, cost_usd }: Pick<Extract<TraceEvent, { kind: 'call-end' }>, 'tokens' | 'cost_usd'>,
  failure: string | null,
): void {
  Object.assign(call, {
    end: at,
    tokens: [tokens.input, tokens.output],
    usd: micro(cost_usd),
    failure: call.failure ?? failure,
  });
}

/** The trace's names, which the page does not need. */
const names = new WeakMap<Call | ToolUse, string>();
const named = (one: Call | ToolUse): string => names.get(one) ?? '';
function naming<T extends Call | ToolUse>(name: string, one: T): T {
  names.set(one, name);
  return one;
}

function placeOf(taped: Taped, event: TraceEvent, key: 'call' | 'use'): number | null {
  const name = key in event ? Reflect.get(event, key) : undefined;
  const index = (key === 'call' ? taped.calls : taped.tools).findIndex(
    (one) => name !== undefined && named(one) === name,
  );
  return index < 0 ? null : index;
}
