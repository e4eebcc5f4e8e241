/** Which shape `run.json` has; older ones are read as well (`judge/old-runs.ts`). */
export const RUN_SCHEMA = 'drill.run/2';
