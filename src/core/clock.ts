/** Time as an argument. Own code never reads the machine's clock: it is handed one of these. */
export interface Clock {
  readonly kind: 'virtual' | 'wall';
  /** Milliseconds since the Unix epoch at which `now()` was 0. */
  readonly epochMs: number;
  /** Whole milliseconds since this clock began. */
  now(): number;
  /** Resolves after `ms` whole milliseconds; rejects with the signal's reason if it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Never resolves; rejects with the signal's reason. A hang is this, not a long sleep. */
  never(signal?: AbortSignal): Promise<never>;
}

/** The virtual world's day: 2026-01-01T00:00:00Z, so that dates in headers are the same in every run. */
export const EPOCH_MS = 1_767_225_600_000;
