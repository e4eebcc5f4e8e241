import { test } from 'vitest';
import { type DrillsOptions, registerDrills } from './drill-tests.ts';

export type { DrillsOptions };

/**
 * Registers a test for each drill. The test of one that does not pass fails with what `drill run` would print. Throws a
 * DrillError where a pattern fits no drill.
 */
export const drills = (options: DrillsOptions): void => registerDrills(test, options);
