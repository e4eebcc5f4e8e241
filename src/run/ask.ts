import type { ByAsk } from '../core/by-ask.ts';
import type { Clock } from '../core/clock.ts';
import { DEFAULT_DEADLINE_MS } from '../core/declaration.ts';
import type { GoldenTask, Script } from '../core/golden-task.ts';
import { AFTERMATH_MS } from '../core/numbers.ts';
import { once } from '../core/once.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import { ownCopy } from '../core/own-copy.ts';
import type { RunningTarget } from '../core/plugin.ts';
import type { Scope, Stand } from '../core/stand.ts';
import { stopOf } from '../core/stop.ts';
import { SPINNING } from '../judge/task-report.ts';
import { digest } from '../recording/digest.ts';
import { logFacts } from '../recording/log-facts.ts';
import type { Recorder } from '../recording/recorder.ts';
import { DEEPEST, isDeeper } from '../text/canonical.ts';
import { stringsIn } from '../text/content.ts';
import { alarm, onCrash, sayThrown } from '../world/index.ts';
import { copyOf, excessOf, lookInto } from './boundary.ts';
import { HORIZON_MS, type PlayPlan } from './plan.ts';

/** A target may take the global one away. */
const { AbortController: Abort } = globalThis;

/** What one ask needs of its world. */
export interface AskContext {
  plan: PlayPlan;
  running: RunningTarget;
  clock: Clock;
  recorder: Recorder;
  stand: Stand;
  signal: AbortSignal;
  /** The golden tasks that the target was given in this world. */
  given: ByAsk<string>;
  enter<T>(scope: Scope, fn: () => T): T;
  /** What an ask hangs at, as far as it can be seen. */
  waitedFor(scope: Scope): string;
}

/** What the user of one ask does: reads along, as far as that was said, and leaves after so many milliseconds. */
export interface User extends Pick<Task, 'stream'> {
  leaves_after_ms?: number | undefined;
}

/**
 * Asks the target one golden task and records how it ended; rejects only where the run is cancelled. Its user leaves after
 * `leaves_after_ms`, if it has not ended by then.
 */
export async function ask(
  context: AskContext,
  number: number,
  golden: GoldenTask,
  { leaves_after_ms, ...hint }: User = {},
): Promise<void> {
  const { plan, clock, recorder, signal } = context;
  signal.throwIfAborted();
  const scope: Scope = { ask: number, task: golden.name, tenant: golden.tenant };
  const script = plan.scriptFor(golden);
  // What the target does with it changes nothing that others, or the judge, go by.
  const task: Task = { id: `${golden.name}-${number}`, ...ownCopy(taskIn(plan)(golden, script)), ...hint };
  context.stand.play(number, script);
  context.given.set(number, golden.name);
  recorder.emit({
    kind: 'ask',
    ask: number,
    task: golden.name,
    tenant: digest(`tenant:${golden.tenant}`),
    priority: golden.priority,
    deadline_ms: task.deadline_ms,
    ...(task.budget_usd === undefined ? {} : { budget_usd: task.budget_usd }),
    ...(leaves_after_ms === undefined ? {} : { leaves_after_ms }),
    expected_answer: plan.unscripted ? '' : script.answer,
  });
  const begun = clock.now();
  const horizon = new Abort();
  const alarms: (() => void)[] = [];
  let fail: (reason: unknown) => void = () => {};
  const end = (reason: unknown) => {
    for (const callOff of alarms) callOff();
    fail(reason);
    horizon.abort(reason);
  };
  const cancelled = () => {
    if (stopOf(signal) === undefined) return end(signal.reason);
    const giveUp = () => {
      recorder.emit({ kind: 'given-up', ...labels(scope) });
      end(signal.reason);
    };
    if (clock.kind === 'virtual') giveUp();
    else alarms.push(alarm(clock, STOP_GRACE_MS, giveUp));
  };
  signal.addEventListener('abort', cancelled, { once: true });
  let forget = () => {};
  let left: number | undefined;
  const leave = () => {
    left = clock.now();
    recorder.emit({ kind: 'left', ...labels(scope) });
    horizon.abort(LEFT);
  };
  try {
    const ending = await new Promise<Ending>((resolve, reject) => {
      fail = reject;
      forget = onCrashIn(scope, resolve);
      if (leaves_after_ms !== undefined) alarms.push(alarm(clock, leaves_after_ms, leave));
      const ask = () => context.running.ask(task, horizon.signal);
      context.enter(scope, () => settle(ask, plan, () => left !== undefined)).then(resolve, reject);
      const late = () => resolve({ hung: context.waitedFor(scope) });
      alarms.push(alarm(clock, task.deadline_ms + HORIZON_MS[clock.kind], late));
    });
    // What is recorded now may stop the run, and it is over here already.
    signal.removeEventListener('abort', cancelled);
    if ('hung' in ending) {
      const waited_ms = clock.now() - begun;
      recorder.emit({ kind: 'hung', ...labels(scope), waited_ms, waiting_for: ending.hung });
    } else record(context, scope, script, task.id, ending);
  } finally {
    forget();
    signal.removeEventListener('abort', cancelled);
    end(OVER);
  }
  // What goes on behind the back of a user who left shows only in the time after.
  if (left === undefined) return;
  await clock.sleep(Math.max(0, left + AFTERMATH_MS - clock.now()), signal).catch(() => {});
}

/** So long asks under way may take to end once a run stops, in wall time: without their faults, some will. */
const STOP_GRACE_MS = 500;

/** Made once: an error per ask would be dear, and nobody is left to read it. */
const OVER = new DOMException('The ask is over', 'AbortError');
const LEFT = new DOMException('The user left', 'AbortError');

/** How an ask ended. An outcome that could not be read is a failure, with what is wrong with it as its error. */
type Ending = { outcome: Outcome; unreadable?: true } | { hung: string };

/** The end of an ask whose code would have ended its process, or goes round without end. */
const onCrashIn = (scope: Scope, resolve: (ending: Ending) => void): (() => void) =>
  onCrash((crash) => {
    if (crash.scope !== scope) return false;
    resolve(crash.kind === 'spins' ? { hung: SPINNING + crash.what } : failure(crash.what));
    return true;
  });

const labels = ({ ask, task }: Scope) => ({ ask, task });

/** What all asks of a golden task have in common. */
const taskIn = once((plan: PlayPlan) =>
  once((golden: GoldenTask, script: Script) => copyOf(taskOf(plan, golden, script))),
);

function taskOf(plan: PlayPlan, golden: GoldenTask, script: Script): Omit<Task, 'id'> {
  const declared = plan.declares.deadline_ms;
  const limits = [golden.max_latency_ms, declared].filter((ms) => ms !== undefined);
  const schema = plan.workflow.contract?.output?.schema;
  return {
    workflow: plan.workflow.name,
    tenant: golden.tenant,
    priority: golden.priority,
    input: golden.input,
    ...(golden.history.length > 0 && { history: golden.history }),
    sources: script.sources.map(({ tenant, ...source }) => source),
    ...(schema === undefined ? {} : { response_schema: schema }),
    deadline_ms: limits.length === 0 ? DEFAULT_DEADLINE_MS : Math.min(...limits),
    ...(plan.workflow.tools.length === 0 ? {} : { tools: golden.tools ?? plan.workflow.tools.map((t) => t.name) }),
    ...(plan.workflow.contract === undefined ? {} : { contract: plan.workflow.contract }),
    ...(golden.max_cost_usd === undefined ? {} : { budget_usd: golden.max_cost_usd }),
  };
}

/** Whatever a target gives back becomes an outcome: a text is an answer, an error or a wrong shape a failure. */
async function settle(fn: () => Promise<unknown>, plan: PlayPlan, isLeft: () => boolean): Promise<Ending> {
  let given: unknown;
  try {
    given = await fn();
  } catch (error) {
    if (isLeft() && tellsOfAbort(error)) return { outcome: { kind: 'abandoned' } };
    return failure(sayThrown(error));
  }
  try {
    if (typeof given === 'string') return answered(given);
    return storable(given, plan.readOutcome);
  } catch (error) {
    return unreadable(`the target's outcome cannot become JSON: ${sayThrown(error).split('\n')[0]}`);
  }
}

/** Whether an error, or one behind it, says that the caller is gone: by its name, as the platform's does, or by its class. */
function tellsOfAbort(error: unknown, depth = 0): boolean {
  try {
    if (!(error instanceof Error) || depth > DEEPEST_CAUSE) return false;
    const names: unknown[] = [error.name, error.constructor.name];
    return (
      names.some((name) => typeof name === 'string' && /abort/i.test(name)) || tellsOfAbort(error.cause, depth + 1)
    );
  } catch {
    // A target's error may throw when it is looked at.
    return false;
  }
}
const DEEPEST_CAUSE = 5;

const failure = (error: string) => ({ outcome: { kind: 'failed', error } satisfies Outcome });
const unreadable = (error: string) => ({ ...failure(error), unreadable: true as const });

function answered(answer: string): Ending {
  const excess = excessOf(answer, 0);
  return excess === undefined ? { outcome: { kind: 'answered', answer } } : tooLarge(excess);
}

const tooLarge = (excess: string) => unreadable(`the target's outcome is too large: ${excess}`);

/** An outcome as it can be stored, and is judged. Throws what the target's own getters and `toJSON` throw. */
function storable(given: unknown, read: PlayPlan['readOutcome']): Ending {
  const seen = read(given);
  if ('problems' in seen) return unreadable(`the target's outcome has a wrong shape: ${seen.problems.join('; ')}`);
  const json = JSON.stringify(seen.outcome);
  const { entries, ownWords } = lookInto(seen.outcome);
  const excess = excessOf(json, entries);
  if (excess !== undefined) return tooLarge(excess);
  const copy: Outcome = JSON.parse(json);
  // What was read is plain data, and its copy the same; only where something of it was put in other words is it read again.
  const stored = ownWords ? read(copy) : { outcome: copy };
  if ('problems' in stored) return unreadable(`the target's outcome has a wrong shape: ${stored.problems.join('; ')}`);
  if (isDeeper(stored.outcome)) throw new RangeError(`it nests deeper than ${DEEPEST} levels`);
  return stored;
}

type Settled = Exclude<Ending, { hung: string }>;

function record(context: AskContext, scope: Scope, script: Script, id: string, ending: Settled): void {
  const { recorder, plan, given } = context;
  const golden = script.task;
  const { log = [], model, cost_usd, ...outcome } = ending.outcome;
  if (ending.outcome.log !== undefined || model !== undefined || cost_usd !== undefined) {
    const models = Object.values(plan.roles).map((role) => role.model);
    const about = { ask: scope.ask, golden, workflow: plan.workflow, models };
    recorder.emit({
      kind: 'log',
      ...labels(scope),
      records: log,
      ...(model === undefined ? {} : { model }),
      ...(cost_usd === undefined ? {} : { cost_usd }),
      ...logFacts(log, recorder.heldVerbatim(JSON.stringify(log)), about),
    });
  }
  const held = recorder.heldVerbatim(JSON.stringify(outcome));
  const foreign = recorder.foreignIn(stringsIn(outcome), golden.name);
  const spliced = outcome.shown === undefined ? undefined : recorder.splicedIn(scope, outcome.shown);
  const material = [golden.input, script.answer, ...script.sources.map(({ text }) => text)];
  const quoted_errors = recorder.errorsQuotedIn(scope.ask, outcome, material);
  const kept = recorder.keptIn(scope, outcome, script.answer);
  const others = taskIdsIn(JSON.stringify(outcome.state ?? {})).filter((one) => isGiven(one, given) && one !== id);
  recorder.emit({
    kind: 'outcome',
    ...labels(scope),
    outcome,
    held,
    ...(foreign.length > 0 && { foreign }),
    ...(kept.length > 0 && { kept }),
    ...(quoted_errors.length > 0 && { quoted_errors }),
    ...(spliced && { spliced }),
    ...(others.length > 0 && { state_asks: others }),
    ...(ending.unreadable && { unreadable: true }),
  });
}

function isGiven(id: string, given: ByAsk<string>): boolean {
  const at = id.lastIndexOf('-');
  return given.get(Number(id.slice(at + 1))) === id.slice(0, at);
}

const taskIdsIn = (text: string) => [...new Set(text.match(/(?<![\w-])[a-z][a-z0-9_]*-\d+(?![\w-])/g))];
