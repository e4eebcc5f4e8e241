import { z } from 'zod';
import type { Reporter } from '../core/plugin.ts';
import type { DrillReport } from '../core/report.ts';

/** One document for programs, written drill by drill, a line an ask; its schema is `RunReport` in core. */
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
        output.write(any ? ',\n' : '\n');
        for (const piece of linesOf(drill)) output.write(piece);
        any = true;
      },
      onEnd({ about, ...run }) {
        output.write(`${any ? '\n' : ''}],"about":${JSON.stringify(about)}}\n`);
        return `${JSON.stringify(run).slice(0, -1)},"drills":[`;
      },
    };
  },
};

/** A long drill is more than one string can hold: each ask is a piece of its own. */
function* linesOf({ tasks, ...drill }: DrillReport): Iterable<string> {
  yield `${JSON.stringify(drill).slice(0, -1)},"tasks":[`;
  for (const [i, task] of tasks.entries()) yield `${i === 0 ? '' : ','}\n${JSON.stringify(task)}`;
  yield ']}';
}
