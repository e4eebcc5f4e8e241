import { setMaxListeners } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { Stop, type StopCondition, type StoppedBy } from '../core/stop.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { Watch, Watched } from './conditions.ts';
import { readLever, stoppedByLever, watchLever } from './lever.ts';

interface Around {
  cwd: string;
  clock: Clock;
  /** The target runs in wall time: what happens outside of the run can be seen while it goes on. */
  wall: boolean;
}

/** What ends a command's runs before their time: somebody's Ctrl-C, the lever, a stop condition. */
export class Halt {
  /** Aborts with a `Stop`, or with the reason of an interrupt. */
  readonly signal: AbortSignal;
  readonly #own = new AbortController();
  readonly #over = new AbortController();
  readonly #cwd: string;
  readonly #clock: Clock;
  #looks = false;

  constructor(interrupt: AbortSignal, cwd: string, clock: Clock) {
    this.signal = this.#own.signal;
    this.#cwd = cwd;
    this.#clock = clock;
    setMaxListeners(0, this.signal);
    const interrupted = () => this.#own.abort(interrupt.reason);
    interrupt.addEventListener('abort', interrupted, { once: true, signal: this.#over.signal });
    if (interrupt.aborted) interrupted();
    const engaged = readLever(cwd);
    if (engaged !== undefined) this.stop(stoppedByLever(engaged), 'cancelled');
  }

  /** The first reason is kept. */
  stop(by: StoppedBy, status?: Stop['status']): void {
    if (!this.signal.aborted) this.#own.abort(new Stop(by, status));
  }

  /** Nothing is looked at any more. */
  close(): void {
    this.#over.abort();
  }

  /** What looks at one run, drill by drill; in wall time at the lever all along. */
  watch(wall: boolean) {
    const [cwd, clock] = [this.#cwd, this.#clock];
    if (wall && !this.#looks)
      void watchLever(cwd, clock, this.#over.signal, (engaged) => engaged && this.stop(stoppedByLever(engaged)));
    this.#looks ||= wall;
    return runWatch(this, { cwd, clock, wall });
  }
}

/** The stop conditions of one run. A drill that has none costs a look at the lever. */
function runWatch(halt: Halt, { cwd, clock, wall }: Around) {
  const money = { spent: 0 };
  let see: Watch | undefined;

  async function lookAt(probes: readonly StopCondition[], signal: AbortSignal): Promise<void> {
    if (probes.length === 0) return;
    const { look } = await import('./probe.ts');
    await Promise.all(
      probes.map(async (one) => {
        const found = signal.aborted ? undefined : await look(one, cwd, clock, signal);
        if (found === undefined) return;
        const { name = 'probe' } = one;
        halt.stop({
          kind: 'probe',
          name,
          reason: `the probe failed: ${found.why}`,
          value: found.value,
          threshold: null,
        });
      }),
    );
  }

  async function lookAgain(one: StopCondition, over: AbortController): Promise<void> {
    const end = () => over.abort();
    halt.signal.addEventListener('abort', end, { once: true, signal: over.signal });
    while (!over.signal.aborted) {
      await clock.sleep(one.every_ms ?? EVERY_MS, over.signal).catch(() => {});
      await lookAt([one], over.signal);
    }
  }

  return {
    /** Before a drill; what it gives is to be called after it. Nothing may begin where the signal has aborted by then. */
    async begin(watched: Watched): Promise<() => Promise<void>> {
      const engaged = readLever(cwd);
      if (engaged !== undefined) halt.stop(stoppedByLever(engaged));
      const conditions = watched.drill.stop ?? [];
      if (conditions.length === 0) return async () => {};
      const { watchConditions } = await import('./conditions.ts');
      see = watchConditions(watched, money);
      const probes = conditions.filter(({ probe }) => probe !== undefined);
      const at = (when: StopCondition['at']) =>
        probes.filter((one) => [when, 'throughout'].includes(one.at ?? 'throughout'));
      await lookAt(at('start'), halt.signal);
      const over = new AbortController();
      const rounds = wall ? at('throughout').map((one) => lookAgain(one, over)) : [];
      return async () => {
        see = undefined;
        over.abort();
        await Promise.all(rounds);
        await lookAt(at('end'), halt.signal);
      };
    },
    /** Every event, right after it was written. */
    see(event: TraceEvent): void {
      const by = see?.(event);
      if (by !== undefined) halt.stop(by);
    },
  };
}

const EVERY_MS = 1000;
