/** What one tenant may use in a window, over all roles together. */
export interface TenantLimits {
  windowMs: number;
  /** Model calls. */
  requests?: number | undefined;
  /** US dollars. */
  usd?: number | undefined;
}

export interface TenantBudget {
  /** Books a call at its worst price, or says that the tenant has used up its share. */
  book(tenant: string, worstUsd: number): Booking | undefined;
}

export interface Booking {
  /** What it really cost takes the place of the worst price. */
  settle(usd: number): void;
}

/** Keeps one noisy tenant from spending what others need: a sliding window per tenant, failover or not. */
export function createTenantBudget({ windowMs, requests, usd }: TenantLimits, now: () => number): TenantBudget {
  const booked = new Map<string, { at: number; usd: number }[]>();
  return {
    book(tenant, worstUsd) {
      const recent = (booked.get(tenant) ?? []).filter(({ at }) => now() - at < windowMs);
      booked.set(tenant, recent);
      const spent = recent.reduce((sum, entry) => sum + entry.usd, worstUsd);
      if (requests !== undefined && recent.length >= requests) return undefined;
      if (usd !== undefined && spent > usd) return undefined;
      const entry = { at: now(), usd: worstUsd };
      recent.push(entry);
      return {
        settle(real) {
          entry.usd = real;
        },
      };
    },
  };
}
