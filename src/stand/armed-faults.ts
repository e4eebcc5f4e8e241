import type { Clock } from '../core/clock.ts';
import type { Script } from '../core/golden-task.ts';
import type { ModelCall } from '../core/model-call.ts';
import { entryOf } from '../core/once.ts';
import { ownCopy } from '../core/own-copy.ts';
import type { Around, Injection } from '../core/plugin.ts';
import type { Random } from '../core/random.ts';
import type { ArmedFault, Recording } from '../core/stand.ts';
import type { ToolResult, ToolUse } from '../core/tools.ts';
import type { Occasion } from '../core/trigger.ts';
import { NetworkFailure } from '../core/wire.ts';
import type { Armed } from '../protocols/relay.ts';
import { keyOf } from './round-trip.ts';

interface ArmedFaultsOptions {
  clock: Clock;
  random: Random;
  recording: Recording;
  scriptOf(ask: number): Script;
}

/** One armed fault, and what it remembers per tenant. */
interface Arm {
  fault: ArmedFault;
  random: Random;
  /** Since when it is armed. */
  began: number;
  /** Calls that it has met, where they count from there; else those of the phase do. */
  met?: { calls: number };
  opened: Map<string, Injection>;
}

export type ArmedFaults = ReturnType<typeof createArmedFaults>;

/** Keeps the armed faults of the current phase and says which fire on a call. */
export function createArmedFaults({ clock, random, recording, scriptOf }: ArmedFaultsOptions) {
  let phase = 0;
  let added = 0;
  let arms: Arm[] = [];
  /** Calls and uses of tools that a fault may hold up, in the machine's time. */
  const held = new Map<string, AbortController>();

  function fires({ fault, random: own, began, met }: Arm, call: Occasion, onRole: number): boolean {
    if (fault.role !== call.role) return false;
    if (fault.tenants?.includes(call.tenant) === false || fault.tasks?.includes(call.task) === false) return false;
    if (met !== undefined) met.calls += 1;
    const counts = met === undefined ? { task: call.attempt, role: onRole } : { task: met.calls, role: met.calls };
    return fault.trigger(call, counts, clock.now() - began, own);
  }

  function around({ fault, random: own }: Arm, call: Occasion, signal: AbortSignal | undefined): Around {
    return {
      clock,
      // Apart from what the trigger draws: a fault that fires by chance would only ever see small numbers.
      random: own.fork(`act/${keyOf(call)}`),
      signal: whileArmed(call, signal),
      script: scriptOf(call.ask),
      fired(detail, how) {
        const { ask, task, id, role } = call;
        const { fault: name, effect } = fault;
        recording.emit({ kind: 'fault-fired', ask, task, call: id, fault: name, role, effect, ...how, detail });
      },
    };
  }

  /** Fires when the caller leaves, or the faults are taken away. By hand: Node 20 may forget what `AbortSignal.any` gives. */
  function whileArmed({ id }: Occasion, caller: AbortSignal | undefined): AbortSignal | undefined {
    if (clock.kind === 'virtual') return caller;
    return entryOf(held, id, () => {
      const own = new AbortController();
      caller?.addEventListener('abort', () => own.abort(caller.reason), { once: true });
      return own;
    }).signal;
  }

  const firing = (call: Occasion, onRole: number, signal: AbortSignal | undefined) =>
    arms
      .filter((arm) => fires(arm, call, onRole))
      .map((arm) => ({ injection: opened(arm, call), here: around(arm, call, signal) }));

  return {
    begin(faults: readonly ArmedFault[]): void {
      phase += 1;
      const began = clock.now();
      arms = faults.map((fault, i) => {
        const before = faults.slice(0, i).filter((f) => f.fault === fault.fault && f.role === fault.role).length;
        // Named by what it is, so that a fault put in front of it shifts none of its draws.
        return {
          fault,
          began,
          random: random.fork(`fault/${phase}/${fault.fault}@${fault.role}/${before}`),
          opened: new Map(),
        };
      });
    },

    /** What `next` arms as well goes on until then: an outage that lasts has no gap. */
    end(next: readonly ArmedFault[]): void {
      arms = arms.filter(({ fault }) => next.some(({ role }) => role === fault.role));
    },

    add(fault: ArmedFault): () => void {
      added += 1;
      const own = random.fork(`fault/added/${added}`);
      const arm: Arm = { fault, random: own, began: clock.now(), met: { calls: 0 }, opened: new Map() };
      arms.push(arm);
      return () => {
        arms = arms.filter((one) => one !== arm);
      };
    },

    revert(): ArmedFault[] {
      const before = arms.map(({ fault }) => fault);
      arms = [];
      for (const one of held.values()) one.abort(new NetworkFailure('reset'));
      return before;
    },

    /** A call, or the use of a tool, that is over. */
    ended: (id: string): void => void held.delete(id),

    /** The injections that fire on this call, bound to what surrounds them, layer by layer. */
    armedOn(call: ModelCall, onRole: number, signal: AbortSignal | undefined): Armed {
      const armed: Armed = { meaning: [], wire: [] };
      // What was read of a request is shared by all that are equal to it: a fault may do with its call what it likes.
      for (const { injection, here } of firing(call, onRole, signal)) {
        if (injection.kind === 'meaning')
          armed.meaning.push((asked, next) => injection.inject(ownCopy(asked), next, here));
        if (injection.kind === 'wire') armed.wire.push((reply) => injection.inject(reply, ownCopy(call), here));
      }
      return armed;
    },
    /** The same for the use of a tool. */
    armedOnTool(use: Occasion): ((use: ToolUse, next: (use: ToolUse) => Promise<ToolResult>) => Promise<ToolResult>)[] {
      return firing(use, use.attempt, undefined).flatMap(({ injection, here }) =>
        injection.kind === 'tool' ? [(asked, next) => injection.inject(asked, next, here)] : [],
      );
    },
  };
}

function opened({ fault, random, opened: known }: Arm, call: Occasion): Injection {
  const whose = fault.shared ? '' : call.tenant;
  return entryOf(known, whose, () => fault.open({ role: call.role, random: random.fork(whose) }));
}
