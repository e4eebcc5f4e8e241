import { FAILURE_MODES } from '../core/taxonomy.ts';

/** A failure that the request is to blame for: the role is there, and another one need not be asked. */
export const isOfRequest = (failure: string): boolean =>
  failure === 'refused' ||
  Object.entries(FAILURE_MODES).some(([mode, of]) => mode === failure && of.blames === 'request');

/** A role that is left alone, as it looks from outside. */
export interface Rest {
  role: string;
  /** Since when, in milliseconds of its world: the end of the last call to it, which had failed. */
  since: number;
  /** Calls to it that had failed in a row. */
  failures: number;
  /** Tasks that have gone to another role since, without a call to it. */
  tasks: number;
}

interface Failed extends Omit<Rest, 'role' | 'tasks'> {
  without: Set<number>;
}

/**
 * Which roles are rested: whether a breaker is open is known to the target alone, but that a role failed, and that tasks
 * went to another one since, can be seen.
 */
export class Resting {
  #failed = new Map<string, Failed>();
  /** Calls to a role that failed one after another. */
  #inARow = new Map<string, number>();
  /** Asks under way with the roles that they called. */
  #under = new Map<number, Set<string>>();

  forget(): void {
    this.#failed.clear();
    this.#inARow.clear();
    this.#under.clear();
  }

  /** An ask calls a role; the chain says which roles it passed by, which are told. */
  called(role: string, ask: number, chain: readonly string[]): Rest[] {
    const before = this.#under.get(ask) ?? new Set();
    this.#under.set(ask, before.add(role));
    this.#failed.delete(role);
    return this.#passed(chain.slice(0, Math.max(0, chain.indexOf(role))), before, ask);
  }

  /** A call to a role has ended, with a failure if there was one; says whether that speaks for the role. */
  ended(role: string, failure: string | null, at: number): boolean {
    if (failure !== null && isOfRequest(failure)) return true;
    const well = failure === null;
    const failures = well ? 0 : (this.#inARow.get(role) ?? 0) + 1;
    this.#inARow.set(role, failures);
    if (well) this.#failed.delete(role);
    else this.#failed.set(role, { since: at, failures, without: new Set() });
    return well;
  }

  /** An ask is over; where nobody replied, it may have passed by roles at the end of the chain, which are told. */
  over(ask: number, unanswered: readonly string[] = []): Rest[] {
    const called = this.#under.get(ask) ?? new Set();
    this.#under.delete(ask);
    return this.#passed(unanswered, called, ask);
  }

  /** In the order in which they failed. */
  get roles(): Rest[] {
    return [...this.#failed.keys()].flatMap((role) => this.restOf(role) ?? []);
  }

  restOf(role: string): Rest | undefined {
    const failed = this.#failed.get(role);
    if (failed === undefined || failed.without.size === 0) return undefined;
    const { since, failures, without } = failed;
    return { role, since, failures, tasks: without.size };
  }

  #passed(roles: readonly string[], called: ReadonlySet<string>, ask: number): Rest[] {
    const passed = roles.filter((role) => !called.has(role));
    for (const role of passed) this.#failed.get(role)?.without.add(ask);
    return passed.flatMap((role) => this.restOf(role) ?? []);
  }
}
