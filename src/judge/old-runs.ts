import { RUN_SCHEMA } from '../core/run-schema.ts';

/** The versions of `run.json` that are read. */
export const READ: readonly string[] = [RUN_SCHEMA, 'drill.run/1'];

/** How a `run.json` of the first version begins. */
const HEAD = /^\s*\{\s*"schema"\s*:\s*"drill\.run\/1"\s*,\s*"status"\s*:\s*"(\w+)"/;

/** The text of a `run.json` of any version, or its first line, as this version writes it. */
export const asNow = (text: string): string =>
  text.replace(HEAD, (_, status: string) => {
    // Ctrl-C was all that ended a run before its time, and was called so.
    const now = status === 'cancelled' ? 'interrupted' : status;
    return `{"schema":"${RUN_SCHEMA}","status":"${now}","stopped_by":null`;
  });
