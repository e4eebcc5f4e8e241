import { trialsOf } from './config/alternatives.ts';
import { GoldenTask } from './core/golden-task.ts';
import type { Fault } from './core/plugin.ts';
import { createTrigger } from './core/trigger.ts';
import type { NewEvent } from './core/trace.ts';
import { faults } from './faults/index.ts';
import { protocols } from './protocols/index.ts';
import { SURFACES, type Got, type Surface, TOOL } from './sdk-surfaces.fixture.ts';
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

/** Whatever can happen to the reply of a model. */
export const TRIALS: Trial[] = faults.flatMap((fault) =>
  fault.kind === 'tool'
    ? []
    : trialsOf(fault).map((params) => ({ name: called(fault.name, params), fault, params })),
);

/** With these the client waits for a second, and not for as long as it would. */
const TIMED = ['hang', 'stall'];
const TIMEOUT_MS = 1000;

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

/** How much of the answer it is. `other` is no beginning of it: with a hole, doubled, or of other words. */
export type Share = 'whole' | 'part' | 'other text' | 'no text';

export interface Reaction {
  /** Requests over HTTP. */
  attempts: number;
  /** Virtual milliseconds. */
  ms: number;
  /** Whether the fault found anything to act on. */
  fired: boolean;
  /** What a user saw, or was given. */
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
  const whole = SCRIPT.answer;
  return text === whole ? 'whole' : whole.startsWith(text) ? 'part' : 'other text';
}

/** Puts a fault before a surface, on every call or on the first alone; the tool of the task is offered or not. */
async function meet(surface: Surface, { fault, params }: Trial, tools: boolean, once: boolean): Promise<Reaction> {
  const events: NewEvent[] = [];
  const unhandled: string[] = [];
  const world = createVirtualWorld({
    seed: 7,
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
  let ended = 0;
  await world.run(() =>
    world.enter({ ask: 1, task: GOLDEN.name, tenant: GOLDEN.tenant }, async () => {
      const forget = onCrash(({ error, what }) => {
        unhandled.push(error === undefined ? what : classOf(error));
        return true;
      });
      const asked = surface.ask({
        prompt: GOLDEN.input,
        tools,
        timeout: TIMED.includes(fault.name) ? TIMEOUT_MS : undefined,
        show: (text) => {
          shown += text ?? '';
        },
      });
      const work = asked.then(
        (got) => {
          reaction = given(got);
          ended = world.clock.now();
        },
        (error: unknown) => {
          reaction = { error: classOf(error) };
          ended = world.clock.now();
        },
      );
      await Promise.race([work, world.clock.sleep(LONG_MS)]);
      // What nobody handles is told after the turn in which it happened.
      await world.clock.sleep(1000);
      forget();
    }),
  );
  const attempts = events.filter(({ kind }) => kind === 'call').length;
  const fired = events.some(({ kind }) => kind === 'fault-fired');
  return { attempts, ms: ended, fired, unhandled, text: shareOf(shown), calls: 0, ...reaction };
}

function given({ text, finish, calls = [], value, errors = [] }: Got): Partial<Reaction> {
  const [error] = errors;
  return {
    text: shareOf(text),
    calls: calls.length,
    ...(finish && { finish }),
    ...(value !== undefined && { value: typeof value }),
    ...(errors.length > 0 && { error: classOf(error), told: true }),
  };
}

/** One cell of the table; undefined where the fault has nothing to act on. */
export interface Cell {
  always: Reaction;
  /** The same where only the first call is hit, for those who call again. */
  once: Reaction | undefined;
}

async function cellOf(surface: Surface, trial: Trial): Promise<Cell | undefined> {
  const needs = trial.fault.needsOf(trial.params);
  if (needs === 'stream' && !surface.stream) return undefined;
  for (const tools of needs === 'tools' ? [true] : [false, true]) {
    const always = await meet(surface, trial, tools, false);
    if (!always.fired) continue;
    return { always, once: always.attempts > 1 ? await meet(surface, trial, tools, true) : undefined };
  }
  return undefined;
}

export async function reactions(): Promise<Map<string, Map<string, Cell>>> {
  const table = new Map<string, Map<string, Cell>>();
  for (const surface of SURFACES) {
    const cells = new Map<string, Cell>();
    table.set(`${surface.sdk}: ${surface.name}`, cells);
    for (const trial of TRIALS) {
      const cell = await cellOf(surface, trial);
      if (cell !== undefined) cells.set(trial.name, cell);
    }
  }
  return table;
}

/** A cell in words, without the time it took. */
export function sayReaction({ attempts, text, error, told, hung, finish, calls, value, unhandled }: Reaction): string {
  const got = [
    value ?? (calls > 0 && text === 'no text' ? `${calls} call${calls === 1 ? '' : 's'}` : text),
    ...(finish === undefined ? [] : [finish]),
  ].join(', ');
  const seen = text === 'no text' ? '' : `${text}, then `;
  const end = hung ? `${seen}hung` : error === undefined ? got : told ? `${got}, error part ${error}` : `${seen}${error}`;
  return `${attempts}× ${end}${unhandled.map((one) => ` + unhandled ${one}`).join('')}`;
}
