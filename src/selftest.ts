import { usesOf } from './config/alternatives.ts';
import type { Catalogue } from './config/catalogue-type.ts';
import { loadDrill } from './config/drill-file.ts';
import { findDrill, findWorkflow, packageRoot, sourceHomes } from './config/find.ts';
import { DEFAULT_ROLES } from './config/target.ts';
import { loadWorkflow } from './config/workflow-folder.ts';
import { type Clock, EPOCH_MS } from './core/clock.ts';
import { type FaultUse, paramsOf, placeOf } from './core/drill.ts';
import type { Effect } from './core/effect.ts';
import { messageOf } from './core/errors.ts';
import { type GoldenTask, sourcesFor, type Workflow } from './core/golden-task.ts';
import type { CallBody, Message } from './core/model-call.ts';
import { entryOf } from './core/once.ts';
import type { Fault } from './core/plugin.ts';
import { type Protocol, protocolOf } from './core/protocol.ts';
import { createRandom } from './core/random.ts';
import type { Scope, Stand } from './core/stand.ts';
import type { WireRequest } from './core/wire.ts';
import { armFault } from './equip.ts';
import { differsFrom, isUsable, missing, shown } from './observation.ts';
import { schemaFieldsOf } from './run/plan.ts';
import { eventsOnly } from './stand/events-only.ts';
import { mockKey } from './stand/route.ts';
import { scriptFor } from './stand/script.ts';
import { type Exchange, exchangeAt, exchangeOver } from './stand/sockets/exchange.ts';
import { type Answer, LOOPBACK, listen } from './stand/sockets/listen.ts';
import { answerTools } from './stand/sockets/tools.ts';
import { createStand } from './stand/stand.ts';
import { createWallClock } from './world/index.ts';

/** What came of one fault with some parameters. */
export interface Tried {
  fault: string;
  /** The role or the tool. */
  at: string;
  params: Record<string, unknown>;
  effect: Effect;
  /** What the client saw, in words; empty where nothing was to be seen. */
  saw: string;
  /** Why that is not what the fault says it does; absent where it is. */
  problem?: string;
}

const SEED = 1;
/** Where no end is due, the client leaves so long after a plain reply would have been whole. */
const PATIENCE_MS = 3_500;
/** Where one is due, it waits for that much longer: only what never comes, or a machine that stands still, takes as long. */
const OVERDUE_MS = 60_000;
/** What takes longer than this where no time passes is taken never to end. */
const NEVER_MS = 3_600_000;
/** Calls at once, and the characters of a long one: beyond any limit that an example sets. */
const LOAD = { calls: 64, characters: 20_000 };

/**
 * Lets each of these faults act on a call of the package's example, first where no time passes and nothing is between, then
 * over a real socket at a client without a library. The client has to see what was done, no sooner than it was due, and in
 * it what the fault's effect says.
 */
export async function selftest(faults: readonly Fault[], catalogue: Catalogue): Promise<Tried[]> {
  const workflowOf = workflowsFrom(catalogue);
  const begun: (() => Promise<Tried>)[] = [];
  // One after the other, because this is all computing; the sockets then, all at once, because that is all waiting.
  for (const fault of faults)
    for (const use of usesOf(fault))
      begun.push(await prepare({ fault, use, workflow: workflowOf(fault), protocols: catalogue.protocols }));
  return Promise.all(begun.map((observe) => observe()));
}

/** The example in which a fault has something to break. The package's own, whatever a project calls the same. */
function workflowsFrom(catalogue: Catalogue): (fault: Fault) => Workflow {
  const root = packageRoot();
  const known = new Map<string, Workflow>();
  const read = (name: string) => loadWorkflow(findWorkflow(name, root), sourceHomes(root), catalogue, name);
  return ({ drill = 'timeout_primary' }) => {
    const { workflow: name } = loadDrill(findDrill(drill, root).path, catalogue).drill;
    return entryOf(known, name, read);
  };
}

async function prepare(trial: Trial): Promise<() => Promise<Tried>> {
  const { fault, use } = trial;
  const params = paramsOf(use);
  const tried = { fault: fault.name, at: placeOf(use), params, effect: fault.effectOf(params), saw: '' };
  const broken = (error: unknown) => ({
    ...tried,
    problem: `it threw: ${messageOf(error)}`,
  });
  try {
    const observe = tried.effect === 'limits' ? () => loaded(trial) : await single(trial);
    return async () => ({ ...tried, ...(await observe().catch(broken)) });
  } catch (error) {
    return async () => broken(error);
  }
}

interface Trial {
  fault: Fault;
  use: FaultUse;
  workflow: Workflow;
  protocols: readonly Protocol[];
}

type Saw = Pick<Tried, 'saw' | 'problem'>;

/** One call that the fault finds something in. */
async function single(trial: Trial): Promise<() => Promise<Saw>> {
  const { fault, use, workflow } = trial;
  for (const occasion of occasionsFor(trial)) {
    const { exchange: due, fired } = await atOnce(trial, occasion, true);
    if (!fired) continue;
    const { exchange: plain } = await atOnce(trial, occasion, false);
    return async () => {
      const patience = plain.ms + PATIENCE_MS;
      const { exchange: seen, waits } = await overSocket(trial, occasion, due, patience);
      const params = paramsOf(use);
      const claim = { effect: fault.effectOf(params), params, plain, seen, took: due.ms, protocol: occasion.protocol };
      const problem = differsFrom(due, seen, patience, waits) ?? missing(claim);
      return { saw: shown(seen), ...(problem !== undefined && { problem }) };
    };
  }
  return async () => ({ saw: '', problem: `in ${workflow.name} nothing was found that it would break` });
}

/** Many calls at once, one of them long and with tools: some are beyond the limit, and the others get what they asked for. */
async function loaded(trial: Trial): Promise<Saw> {
  const [task] = trial.workflow.tasks;
  if (task === undefined) return { saw: '', problem: 'there is no task' };
  const asks = (input: string) => ({ ...bare(input), ...voiceOf(trial).body });
  const long = { ...asks('How long? '.repeat(LOAD.characters / 10)), tools: trial.workflow.tools };
  const calls = [long, ...Array.from({ length: LOAD.calls }, () => asks('Hello?'))];
  const clock = createWallClock();
  const { answer } = stageOf(trial, { task, ...voiceOf(trial), request: requestOf(long, trial) }, clock, true);
  const { port, close } = await listen(answer, clock);
  try {
    const seen = await Promise.all(
      calls.map((call) => exchangeOver(at(port, requestOf(call, trial)), clock, new AbortController().signal)),
    );
    const { protocol } = voiceOf(trial);
    const [within, beyond] = [true, false].map((usable) => seen.filter((one) => isUsable(one, protocol) === usable));
    const [first] = beyond ?? [];
    if (first === undefined)
      return { saw: '', problem: `${calls.length} calls at once, one of them long and with tools, met no limit` };
    const saw = `${within?.length} of ${calls.length} calls were within the limit; the others: ${shown(first)}`;
    return within?.length === 0 ? { saw, problem: 'no call was within the limit' } : { saw };
  } finally {
    await close();
  }
}

/** A request that a fault may find something in, and whose it is. */
interface Occasion {
  task: GoldenTask;
  request: WireRequest;
  /** What it is spoken in, to a role; the tools are spoken to in plain JSON. */
  protocol: Protocol | undefined;
}

function occasionsFor(trial: Trial): Iterable<Occasion> {
  return trial.fault.kind === 'tool' ? toolUses(trial) : modelCalls(trial);
}

function* toolUses({ use, workflow }: Trial): Iterable<Occasion> {
  const tool = placeOf(use);
  for (const task of workflow.tasks)
    for (const turn of task.turns.filter((one) => one.tool === tool)) {
      const body = new TextEncoder().encode(JSON.stringify(turn.args));
      const headers = [['content-type', 'application/json']] as const;
      yield { task, protocol: undefined, request: { method: 'POST', url: `${NOWHERE}/tools/${tool}`, headers, body } };
    }
}

/** Each task as agents ask it: with tools and without, for structure or prose, before the tools have run and after each. */
function* modelCalls(trial: Trial): Iterable<Occasion> {
  const { workflow, use, fault } = trial;
  const need = fault.needsOf(paramsOf(use));
  const { schema } = workflow.contract?.output ?? {};
  const { protocol, body } = voiceOf(trial);
  for (const task of workflow.tasks)
    for (const talk of [[], ...task.turns.map((_, i) => task.turns.slice(0, i + 1))])
      for (const tools of workflow.tools.length > 0 ? [workflow.tools, []] : [[]])
        for (const responseSchema of schema === undefined ? [undefined] : [{ name: 'answer', schema }, undefined])
          for (const stream of need === 'stream' ? [true] : need === 'whole' ? [false] : [false, true]) {
            const messages = [...opening(task, workflow), ...talk.flatMap(doneBefore)];
            const call = { ...body, messages, tools, stream, ...(responseSchema && { responseSchema }) };
            yield { task, protocol, request: requestOf(call, trial) };
          }
}

function opening(task: GoldenTask, workflow: Workflow): Message[] {
  const sources = sourcesFor(task, workflow.sources);
  const images = sources.flatMap(({ image }) => (image === undefined ? [] : [image]));
  const texts = sources.map(({ id, text }) => `[${id}] ${text}`);
  return [
    { role: 'system', content: ['Answer from these sources, and cite them:', ...texts].join('\n') },
    ...task.history,
    { role: 'user', content: task.input, ...(images.length > 0 && { images }) },
  ];
}

function doneBefore({ tool: name, args, returns }: GoldenTask['turns'][number], i: number): Message[] {
  const id = `call_${i}`;
  return [
    { role: 'assistant', content: '', toolCalls: [{ id, name, arguments: JSON.stringify(args) }] },
    { role: 'tool', content: JSON.stringify(returns ?? { ok: true }), toolCallId: id },
  ];
}

/** How the role of a fault is spoken to. */
function voiceOf({ use, protocols }: Pick<Trial, 'use' | 'protocols'>) {
  const role = DEFAULT_ROLES[placeOf(use)];
  const protocol = role && protocolOf(protocols, role);
  if (role === undefined || protocol === undefined) throw new Error(`the example has no role ${placeOf(use)}`);
  const body = { protocol: protocol.name, model: role.model, wishes: { include_usage: true }, maxOutputTokens: 4_000 };
  return { role, protocol, body };
}

const bare = (content: string): Pick<CallBody, 'messages' | 'tools' | 'stream'> => ({
  messages: [{ role: 'user', content }],
  tools: [],
  stream: false,
});

function requestOf(call: CallBody, trial: Trial): WireRequest {
  const { role, protocol } = voiceOf(trial);
  return protocol.writeCall(call, { base_url: role.base_url, api_key: mockKey(role) });
}

/** Who answers an occasion in a world of its own, and whether the fault has acted there. */
function stageOf({ fault, use, workflow, protocols }: Trial, { task }: Occasion, clock: Clock, armed: boolean) {
  let fired = false;
  const stand = createStand({
    ...{ clock, protocols, roles: DEFAULT_ROLES, random: createRandom(SEED) },
    recording: eventsOnly(({ kind }) => {
      fired ||= kind === 'fault-fired';
    }),
    schemaFields: schemaFieldsOf({ workflow }),
    contract: workflow.contract,
    tools: workflow.tools,
  });
  const scope = { ask: 1, task: task.name, tenant: task.tenant };
  stand.begin(armed ? [armFault(use, [fault])] : []);
  stand.play(scope.ask, scriptFor(task, sourcesFor(task, workflow.sources)));
  return { answer: answerOf(stand, scope, use), hasFired: () => fired };
}

function answerOf(stand: Stand, scope: Scope, { role }: FaultUse): Answer {
  if (role === undefined) return (request, signal) => answerTools(request, stand, () => scope, signal);
  const origin = new URL(DEFAULT_ROLES[role]?.base_url ?? NOWHERE).origin;
  const transport = stand.transport(() => scope);
  return ({ path, ...request }, signal) => transport({ ...request, url: origin + path, role }, signal);
}

const NOWHERE = 'http://127.0.0.1';
const pathOf = ({ url }: WireRequest): string => url.slice(new URL(url).origin.length);
const at = (port: number, request: WireRequest): WireRequest => ({
  ...request,
  url: `http://${LOOPBACK.host}:${port}${pathOf(request)}`,
});

/** What is done to the call where no time passes. */
async function atOnce(trial: Trial, occasion: Occasion, armed: boolean) {
  const left = new AbortController();
  const clock = countingClock(async (ms) => {
    if (ms > NEVER_MS) left.abort(new DOMException('It never ends', 'AbortError'));
    left.signal.throwIfAborted();
  });
  const { answer, hasFired } = stageOf(trial, occasion, clock, armed);
  const { request } = occasion;
  const exchange = await exchangeAt(answer, { ...request, path: pathOf(request) }, clock, left.signal);
  return { exchange, fired: hasFired() };
}

/** The same at a client. No connection is cut before what was sent has arrived: a busy machine may take its time. */
async function overSocket(trial: Trial, occasion: Occasion, expected: Exchange, patience: number) {
  const wall = createWallClock();
  const clock = countingClock((ms, signal) => (ms > NEVER_MS ? wall.never(signal) : wall.sleep(ms, signal)));
  const { answer } = stageOf(trial, occasion, clock, true);
  let arrived = 0;
  const leaves = new AbortController();
  const sleep = async (ms: number) => {
    await wall.sleep(ms);
    while (arrived < expected.body.length && !leaves.signal.aborted) await wall.sleep(1);
  };
  const { port, close } = await listen(answer, { sleep });
  const over = new AbortController();
  wall.sleep(expected.ms > patience ? patience : patience + OVERDUE_MS, over.signal).then(
    () => leaves.abort(),
    () => {},
  );
  try {
    const exchange = await exchangeOver(at(port, occasion.request), wall, leaves.signal, (bytes) => {
      arrived = bytes;
    });
    return { exchange, waits: clock.waits() };
  } finally {
    over.abort();
    await close();
  }
}

/** A clock that shows how long was slept on it, whatever that took: what it stamps is the same every time. */
function countingClock(sleep: (ms: number, signal?: AbortSignal) => Promise<void>): Clock & { waits(): number } {
  let [slept, waits] = [0, 0];
  return {
    kind: 'wall',
    epochMs: EPOCH_MS,
    now: () => slept,
    waits: () => waits,
    async sleep(ms, signal) {
      waits += 1;
      if (slept + ms > NEVER_MS) slept = Number.POSITIVE_INFINITY;
      await sleep(Math.max(ms, slept === Number.POSITIVE_INFINITY ? slept : 0), signal);
      slept += ms;
    },
    async never(signal) {
      slept = Number.POSITIVE_INFINITY;
      await sleep(slept, signal);
      throw new Error('it has an end');
    },
  };
}
