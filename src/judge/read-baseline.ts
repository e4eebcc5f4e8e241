import { DrillError } from '../core/errors.ts';
import { RunReport } from '../core/report.ts';
import { RUN_SCHEMA } from '../core/run-schema.ts';
import { isRecord } from '../text/json.ts';
import { Baseline, Findings } from './findings.ts';
import { jsonFile, jsonIn } from './read-report.ts';
import type { StoredFile } from './stored-file.ts';

/** Reads what a run is held against: a file of `drill baseline write`, a run.json, or the folder of a run. Throws a DrillError. */
export function readBaseline(path: string, name: string): Baseline {
  const file = jsonFile(path, name);
  const data = jsonIn(file);
  const schema = isRecord(data) ? data['schema'] : undefined;
  if (schema === RUN_SCHEMA) return ofRun(file, data);
  const baseline = Baseline.safeParse(data);
  if (baseline.success) return baseline.data;
  throw noBaseline(file, schema === 'drill.baseline/1' ? baseline.error.issues[0]?.message : undefined);
}

function ofRun(file: StoredFile, data: unknown): Baseline {
  const run = RunReport.safeParse(data);
  if (!run.success) throw noBaseline(file, run.error.issues[0]?.message);
  const findings = new Findings();
  for (const drill of run.data.drills) findings.add(drill);
  return findings.asBaseline(run.data);
}

function noBaseline({ name }: StoredFile, why = 'it is neither a baseline nor the run.json of a run'): DrillError {
  return new DrillError({
    message: `a run cannot be held against this: ${why}`,
    place: { file: name },
    fix: 'Name the folder of a run, its run.json, or what `drill baseline write RUN` has written.',
  });
}
