import type { WrittenDrill } from '../core/drill.ts';
import type { DrillSource } from '../core/report.ts';
import type { Json } from '../text/json.ts';
import type { Locate } from './problems.ts';

/** A drill file as it was read. */
export interface LoadedDrill {
  drill: WrittenDrill;
  /** Absolute path. */
  file: string;
  /** The drill as its author wrote it. */
  definition: Json;
  /** Where something of it stands in the file. */
  place: Locate;
  source: DrillSource;
}
