import { join, relative, resolve } from 'node:path';
import { catalogueIn } from '../../catalogue.ts';
import { loadConfig } from '../../config/config-file.ts';
import { type Demands, exitCode, gateFor } from '../../exit-code.ts';
import { mergeShards } from '../../judge/merge.ts';
import { judgeStored } from '../../judge/stored-run.ts';
import { type BodiesFile, openBodies } from '../../run/bodies.ts';
import { logFor, openReporters } from '../../run/reports.ts';
import { createRunFolder } from '../../run/run-folder.ts';
import { mergedBodies } from '../../run/stored-bodies.ts';
import { today } from '../../world/index.ts';
import type { Terminal } from '../terminal.ts';
import { openRun } from './report.ts';

export interface MergeFlags extends Demands {
  out: string;
  json: boolean;
  ci: boolean;
}

/** Makes one run of those of all shards, with the reports and the exit code that it would have had on one machine. */
export async function merge(
  folders: readonly string[],
  { out, json, ci, ...demands }: MergeFlags,
  terminal: Terminal,
): Promise<number> {
  const { cwd, stdout, stderr, color, columns, env } = terminal;
  // What speaks to CI is on request.
  const catalogue = await catalogueIn(cwd, { whole: ci });
  const known = loadConfig(cwd, catalogue)?.known_failures ?? [];
  const gate = await gateFor(demands, { cwd, stderr, known, today: today() });
  const names = folders.map((folder) => relative(cwd, resolve(cwd, folder)) || folder);
  const runs = folders.map((folder, i) => ({ name: names[i] ?? folder, run: openRun(folder, terminal) }));
  const merged = mergeShards(runs);
  const { facts, drills } = merged;
  const folder = createRunFolder(resolve(cwd, out), `${facts.about.id.replace(/-\d+$/, '')}-merged`, cwd);
  const log = logFor(stdout, { json, ci, env, color, columns });
  const { reporters } = catalogue;
  const open = openReporters({
    reporters,
    also: [],
    folder,
    several: drills.length > 1,
    ...log,
  });
  try {
    folder.writeWhole('inputs.json', merged.inputs());
    const trace = folder.append('trace.jsonl');
    for (const line of merged.trace()) trace.write(line);
    trace.close();
    let bodies: BodiesFile | undefined;
    for (const line of mergedBodies(drills, runs)) {
      bodies ??= openBodies(folder, () => {});
      bodies.take(line);
      for (const { reporter } of open) reporter.onBody?.(line);
    }
    bodies?.close();
    const run = {
      facts: { ...facts, about: { ...facts.about, id: folder.id } },
      status: 'completed' as const,
      stoppedBy: null,
      unfinished: [],
      finished: drills,
      plans: drills.length,
      file: (part: string) => ({ path: join(folder.path, part), name: join(folder.name, part) }),
    };
    const summary = judgeStored(run, catalogue.checks, new Map(), {
      onEvent: (event) => {
        for (const { reporter } of open) reporter.onEvent?.(event);
      },
      onDrill: (drill) => {
        for (const { reporter } of open) reporter.onDrill?.(drill);
        gate?.see(drill);
      },
    });
    for (const { reporter, finish } of open) finish(reporter.onEnd(summary) ?? '');
    const failure = folder.failure();
    if (failure !== undefined) throw failure;
    return exitCode({ ...summary, verdict: gate?.verdictOf(summary) ?? summary.verdict }, { ...demands, stderr });
  } finally {
    for (const { close } of open) close();
  }
}
