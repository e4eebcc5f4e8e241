import { BoundedMap } from '../core/bounded-map.ts';
import type { Clock } from '../core/clock.ts';
import type { Contract } from '../core/contract.ts';
import type { GoldenTask, Script } from '../core/golden-task.ts';
import type { ToolSchema } from '../core/model-call.ts';
import { countUp } from '../core/once.ts';
import type { Random } from '../core/random.ts';
import type { Recording, Scope } from '../core/stand.ts';
import { type Approve, readRule, ToolFailure, type ToolResult, type Tools, type ToolUse } from '../core/tools.ts';
import type { EventOf } from '../core/trace.ts';
import { NetworkFailure } from '../core/wire.ts';
import { canonicalJson } from '../text/canonical.ts';
import { schemaErrors } from '../text/json-schema.ts';
import type { ArmedFaults } from './armed-faults.ts';

export interface ToolStandOptions {
  clock: Clock;
  random: Random;
  recording: Recording;
  contract: Contract | undefined;
  tools: readonly ToolSchema[];
  /** Those of all tenants: what another's foresees is another's. */
  tasks?: readonly GoldenTask[] | undefined;
  armedFaults: ArmedFaults;
  scriptOf(ask: number): Script;
}

/** Idempotency keys that are remembered. */
const MOST_KEYS = 100_000;
const APPROVAL_MS = 200;
/** So long a person is waited for. */
const SILENCE_MS = 3_000;

/**
 * The tools of one world with their effects ledger, and the person who approves. It runs whatever it is told, forbidden
 * tools too: the ledger shows it.
 */
export function createToolStand(options: ToolStandOptions) {
  const { clock, random, recording, contract, armedFaults } = options;
  const schemas = new Map(options.tools.map((t) => [t.name, t.parameters]));
  /** First results of writes, by tool and idempotency key: all customers share what stands behind a tool. */
  const done = new BoundedMap<string, { args: string; value: unknown }>(MOST_KEYS);
  const attempts = new Map<string, number>();
  /** What a person is asked, by ask, tool and arguments. */
  const waiting = new Set<string>();
  let uses = 0;

  /** What a use really does, and what it changed. */
  function run(use: ToolUse, task: GoldenTask): { result: ToolResult; effect: EventOf<'tool-result'>['effect'] } {
    const fails = (code: ToolFailure['code'], message: string) =>
      ({ result: { ok: false, code, message }, effect: 'none' }) as const;
    const schema = schemas.get(use.tool);
    if (schema === undefined) return fails('unknown_tool', `there is no tool ${use.tool}`);
    const errors = schemaErrors(schema, use.args);
    if (errors.length > 0) return fails('invalid_arguments', errors.map((e) => e.error).join('; '));
    const turn = turnFor(task, use.tool, use.args);
    if (!use.write) {
      if (turn === undefined) return fails('error', 'nothing was found');
      return { result: { ok: true, value: turn.returns ?? { ok: true } }, effect: 'none' };
    }
    const key = use.key === undefined ? undefined : `${use.tool}/${use.key}`;
    const args = canonicalJson(use.args);
    const before = key === undefined ? undefined : done.get(key);
    // As providers do: a key stands for one request.
    if (before !== undefined && before.args !== args)
      return fails('key_reused', 'this idempotency key was used with other arguments');
    if (before !== undefined) return { result: { ok: true, value: before.value }, effect: 'replayed' };
    const value = turn?.returns ?? { ok: true };
    if (key !== undefined) done.set(key, { args, value });
    return { result: { ok: true, value }, effect: 'new' };
  }

  async function call(scope: Scope, tool: string, args: unknown, key: string | undefined): Promise<unknown> {
    const script = options.scriptOf(scope.ask);
    const { task } = script;
    const rule = readRule(contract?.permissions?.tools, tool);
    const use: ToolUse = { ...scope, id: `t${++uses}`, tool, args, write: rule.write, key };
    const { ask, task: name, id } = use;
    const schema = schemas.get(tool);
    const args_hash = recording.digest(canonicalJson(args));
    const labels = { ask, task: name, use: id, tool, args_hash, write: rule.write };
    const foreign = foreignTurns(tool, args, script, options.tasks ?? []);
    recording.emit({
      kind: 'tool-use',
      ...labels,
      registered: schema !== undefined,
      allowed: rule.allowed && task.tools?.includes(tool) !== false,
      args_valid: schema !== undefined && schemaErrors(schema, args).length === 0,
      foreseen: turnFor(task, tool, args) !== undefined,
      ...(foreign.length > 0 && { foreign }),
      key: key === undefined ? null : recording.digest(key),
    });
    const attempt = countUp(attempts, `${ask}/${tool}`);
    await clock.sleep(20 + Math.floor(random.fork(`tool/${ask}/${tool}/${attempt}`).next() * 60));
    let effect: EventOf<'tool-result'>['effect'] = 'none';
    const doIt = async (asked: ToolUse): Promise<ToolResult> => {
      const ran = run(asked, task);
      effect = ran.effect;
      return ran.result;
    };
    const act = armedFaults
      .armedOnTool({ ...use, role: tool, attempt })
      .reduceRight<typeof doIt>((next, inject) => (asked) => inject(asked, next), doIt);
    let result: ToolResult;
    try {
      result = await act(use);
    } catch (error) {
      result = cutOff(error);
    } finally {
      armedFaults.ended(id);
    }
    recording.emit({ kind: 'tool-result', ...labels, ok: result.ok, error: errorOf(result), effect });
    if (result.ok) return result.value;
    throw new ToolFailure(result.code, result.message, result.cut);
  }

  return {
    tools: (scope: () => Scope | undefined): Tools => ({
      schemas: options.tools,
      call: async (name, args, { idempotency_key } = {}) => call(inTask(scope()), name, args, idempotency_key),
    }),
    approve:
      (scope: () => Scope | undefined): Approve =>
      async ({ tool, args }) => {
        const { ask, task } = inTask(scope());
        const golden = options.scriptOf(ask).task;
        // A person says yes to what the case asks for, and to nothing else.
        const asked = turnFor(golden, tool, args) !== undefined || golden.turns.length === 0;
        const answer = golden.approval === 'granted' && !asked ? 'denied' : golden.approval;
        const args_hash = recording.digest(canonicalJson(args));
        const what = `${ask}/${tool}/${args_hash}`;
        const beside = waiting.has(what);
        waiting.add(what);
        await clock.sleep(answer === 'silence' ? SILENCE_MS : APPROVAL_MS);
        waiting.delete(what);
        recording.emit({ kind: 'approval', ask, task, tool, args_hash, answer, ...(beside && { beside }) });
        return answer;
      },
  };
}

/** As the ledger has it: who hears nothing cannot tell a reply that was lost from one that was late. */
const errorOf = (result: ToolResult) => (result.ok ? null : result.cut ? 'lost' : result.code);

/** A fault that was taken away while it held up the use of a tool. */
function cutOff(error: unknown): ToolResult {
  if (!(error instanceof NetworkFailure)) throw error;
  return { ok: false, code: 'timeout', message: error.message, cut: true };
}

function inTask(scope: Scope | undefined): Scope {
  if (scope === undefined) throw new Error('tools and approvals belong to a task: call them while one is asked');
  return scope;
}

/** The turn of a golden task that foresees exactly this use. */
function turnFor(task: GoldenTask, tool: string, args: unknown) {
  const wanted = canonicalJson(args);
  return task.turns.find((turn) => turn.tool === tool && canonicalJson(turn.args) === wanted);
}

const valuesIn = (args: unknown): string[] =>
  typeof args === 'object' && args !== null ? Object.values(args).flatMap(valuesIn) : [String(args)];

/** The number of an order, say: nobody comes upon it by chance. */
const isIdentifying = (value: string) => value.length >= 4 && /\d/.test(value);

/** Names of other tenants' tasks that foresee exactly this use, with a value that nothing of the task itself holds. */
function foreignTurns(tool: string, args: unknown, { task, sources }: Script, tasks: readonly GoldenTask[]): string[] {
  const others = tasks.filter((one) => one.tenant !== task.tenant && turnFor(one, tool, args) !== undefined);
  if (others.length === 0) return [];
  const own = JSON.stringify([task, sources]);
  const borrowed = valuesIn(args).some((value) => isIdentifying(value) && !own.includes(value));
  return borrowed ? others.map(({ name }) => name) : [];
}
