import type { CallView } from '../core/evidence.ts';
import type { Case } from '../core/plugin.ts';
import { isKnownModel } from '../core/prices.ts';
import type { Seen } from '../core/seen.ts';
import { FAILURE_MODES } from '../core/taxonomy.ts';
import { unique } from '../text/words.ts';

/** Calls whose reply the outcome may hold: what a target says of who answered has to be true of one of them. */
export const answerers = ({ servers }: Seen): CallView[] => servers;

/**
 * The models that a role is known by: those it was asked for, and the one it was declared with. Not that one where the wire
 * shows that it was another.
 */
export function modelsOf({ roles, seen }: Case, role: string): string[] {
  const asked = unique(seen.calls.filter((c) => c.call.role === role).map((c) => c.call.model));
  const own = roles[role]?.model;
  const others = asked.length > 0 && asked.every((model) => own !== undefined && isAnother(model, own));
  return own === undefined || others ? asked : [own, ...asked];
}

/** An alias may stand for any model, a name that many know only for one. */
const isAnother = (model: string, own: string) => isKnownModel(model) && !isModel(model, own) && !isModel(own, model);

/** A provider's name before it and the date of its release after it leave a model the same. */
export function isModel(said: string, model: string): boolean {
  const at = said.lastIndexOf(model);
  if (at < 0 || model === '') return false;
  const [before, after] = [said.slice(0, at), said.slice(at + model.length)];
  return /^$|[/:]$/.test(before) && /^(?:[-@:]?\d{4}[\d-]*)?$/.test(after);
}

/** What a garbled or broken reply cost is billed all the same, and cannot be read out of it; nor what ends after the outcome. */
export function costAgrees(said: number, { calls, outcome, spent: { usd: wire } }: Seen): boolean {
  const unread = calls.filter(
    (c) =>
      (c.end !== undefined && c.failureMode !== null && FAILURE_MODES[c.failureMode].unread) ||
      (outcome !== undefined && c.endedAt !== undefined && c.endedAt > outcome.at),
  );
  const least = wire - unread.reduce((sum, c) => sum + (c.end?.cost_usd ?? c.abort?.cost_usd ?? 0), 0);
  const slack = Math.max(0.2 * wire, 0.001) + 1e-9;
  // What whole replies say that they took is known, however little it is: there rounding alone is excused. Streams may not say it.
  const told = calls.filter((c) => c.ok && !c.call.stream && c.fired.length === 0 && !unread.includes(c));
  const known = told.reduce((sum, c) => sum + (c.end?.cost_usd ?? 0), 0);
  return said >= least - slack && said >= 0.8 * known - roundedOff(said) && said <= wire + slack;
}

/** At most so much was rounded off, in US dollars: half of its last digit, and never more than a tenth of a cent. */
function roundedOff(said: number): number {
  const digits = /^0\.(\d+)$/.exec(`${said}`)?.[1]?.length ?? 0;
  // Anything smaller is written with an exponent, and was not rounded.
  const half = said > 0 && said < 1e-6 ? 0 : 0.5 * 10 ** -digits;
  return Math.min(0.001, half) + 1e-9;
}
