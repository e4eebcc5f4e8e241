import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { RecordingRef } from '../core/cassette.ts';
import { Concepts } from '../core/concept.ts';
import { Contract } from '../core/contract.ts';
import { Declaration, Role } from '../core/declaration.ts';
import { Drill } from '../core/drill.ts';
import { Effect } from '../core/effect.ts';
import { DrillError } from '../core/errors.ts';
import { GoldenTask } from '../core/golden-task.ts';
import { Need } from '../core/need.ts';
import { Reading } from '../core/notices.ts';
import type { Check } from '../core/plugin.ts';
import { placeDrill, roleFinder } from '../core/positions.ts';
import { DrillSource, type JudgedDrill, RunReport } from '../core/report.ts';
import { BASELINE, TraceEvent } from '../core/trace.ts';
import { isBrokenOff, readBrokenOff } from './broken-off.ts';
import { reportOf } from './judge-drill.ts';
import { asNow, READ } from './old-runs.ts';
import type { StoredInputs } from './plan.ts';
import { damaged, linesOf, measure, orDamaged, otherVersion, type StoredFile, SUMS } from './stored-file.ts';
import { type DrillResult, type RunFacts, summarise } from './summary.ts';

/**
 * A run as its folder keeps it. `SHA256SUMS` tells a file that is not what the run has written; whoever changes a file and
 * its sum has made a run of their own. Of such a run it is held that it is told as what its events show: that its parts
 * belong together, that no event is missing among others, and that a finished drill has all of its phases. Whether those
 * events happened, and whether the drill claimed no more than its `inputs.json` says, nothing can tell.
 */
export interface StoredRun {
  facts: RunFacts;
  status: RunReport['status'];
  stoppedBy: RunReport['stopped_by'];
  unfinished: string[];
  /** The drills that came to their end. */
  finished: string[];
  /** How many drills were to be run. */
  plans: number;
  /** It was killed, or goes on: there is no run.json, and no sums by which its files could be told to be whole. */
  brokenOff?: true;
  file(name: 'run.json' | 'inputs.json' | 'trace.jsonl' | 'bodies.jsonl' | typeof SUMS): StoredFile;
}

const Tool = z.object({
  name: z.string(),
  description: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()),
});

const Picture = z.object({ media_type: z.string(), data: z.string() });

const Inputs: z.ZodType<StoredInputs> = z.object({
  drill: Drill,
  definition: z.record(z.string(), z.unknown()),
  source: DrillSource.optional(),
  workflow: z.object({
    name: z.string(),
    contract: Contract.optional(),
    tasks: z.array(GoldenTask),
    sources: z.array(z.object({ id: z.string(), tenant: z.string(), text: z.string(), image: Picture.optional() })),
    canaries: z.record(z.string(), z.string()),
    concepts: Concepts,
    notices: z.array(Reading),
    tools: z.array(Tool),
  }),
  declares: Declaration.extend({ chain: z.array(z.string()), order_assumed: z.literal(true).optional() }),
  shipped: z.boolean(),
  wall: z.literal(true).optional(),
  lacking: z.array(z.object({ what: z.string(), why: z.string() })),
  // Where something in an address was redacted it may be no URL any more.
  roles: z.record(z.string(), Role.extend({ base_url: z.string() })),
  effects: z.array(z.array(Effect)),
  needs: z.array(z.array(Need.nullable())).optional(),
  unscripted: z.literal(true).optional(),
  recordings: z.array(RecordingRef).optional(),
  reproduce: z.string(),
});

const MOST_DRILLS = 100_000;
const TRACES: readonly string[] = ['drill.trace/1'];

/** Opens a run folder. Throws a DrillError where it is none, or was written by a version this one cannot read. */
export function readRun(folder: string, name: string): StoredRun {
  const file = (part: string): StoredFile => ({ path: join(folder, part), name: join(name, part) });
  if (isBrokenOff(file)) {
    const soFar = readBrokenOff(file('trace.jsonl'), plansOf(file('inputs.json')));
    if (soFar !== undefined) return { ...soFar, brokenOff: true, file };
  }
  const head = readHead(file('run.json'));
  const sums = readSums(file(SUMS), PARTS);
  const lines = PARTS.map((part) => {
    const measured = measure(file(part));
    if (measured.sum !== sums.get(part)) throw damaged(file(part).name, `its checksum is not the one in ${SUMS}`);
    return measured.lines;
  });
  // The inputs are a list, a line each, between its brackets.
  return { ...head, plans: (lines[PARTS.indexOf('inputs.json')] ?? 0) - 2, file };
}

const PARTS = ['run.json', 'inputs.json', 'trace.jsonl'];

/** What each of these parts of a run has to sum up to. */
export function readSums(file: StoredFile, parts: readonly string[]): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of linesOf(file)) {
    const [sum = '', part = ''] = line.split('  ', 2);
    if (parts.includes(part)) sums.set(part, sum);
  }
  return sums;
}

/** What `run.json` says beside its drills, which are judged anew: its first line, its last, and the drills' names between. */
function readHead(file: StoredFile): Omit<StoredRun, 'plans' | 'file' | 'brokenOff'> {
  let [first, last]: [string | undefined, string] = [undefined, ''];
  const finished: string[] = [];
  for (const line of linesOf(file)) {
    if (first === undefined) expectSchema(/^\{"schema":"([^"]*)"/.exec(line)?.[1], READ, file.name);
    else last = line;
    first ??= asNow(line);
    const name = /^\{"name":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
    if (name !== undefined) finished.push(String(orDamaged(file, () => JSON.parse(`"${name}"`))));
    if (finished.length > MOST_DRILLS) throw damaged(file.name, `it has more than ${MOST_DRILLS} drills`);
  }
  const written: RunReport = orDamaged(file, () => JSON.parse((first ?? '') + last));
  const parsed = RunReport.safeParse(written);
  if (!parsed.success) throw damaged(file.name, parsed.error.issues[0]?.message ?? 'it has another shape');
  // As it was written: a parser may put its keys into another order.
  const { schema, seed, time, mode, target, reproduce, about } = written;
  const { status, stopped_by: stoppedBy, unfinished } = parsed.data;
  return { facts: { schema, seed, time, mode, target, reproduce, about }, status, stoppedBy, unfinished, finished };
}

/** Who hears of a stored run, as of one that happens. */
export interface Listener {
  onEvent?(event: TraceEvent): void;
  onDrill?(report: JudgedDrill, inputs: StoredInputs): void;
}

/**
 * Judges a stored run again, by the checks of today, and tells of it piece by piece; `claims` may replace what a drill
 * expects. Memory holds one drill.
 */
export function judgeStored(
  run: StoredRun,
  checks: readonly Check[],
  claims: ReadonlyMap<string, Drill['expect']>,
  listener: Listener,
): Omit<RunReport, 'drills'> {
  const trace = new Trace(run);
  const results: DrillResult[] = [];
  try {
    trace.step();
    const header = trace.step();
    if (header !== undefined) listener.onEvent?.(header);
    for (const inputs of plansOf(run.file('inputs.json'))) {
      const finished = run.finished[results.length] === inputs.drill.drill;
      const events = told(trace.block(inputs, finished), listener);
      if (finished) {
        const report = reportOf({ ...inputs, checks, drill: claimed(inputs, claims) }, events);
        results.push({ verdict: report.verdict, score: report.score, words: report.words });
        listener.onDrill?.(report, inputs);
        report.tasks.close?.();
      } else if (run.status !== 'completed') for (const _ of events);
    }
    trace.end();
  } catch (error) {
    // Checks count on what the recorder writes: what makes them stumble was not written by it.
    throw error instanceof DrillError ? error : notJudged(trace.file, error);
  } finally {
    trace.close();
  }
  if (results.length < run.finished.length || results.length + run.unfinished.length !== run.plans)
    throw damaged(run.file('run.json').name, 'its drills are not those of inputs.json');
  return summarise(run.facts, { status: run.status, stopped_by: run.stoppedBy }, results, run.unfinished);
}

function notJudged({ name }: StoredFile, error: unknown): DrillError {
  return new DrillError({
    message: `the events of the stored run cannot be judged by its inputs: ${String(error)}`,
    place: { file: name },
    fix: 'Run the drill again; if this run is as drill wrote it, please report that it cannot be judged.',
  });
}

function claimed(inputs: StoredInputs, claims: ReadonlyMap<string, Drill['expect']>): Drill {
  const expect = claims.get(inputs.drill.drill);
  if (expect === undefined) return inputs.drill;
  const find = roleFinder(inputs.declares.chain, Object.keys(inputs.roles), !inputs.shipped);
  return placeDrill({ ...inputs.drill, expect }, find).drill;
}

function* told(events: Iterable<TraceEvent>, { onEvent }: Listener): Iterable<TraceEvent> {
  for (const event of events) {
    onEvent?.(event);
    yield event;
  }
}

/** What each drill of a run was judged by. */
export function* plansOf(file: StoredFile): Iterable<StoredInputs> {
  let number = 0;
  for (const line of linesOf(file)) {
    number += 1;
    if (line === '[' || line === ']') continue;
    const inputs = Inputs.safeParse(orDamaged(file, () => JSON.parse(line.replace(/,$/, '')), number));
    if (!inputs.success) throw damaged(file.name, inputs.error.issues[0]?.message ?? 'it has another shape', number);
    yield inputs.data;
  }
}

/** The events of a stored run, drill by drill. */
export class Trace {
  readonly file: StoredFile;
  readonly #events: Generator<TraceEvent, void>;
  #next: TraceEvent | undefined;

  constructor(run: StoredRun) {
    this.file = run.file('trace.jsonl');
    this.#events = eventsIn(this.file, run);
  }

  /** Takes an event, and looks at the one after it. */
  step(): TraceEvent | undefined {
    const taken = this.#next;
    const { value } = this.#events.next();
    this.#next = value ?? undefined;
    return taken;
  }

  /** The events of one drill, which stand together. */
  *block({ drill: { drill, phases }, wall }: StoredInputs, finished: boolean): Generator<TraceEvent, void> {
    const ended: string[] = [];
    let [begun, over, silent] = [false, false, wall === true];
    for (let next = this.#next; next !== undefined && next.kind !== 'run-header'; next = this.#next) {
      const begins = next.kind === 'phase' && next.state === 'began' && next.phase === BASELINE;
      // Whoever names a drill twice runs it twice.
      if (next.drill !== drill || (begins && begun)) break;
      begun ||= begins;
      if (next.kind === 'phase' && next.state === 'ended') ended.push(next.phase);
      over ||= next.kind === 'real-io' && next.ended === true;
      over ||= next.kind === 'unscripted-call' && next.unspoken === true && next.phase === BASELINE;
      over ||= next.kind === 'withheld' && next.phase === BASELINE;
      silent &&= next.kind !== 'call';
      this.step();
      yield next;
    }
    // A process that was lost has played no further, nor has a drill of which nothing could come; it is inconclusive.
    const all = [BASELINE, ...phases.map(({ name }) => name)];
    const whole = over || silent ? all.slice(0, ended.length) : all;
    if (finished && ended.join() !== whole.join())
      throw damaged(this.file.name, `the phases of ${drill} are not all there`);
  }

  end(): void {
    const next = this.#next;
    if (next !== undefined)
      throw damaged(this.file.name, 'here is no event of any drill that the run has come to', next.seq + 1);
  }

  close(): void {
    this.#events.return();
  }
}

/** Each in its place: a line that is missing, moved or there twice shifts the numbers. */
function* eventsIn(file: StoredFile, { facts: { seed, target }, brokenOff }: StoredRun): Generator<TraceEvent, void> {
  let seq = 0;
  for (const line of linesOf(file, brokenOff ? 'so far' : 'whole')) {
    const event: TraceEvent = orDamaged(file, () => JSON.parse(line), seq + 1);
    if (seq === 0) expectSchema(Object(event).schema, TRACES, file.name);
    if (!TraceEvent.safeParse(event).success) throw damaged(file.name, 'this is no event', seq + 1);
    if (event.seq !== seq || (event.kind === 'run-header') !== (seq === 0))
      throw damaged(file.name, `here belongs event ${seq}, and event ${event.seq} stands here`, seq + 1);
    if (event.kind === 'run-header' && (event.seed !== seed || !isDeepStrictEqual(event.target, target)))
      throw damaged(file.name, 'it is of another seed or target than run.json says', 1);
    yield event;
    seq += 1;
  }
  if (seq === 0) throw damaged(file.name, 'it is empty');
}

function expectSchema(found: unknown, wanted: readonly string[], file: string): void {
  if (wanted.some((one) => one === found)) return;
  if (typeof found !== 'string') throw damaged(file, 'it does not begin with its version');
  throw otherVersion(file, found, wanted);
}
