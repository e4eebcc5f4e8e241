/** A role that is left alone, as it looks from outside. */
export interface Rest {
  role: string;
  /** Since when, in milliseconds of its world: the end of the last call to it, which had failed. */
  since: number;
  /** Tasks that have gone to another role since, without a call to it. */
  tasks: number;
}

/**
 * Which roles are rested: whether a breaker is open is known to the target alone, but that a role failed, and that tasks
 * went to another one since, can be seen.
 */
export class Resting {
  #failed = new Map<string, { since: number; without: Set<number> }>();
  /** Asks under way with the roles that they called. */
  #under = new Map<number, Set<string>>();

  forget(): void {
    this.#failed.clear();
    this.#under.clear();
  }

  /** An ask calls a role; the chain says which roles it passed by. */
  called(role: string, ask: number, chain: readonly string[]): void {
    const before = this.#under.get(ask) ?? new Set();
    this.#under.set(ask, before.add(role));
    this.#failed.delete(role);
    for (const passed of chain.slice(0, Math.max(0, chain.indexOf(role))))
      if (!before.has(passed)) this.#failed.get(passed)?.without.add(ask);
  }

  /** A call to a role has ended. */
  ended(role: string, well: boolean, at: number): void {
    if (well) this.#failed.delete(role);
    else this.#failed.set(role, { since: at, without: new Set() });
  }

  /** An ask is over. */
  over(ask: number): void {
    this.#under.delete(ask);
  }

  /** In the order in which they failed. */
  get roles(): Rest[] {
    return [...this.#failed]
      .filter(([, { without }]) => without.size > 0)
      .map(([role, { since, without }]) => ({ role, since, tasks: without.size }));
  }
}
