import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { DrillReport } from '../core/report.ts';

/** Where the drills go in the document of a run. */
const EMPTY = '"drills": []';

/** One document for programs, written drill by drill; its schema is `RunReport` in core. */
export const json: Reporter = {
  name: 'json',
  summary: 'The whole run as one JSON document: run.json, and what --json prints.',
  params: z.strictObject({}),
  example: 'drill run timeout_primary --json',
  file: 'run.json',
  open(output) {
    let any = false;
    return {
      onDrill(drill) {
        output.write(`${any ? ',' : '"drills": ['}\n${nested(drill)}`);
        any = true;
      },
      onEnd({ about, ...run }) {
        const [head = '', tail = ''] = JSON.stringify({ ...run, drills: [], about }, null, 2).split(EMPTY);
        output.write(`${any ? '\n  ]' : EMPTY}${tail}\n`);
        return head;
      },
    };
  },
};

/** A drill as it stands in the list of drills. */
const nested = (drill: DrillReport) =>
  JSON.stringify({ '': [drill] }, null, 2).slice('{\n  "": [\n'.length, -'\n  ]\n}'.length);
