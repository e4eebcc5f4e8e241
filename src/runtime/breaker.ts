import type { FailureMode } from '../core/taxonomy.ts';

export interface BreakerSettings {
  /** Consecutive failures that open it. */
  failures: number;
  /** Whole milliseconds an open breaker waits before one probe may go out. */
  cooldownMs: number;
}

export type BreakerState =
  | { state: 'closed'; failures: number }
  | { state: 'open'; since: number; because: FailureMode }
  | { state: 'half-open'; because: FailureMode };

/** Leave for one call. Exactly one of its methods is called when the call is over. */
export interface Permit {
  success(): void;
  failure(mode: FailureMode): void;
  /** The call said nothing about the provider's health. */
  release(): void;
}

export interface Breaker {
  readonly state: BreakerState;
  /** Undefined while the role is to be spared. */
  admit(): Permit | undefined;
}

/**
 * Spares a role that keeps failing. Closed, it lets everything through; open, nothing; after the cooldown exactly one
 * probe, on whose fate it closes or opens again.
 */
export function createBreaker({ failures, cooldownMs }: BreakerSettings, now: () => number): Breaker {
  let current: BreakerState = { state: 'closed', failures: 0 };
  const open = (because: FailureMode) => {
    current = { state: 'open', since: now(), because };
  };

  // Calls sent before the breaker opened come home late: they must not decide about a probe.
  const ordinary: Permit = {
    success() {
      if (current.state === 'closed') current = { state: 'closed', failures: 0 };
    },
    failure(mode) {
      if (current.state !== 'closed') return;
      const count = current.failures + 1;
      if (count >= failures) open(mode);
      else current = { state: 'closed', failures: count };
    },
    release() {},
  };
  const probe = (because: FailureMode): Permit => ({
    success() {
      current = { state: 'closed', failures: 0 };
    },
    failure: open,
    // A probe that learnt nothing still was the one probe of this cooldown.
    release: () => open(because),
  });

  return {
    get state() {
      return current;
    },
    admit() {
      if (current.state === 'closed') return ordinary;
      if (current.state === 'half-open' || now() - current.since < cooldownMs) return undefined;
      const { because } = current;
      current = { state: 'half-open', because };
      return probe(because);
    },
  };
}
