import type { Check, Fault, Reporter, Target, TargetKind } from '../core/plugin.ts';
import type { Protocol } from '../core/protocol.ts';

/** Every plugin there is; handed in by whoever knows them all. */
export interface Catalogue {
  protocols: Protocol[];
  faults: Fault[];
  checks: Check[];
  reporters: Reporter[];
  targetKinds: TargetKind[];
  /** Targets that come with the package, by name, loaded when asked for. */
  builtinTargets: Record<string, () => Promise<Target>>;
}
