import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { DrillReport } from '../core/report.ts';

/** One document for programs; its schema is `RunReport` in core. */
export const json: Reporter = {
  name: 'json',
  summary: 'The whole run as one JSON document: run.json, and what --json prints.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary --json',
  file: 'run.json',
  open(output) {
    const drills: DrillReport[] = [];
    return {
      onDrill: (drill) => void drills.push(drill),
      onEnd({ about, ...run }) {
        output.write(`${JSON.stringify({ ...run, drills, about }, null, 2)}\n`);
      },
    };
  },
};
