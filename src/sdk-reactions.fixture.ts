import { setImmediate } from 'node:timers/promises';
import { trialsOf } from './config/alternatives.ts';
import { GoldenTask } from './core/golden-task.ts';
import type { Fault } from './core/plugin.ts';
import type { NewEvent } from './core/trace.ts';
import { createTrigger } from './core/trigger.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import { ABORTED, type Got, SURFACES, type Surface, TOOL } from './sdk-surfaces.fixture.ts';
import { scriptFor } from './stand/script.ts';
import { createStand } from './stand/stand.ts';
import { createNodeFetch, createVirtualWorld, currentScope, onCrash } from './world/index.ts';

/** A fault with the parameters it is tried with. */
export interface Trial {
  name: string;
  fault: Fault;
  params: object;
}

const called = (name: string, params: object) =>
  [name, ...Object.entries(params).flatMap(([key, value]) => `${key}=${typeof value === 'object' ? '…' : value}`)].join(
    ' ',
  );

/** Whatever can happen to the reply of a model. What only makes an answer worth less no SDK can see: once is enough. */
export const TRIALS: Trial[] = faults
  .filter(({ kind }) => kind !== 'tool')
  .flatMap((fault) => {
    const all = trialsOf(fault);
    const tried = all.filter((params, i) => i === 0 || fault.effectOf(params) !== 'cheapens');
    return tried.map((params) => ({ name: called(fault.name, params), fault, params }));
  });

/** It is about bytes and events, and not about what they say. */
export const breaksStreams = ({ fault, params }: Trial) => fault.kind === 'wire' || fault.needsOf(params) === 'stream';

/** With these the client waits for a second, and not for as long as it would. */
const TIMED = ['hang', 'stall'];
const TIMEOUT_MS = 1000;
/** With it the first reply is whole within that second. */
const SEED = 12;

/** Who has not ended then never will. */
const LONG_MS = 3_600_000;

const SOURCES = ['policy_v3', 'order_991'].map((id) => ({ id, tenant: 'default', text: `What ${id} says of it.` }));
const FIELDS = ['answer', 'citations', 'next_action'];
export const GOLDEN = GoldenTask.parse({
  name: 'refund',
  input: `Größe 42 came in the wrong colour. What do we owe? Reply in JSON with ${FIELDS.join(', ')}.\n${SOURCES.map(
    ({ id, text }) => `[${id}] ${text} `.repeat(8),
  ).join('\n')}`,
  fixtures: ['policy_v3', 'order_991'],
  answer: {
    answer: 'For the “wide fit” we owe 40 € within 30 days 🙂. [policy_v3, order_991]',
    citations: ['policy_v3', 'order_991'],
    next_action: { amount: 40, unit: 'eur' },
  },
  turns: [{ tool: TOOL.name, args: { order_id: '991', amount: 40 } }],
});
const SCRIPT = scriptFor(GOLDEN, SOURCES);
const WHOLE = JSON.stringify(GOLDEN.answer);

/** How much of the answer it is. `other` is no beginning of it: with a hole, doubled, or of other words. */
export type Share = 'whole' | 'part' | 'other text' | 'no text';

export interface Reaction {
  /** Requests over HTTP. */
  attempts: number;
  /** Virtual milliseconds. */
  ms: number;
  /** Whether the fault found anything to act on. */
  fired: boolean;
  /** What a user saw before the end. */
  shown: Share;
  /** What the caller was given; where nothing was, what it saw. */
  text: Share;
  /** Undefined where nothing was thrown or told. */
  error?: string;
  /** The error was not thrown but told beside the text. */
  told?: true;
  hung?: true;
  finish?: string;
  calls: number;
  /** What came in place of an object. */
  value?: string;
  /** Rejections that nobody could have handled. */
  unhandled: string[];
}

/** By class, and by name where that says something else. */
function classOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return typeof error;
  const own = error.constructor.name.replace(/^_/, '');
  const name = 'name' in error ? String(error.name).replace(/^AI_/, '') : own;
  return name === own || name === 'Error' ? own : `${own}/${name}`;
}

function shareOf(text: string | undefined): Share {
  if (text === undefined || text === '') return 'no text';
  return text === WHOLE ? 'whole' : WHOLE.startsWith(text) ? 'part' : 'other text';
}

/** Puts a fault before a surface, on every call or on the first alone; the tool of the task is offered or not. */
async function meet(surface: Surface, { fault, params }: Trial, tools: boolean, once: boolean): Promise<Reaction> {
  const events: NewEvent[] = [];
  const unhandled: string[] = [];
  const world = createVirtualWorld({
    seed: SEED,
    epochMs: 1_790_000_000_000,
    fetch: (input, init) => nodeFetch(input, init),
    onRealIo({ what, by }) {
      throw new Error(`${surface.name} left the virtual world: ${what} by ${by}`);
    },
  });
  const nothing = { sources: [], source_ids: [], canaries: [], schema_fields: [], models: [] };
  const stand = createStand({
    clock: world.clock,
    random: world.random,
    roles: { primary: surface.role },
    protocols,
    recording: {
      emit: (event) => void events.push(event),
      held: () => nothing,
      facts: () => ({}),
      digest: (text) => text,
      replied() {},
      rereads: () => [],
    },
    schemaFields: FIELDS,
    contract: undefined,
    tools: [],
  });
  stand.begin([
    {
      ...{ fault: fault.name, effect: fault.effectOf(params), shared: fault.shared ?? false, role: 'primary' },
      ...{ open: fault.arm(params), trigger: createTrigger({ per: 'task', ...(once && { calls: [1] }) }) },
      ...{ tenants: undefined, tasks: undefined },
    },
  ]);
  stand.play(1, SCRIPT);
  const nodeFetch = createNodeFetch(stand.transport(currentScope), world.clock);

  let shown = '';
  let reaction: Partial<Reaction> = { hung: true };
  let ended = LONG_MS;
  const forget = onCrash(({ error, what }) => {
    unhandled.push(error === undefined ? what : classOf(error));
    return true;
  });
  await world.run(() =>
    world.enter({ ask: 1, task: GOLDEN.name, tenant: GOLDEN.tenant }, async () => {
      const asked = surface.ask({
        prompt: GOLDEN.input,
        tools,
        timeout: TIMED.includes(fault.name) ? TIMEOUT_MS : undefined,
        show: (text) => {
          shown += text ?? '';
        },
      });
      const ends = (how: Partial<Reaction>) => {
        reaction = how;
        ended = world.clock.now();
      };
      const work = asked.then(
        (got) => ends(given(got)),
        (error: unknown) => ends({ error: classOf(error) }),
      );
      await Promise.race([work, world.clock.sleep(LONG_MS)]);
      // What nobody handles may come after the end.
      await world.clock.sleep(1000);
    }),
  );
  // The process tells it after the turn in which it happened.
  await setImmediate();
  forget();
  const attempts = events.filter(({ kind }) => kind === 'call').length;
  const fired = events.some(({ kind }) => kind === 'fault-fired');
  return { attempts, ms: ended, fired, unhandled, shown: shareOf(shown), text: shareOf(shown), calls: 0, ...reaction };
}

function given(got: Got): Partial<Reaction> {
  const { text, finish, calls = [], errors = [] } = got;
  const [error] = errors;
  return {
    text: shareOf(text),
    calls: calls.length,
    ...(finish && { finish }),
    ...('value' in got && { value: got.value === null ? 'null' : typeof got.value }),
    ...(errors.length > 0 && { error: classOf(error), told: true }),
  };
}

/** One cell of the table. */
export interface Cell {
  always: Reaction;
  /** The same where only the first call is hit: of what breaks a stream, for those who call again. */
  once?: Reaction;
}

/** Undefined where the fault finds nothing to act on. */
async function cellOf(surface: Surface, trial: Trial): Promise<Cell | undefined> {
  const needs = trial.fault.needsOf(trial.params);
  if (needs === 'stream' && !surface.stream) return undefined;
  for (const tools of needs === 'tools' ? [true] : [false, true]) {
    const always = await meet(surface, trial, tools, false);
    if (!always.fired) continue;
    const again = surface.stream && breaksStreams(trial) && always.attempts > 1;
    return { always, ...(again && { once: await meet(surface, trial, tools, true) }) };
  }
  return undefined;
}

/** By the name of the surface, and then of the trial. */
export type Table = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

export const nameOf = ({ sdk, name }: Pick<Surface, 'sdk' | 'name'>) => `${sdk}: ${name}`;

/** Puts every trial before every surface. The same table each time. */
export async function reactions(): Promise<Table> {
  const table = new Map<string, Map<string, Cell>>();
  for (const surface of SURFACES) {
    const cells = new Map<string, Cell>();
    table.set(nameOf(surface), cells);
    for (const trial of TRIALS) {
      const cell = await cellOf(surface, trial);
      if (cell !== undefined) cells.set(trial.name, cell);
    }
  }
  return table;
}

/** A reaction in words, without the time it took. */
export function sayReaction(reaction: Reaction): string {
  const { attempts, shown, text, error, told, hung, finish, calls, value, unhandled } = reaction;
  const called = calls > 0 && text === 'no text' ? `${calls} call${calls === 1 ? '' : 's'}` : undefined;
  const given = [value ?? called ?? text, ...(finish === undefined ? [] : [finish])].join(', ');
  const seen = shown === 'no text' || shown === text ? given : `${given} (${shown} shown)`;
  const before = shown === 'no text' ? '' : `${shown}, then `;
  const thrown = `${before}${hung ? 'hung' : error}`;
  const end =
    hung || (error !== undefined && !told) ? thrown : error === undefined ? seen : `${seen}, error part ${error}`;
  return [`${attempts}× ${end}`, ...unhandled.map((one) => `unhandled ${one}`)].join(' + ');
}

/** What a reader of a stream is left with. */
export type Kind =
  | 'rescued'
  | 'clean error'
  | 'error after text'
  | 'truncated as success'
  | 'spliced'
  | 'empty as success'
  | 'hung';

/** As long as Node itself waits for the next byte: who ends no sooner has not ended by itself. */
const HUNG_MS = 300_000;

export function kindOf({ always, once = always }: Cell): Kind {
  const { hung, ms, error, finish, shown, text, calls } = once;
  if (hung || ms >= HUNG_MS) return 'hung';
  if (error !== undefined || finish === ABORTED) return shown === 'no text' ? 'clean error' : 'error after text';
  if (shown === 'other text' || text === 'other text') return 'spliced';
  if (text === 'whole' || calls > 0) return 'rescued';
  return text === 'part' ? 'truncated as success' : 'empty as success';
}
