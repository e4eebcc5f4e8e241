import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { RUN_SCHEMA } from '../core/run-schema.ts';
import { TraceEvent } from '../core/trace.ts';
import { unique } from '../text/words.ts';
import type { StoredInputs } from './plan.ts';
import { linesOf, orDamaged, type StoredFile } from './stored-file.ts';
import type { RunFacts } from './summary.ts';

/** What is known of a run that was killed, or goes on: its trace, as far as it was written, and what it is judged by. */
export interface BrokenOff {
  facts: RunFacts;
  status: 'interrupted';
  stoppedBy: null;
  finished: string[];
  unfinished: string[];
  plans: number;
}

/** Whether a run's folder has events, and nothing that says what they came to. */
export const isBrokenOff = (file: (name: 'run.json' | 'inputs.json' | 'trace.jsonl') => StoredFile): boolean =>
  !existsSync(file('run.json').path) && existsSync(file('trace.jsonl').path) && existsSync(file('inputs.json').path);

/** Reads how far such a run came; undefined where not one event of it was written. */
export function readBrokenOff(trace: StoredFile, plans: Iterable<StoredInputs>): BrokenOff | undefined {
  const all = [...plans].map(({ drill, reproduce }) => ({
    name: drill.drill,
    last: drill.phases.at(-1)?.name,
    reproduce,
  }));
  let header: Extract<TraceEvent, { kind: 'run-header' }> | undefined;
  // The drill that the events are of, and whether its last phase has ended.
  let [at, over] = [-1, false];
  let lines = 0;
  for (const line of linesOf(trace, 'so far')) {
    lines += 1;
    const event = TraceEvent.safeParse(orDamaged(trace, () => JSON.parse(line), lines)).data;
    if (event?.kind === 'run-header') header = event;
    else if (event?.drill !== undefined && event.drill !== all[at]?.name) {
      at = all.findIndex(({ name }, i) => i > at && name === event.drill);
      over = false;
    }
    if (event?.kind === 'phase' && event.state === 'ended') over = event.phase === all[at]?.last;
  }
  if (header === undefined) return undefined;
  const names = all.map(({ name }) => name);
  const { seed, time, mode, target } = header;
  const id = basename(dirname(trace.path));
  const started_at = id.slice(0, 19).replace(/(?<=T.*)-/g, ':');
  const about = { id, started_at, wall_ms: 0, versions: {}, git: null, definition_hash: '' };
  const done = Math.max(0, at + (over ? 1 : 0));
  return {
    facts: { schema: RUN_SCHEMA, seed, time, mode, target, reproduce: reproduceAll(all), about },
    ...{ status: 'interrupted', stoppedBy: null, plans: all.length },
    finished: names.slice(0, done),
    unfinished: names.slice(done),
  };
}

/** The line that runs all of them again: but for their names, those of each are the same. */
function reproduceAll(all: readonly { reproduce: string }[]): string {
  const parts = all.map(({ reproduce }) => /^drill run (.*?)( --.*)$/s.exec(reproduce) ?? []);
  return `drill run ${unique(parts.map(([, name = '']) => name)).join(' ')}${parts[0]?.[2] ?? ''}`;
}
