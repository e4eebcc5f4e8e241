import { defineReporter } from '../core/plugin.ts';
import type { JudgedDrill } from '../core/report.ts';

/** One document for programs, written drill by drill, a line an ask; its schema is `RunReport` in core. */
export const json = defineReporter({
  name: 'json',
  summary: 'The whole run as one JSON document: run.json, and what --json prints.',
  example: 'drill run timeout_primary --json',
  file: 'run.json',
  open(output) {
    let any = false;
    return {
      onDrill(drill) {
        output.write(any ? ',\n' : '\n');
        for (const piece of linesOf(drill)) output.write(visible(piece));
        any = true;
      },
      onEnd({ about, ...run }) {
        output.write(visible(`${any ? '\n' : ''}],"about":${JSON.stringify(about)}}\n`));
        return visible(`${JSON.stringify(run).slice(0, -1)},"drills":[`);
      },
    };
  },
});

/** A long drill is more than one string can hold: each ask is a piece of its own. */
function* linesOf({ tasks, ...drill }: JudgedDrill): Iterable<string> {
  yield `${JSON.stringify(drill).slice(0, -1)},"tasks":[`;
  let comma = '';
  for (const text of tasks.texts?.() ?? Array.from(tasks, (task) => JSON.stringify(task))) {
    yield `${comma}\n${text}`;
    comma = ',';
  }
  yield ']}';
}

/** The same value, with what would still steer a terminal written by its number: JSON asks that of fewer characters. */
export const visible = (json: string): string =>
  json.replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
