import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Concepts } from '../core/concept.ts';
import { Contract } from '../core/contract.ts';
import { Declaration, Roles } from '../core/declaration.ts';
import { Drill } from '../core/drill.ts';
import { Effect } from '../core/effect.ts';
import { DrillError } from '../core/errors.ts';
import { GoldenTask } from '../core/golden-task.ts';
import { Reading } from '../core/notices.ts';
import type { Check } from '../core/plugin.ts';
import { placeDrill, roleFinder } from '../core/positions.ts';
import { type DrillReport, RunReport } from '../core/report.ts';
import { TraceEvent } from '../core/trace.ts';
import { createDrillJudge } from './judge-drill.ts';
import type { StoredInputs } from './plan.ts';
import { summarise } from './summary.ts';

/** A run as its folder keeps it. */
export interface StoredRun {
  report: RunReport;
  inputs: StoredInputs[];
  /** The whole lines of the trace; what a kill left of the last one is dropped. */
  events: TraceEvent[];
}

const Tool = z.object({
  name: z.string(),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()),
});

const Picture = z.object({ media_type: z.string(), data: z.string() });

const Inputs: z.ZodType<StoredInputs[]> = z.array(
  z.object({
    drill: Drill,
    definition: z.record(z.string(), z.unknown()),
    workflow: z.object({
      name: z.string(),
      contract: Contract.optional(),
      tasks: z.array(GoldenTask),
      sources: z.array(z.object({ id: z.string(), tenant: z.string(), text: z.string(), image: Picture.optional() })),
      canaries: z.record(z.string(), z.string()),
      concepts: Concepts.default({}),
      notices: z.array(Reading).default([]),
      tools: z.array(Tool).default([]),
    }),
    declares: Declaration.extend({ chain: z.array(z.string()), order_assumed: z.literal(true).optional() }),
    shipped: z.boolean().default(true),
    lacking: z.array(z.object({ what: z.string(), why: z.string() })).default([]),
    roles: Roles,
    effects: z.array(z.array(Effect)),
    reproduce: z.string(),
  }),
);

const SCHEMAS = { run: 'drill.run/1', trace: 'drill.trace/1' };

/** Reads a run folder. Throws a DrillError where it is none, or was written by a version this one cannot read. */
export function readRun(folder: string, name: string): StoredRun {
  const missing = ['run.json', 'inputs.json', 'trace.jsonl'].find((file) => !existsSync(join(folder, file)));
  if (missing !== undefined) {
    throw new DrillError('not_a_run', {
      message: `there is no ${missing} in ${name}`,
      place: { file: name },
      fix: 'Name the folder of a finished run, e.g. one below reports/.',
    });
  }
  const written: unknown = parse(folder, name, 'run.json');
  expectSchema(written, SCHEMAS.run, `${name}/run.json`);
  const report = RunReport.safeParse(written);
  if (!report.success) throw damaged(`${name}/run.json`, report.error.issues[0]?.message ?? 'it has another shape');
  const inputs = Inputs.safeParse(parse(folder, name, 'inputs.json'));
  if (!inputs.success) throw damaged(`${name}/inputs.json`, inputs.error.issues[0]?.message ?? 'it has another shape');
  return {
    report: report.data,
    inputs: inputs.data,
    events: readTrace(join(folder, 'trace.jsonl'), `${name}/trace.jsonl`),
  };
}

/** Judges a stored run again, by the checks of today; `claims` may replace what a drill expects. */
export function judgeAgain(
  run: StoredRun,
  checks: readonly Check[],
  claims: ReadonlyMap<string, Drill['expect']>,
): RunReport {
  const finished = run.inputs.slice(0, run.report.drills.length);
  const drills = finished.map((stored): DrillReport => {
    const name = stored.drill.drill;
    const expect = claims.get(name) ?? stored.drill.expect;
    const find = roleFinder(stored.declares.chain, Object.keys(stored.roles), !stored.shipped);
    const { drill } = placeDrill({ ...stored.drill, expect }, claims.has(name) ? find : (role) => role);
    const judge = createDrillJudge({ ...stored, drill, checks });
    for (const event of run.events) if (!('drill' in event) || event.drill === name) judge.see(event);
    return judge.report();
  });
  const {
    drills: _,
    status,
    verdict: __,
    score: ___,
    notices_judged: ____,
    unread: _____,
    unfinished,
    ...facts
  } = run.report;
  return { ...summarise(facts, status, drills, unfinished), drills };
}

function parse(folder: string, name: string, file: string): unknown {
  return orDamaged(`${name}/${file}`, () => JSON.parse(readFileSync(join(folder, file), 'utf8')));
}

function orDamaged<T>(file: string, read: () => T, line?: number): T {
  try {
    return read();
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error), line);
  }
}

function readTrace(path: string, name: string): TraceEvent[] {
  const lines = orDamaged(name, () => readFileSync(path, 'utf8').split('\n'));
  // After the last newline there is nothing, or what a killed run left of a line.
  lines.pop();
  return lines.map((line, i) => {
    const event: unknown = orDamaged(name, () => JSON.parse(line), i + 1);
    if (i === 0) expectSchema(event, SCHEMAS.trace, name);
    const parsed = TraceEvent.safeParse(event);
    if (!parsed.success) throw damaged(`${name}`, `line ${i + 1} is no event`, i + 1);
    return parsed.data;
  });
}

function expectSchema(document: unknown, wanted: string, file: string): void {
  const found = typeof document === 'object' && document !== null && 'schema' in document ? document.schema : undefined;
  if (found === wanted) return;
  throw new DrillError('unknown_version', {
    message: `it was written as ${String(found)}, this version reads ${wanted}`,
    place: { file },
    fix: 'Read it with the version of failover-drill that wrote it (about.versions in run.json), or run the drill again.',
  });
}

function damaged(file: string, why: string, line?: number): DrillError {
  return new DrillError('damaged_run', {
    message: `the stored run is damaged: ${why}`,
    place: line === undefined ? { file } : { file, line },
    fix: 'Run the drill again; its seed gives the same run.',
  });
}
