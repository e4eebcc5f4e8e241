import type { Concept } from '../core/concept.ts';
import type { Reading } from '../core/notices.ts';
import type { Check, Fault, Reporter, Target, TargetKind } from '../core/plugin.ts';
import type { Protocol } from '../core/protocol.ts';

/** Every plugin there is; handed in by whoever knows them all. */
export interface Catalogue {
  protocols: Protocol[];
  faults: Fault[];
  checks: Check[];
  /** How a concept is judged; the checks do it, and its examples are held against it. */
  says(text: string, concept: Concept): boolean;
  /** Steps of a pattern, which the checks compile once. Throws on one that cannot be read. */
  sizeOf(pattern: string): number;
  /** Readings that one text would fit both of, by their places in the list; the checks match texts, as they do concepts. */
  twinReadings(readings: readonly Reading[]): { earlier: number; later: number }[];
  reporters: Reporter[];
  targetKinds: TargetKind[];
  /** Targets that come with the package, by name, loaded when asked for. */
  builtinTargets: Record<string, () => Promise<Target>>;
}
