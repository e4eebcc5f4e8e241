import type { Clock } from '../core/clock.ts';
import { countUp } from '../core/once.ts';
import { inTime, TIME_IS_UP } from './in-time.ts';

export type Priority = 'high' | 'normal' | 'low';

/** How the reserve roles' capacity is shared while the first model is out. */
export interface LaneSettings {
  /** Calls at once. */
  slots: number;
  /** Slots that only high priority may use; low priority leaves as many again to the normal lane. */
  reserved: number;
  /** Slots that one tenant may hold below high priority. */
  perTenant: number;
  /** Milliseconds that a call waits for a slot; low priority does not wait. */
  waitMs: number;
}

export interface Lanes {
  /** A slot, to be given back; undefined where there was none in time. Rejects with the signal's reason. */
  enter(tenant: string, priority: Priority, signal?: AbortSignal): Promise<(() => void) | undefined>;
}

interface Waiting {
  fits(): boolean;
  wake(): void;
}

/** High priority fails over now, normal waits briefly, low is turned away while others need the room. */
export function createLanes({ slots, reserved, perTenant, waitMs }: LaneSettings, clock: Clock): Lanes {
  const held = new Map<string, number>();
  const waiting = new Set<Waiting>();
  let used = 0;

  const open = { high: slots, normal: slots - reserved, low: slots - 2 * reserved };
  const fits = (tenant: string, priority: Priority) =>
    used < open[priority] && (priority === 'high' || (held.get(tenant) ?? 0) < perTenant);

  function take(tenant: string): () => void {
    used += 1;
    countUp(held, tenant);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      used -= 1;
      held.set(tenant, (held.get(tenant) ?? 1) - 1);
      // One slot came free: the first who fits gets it.
      [...waiting].find((w) => w.fits())?.wake();
    };
  }

  return {
    async enter(tenant, priority, signal) {
      if (fits(tenant, priority)) return take(tenant);
      if (priority === 'low') return undefined;
      const turn = (over: AbortSignal) =>
        new Promise<() => void>((resolve) => {
          const entry: Waiting = {
            fits: () => fits(tenant, priority),
            wake() {
              waiting.delete(entry);
              resolve(take(tenant));
            },
          };
          waiting.add(entry);
          over.addEventListener('abort', () => waiting.delete(entry), { once: true });
        });
      const slot = await inTime(clock, waitMs, turn, signal);
      return slot === TIME_IS_UP ? undefined : slot;
    },
  };
}
