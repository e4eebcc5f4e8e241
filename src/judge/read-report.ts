import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DrillError } from '../core/errors.ts';
import { RunReport } from '../core/report.ts';
import { RUN_SCHEMA } from '../core/run-schema.ts';
import { isRecord, type Json, parseJson } from '../text/json.ts';
import { asNow, READ } from './old-runs.ts';
import { damaged, linesOf, otherVersion, type StoredFile } from './stored-file.ts';

/** What a run has reported, as it stands in its `run.json`. */
export interface ReadReport {
  /** As a user would name it. */
  name: string;
  report: RunReport;
  /** Golden tasks and what belongs to them, by drill; absent where `run.json` stands alone. */
  workflows?: ReadonlyMap<string, unknown>;
  /** Who was there to be called, by role; absent as they are. */
  roles?: unknown;
}

/** `run.json` of a run, or another JSON file that was named in its place. */
export function jsonFile(path: string, name: string): StoredFile {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return folder ? { path: join(path, 'run.json'), name: join(name, 'run.json') } : { path, name };
}

/** Its JSON, a run of an earlier version as this one would write it; undefined where it is none. */
export const jsonIn = (file: StoredFile): unknown => parseJson(asNow([...linesOf(file)].join('\n')));

/** Reads the report of a run: its folder, or its run.json. Throws a DrillError. */
export function readReport(path: string, name: string): ReadReport {
  const file = jsonFile(path, name);
  const data = jsonIn(file);
  if (!isRecord(data) || !String(data['schema']).startsWith('drill.run/'))
    throw noRun(file, 'it is not the run.json of a run');
  if (data['schema'] !== RUN_SCHEMA) throw otherVersion(file.name, String(data['schema']), READ);
  const run = RunReport.safeParse(data);
  if (!run.success) throw noRun(file, run.error.issues[0]?.message);
  const inputs = { path: join(dirname(file.path), 'inputs.json'), name: join(dirname(file.name), 'inputs.json') };
  const whole = basename(file.path) === 'run.json' && existsSync(inputs.path);
  return { name, report: run.data, ...(whole && inputsOf(inputs)) };
}

function inputsOf(file: StoredFile): Required<Pick<ReadReport, 'workflows' | 'roles'>> {
  const data = jsonIn(file);
  if (!Array.isArray(data)) throw damaged(file.name, 'it is no list');
  const plans = data.filter(isRecord);
  const nameOf = ({ drill }: Json) => String(isRecord(drill) ? drill['drill'] : '');
  return {
    workflows: new Map(plans.map((plan) => [nameOf(plan), plan['workflow']])),
    roles: plans[0]?.['roles'],
  };
}

function noRun({ name }: StoredFile, why = 'it has another shape'): DrillError {
  return new DrillError({
    message: `this is no run: ${why}`,
    place: { file: name },
    fix: 'Name the folder of a run or its run.json; `drill history` lists the runs there are.',
  });
}
