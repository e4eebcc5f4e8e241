import { FAILURE_MODES } from '../core/taxonomy.ts';
import type { TraceEvent } from '../core/trace.ts';

/** Follows whether some roles were short of room: in the phase in hand a limit was met there, and not one on what is asked. */
export function roomOf(roles: readonly string[]) {
  let short = false;
  /** Calls that met a limit and have not ended. */
  const limited = new Set<string>();
  return {
    isShort: () => short,
    follow(event: TraceEvent): void {
      if (event.kind === 'phase' && event.state === 'began') {
        short = false;
        limited.clear();
      }
      if (event.kind === 'fault-fired' && event.effect === 'limits' && roles.includes(event.role))
        limited.add(event.call);
      if ((event.kind !== 'call-end' && event.kind !== 'call-abort') || !limited.delete(event.call)) return;
      const mode = event.kind === 'call-end' ? event.failure_mode : null;
      // A prompt that is too long, or tools for a model that has none, finds no more room when others wait.
      if (mode === null || FAILURE_MODES[mode].blames !== 'request') short = true;
    },
  };
}
