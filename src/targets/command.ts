import { z } from 'zod';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget, TargetKind } from '../core/plugin.ts';
import type { Sockets } from '../core/sockets.ts';
import { CommandParams } from '../core/target-params.ts';
import { parseJson } from '../text/json.ts';
import { outcomeIn } from './mapping.ts';
import type { Hearing, Process } from './processes/start.ts';

/** More than any answer; the rest of what a process writes is not kept. */
const MOST_CHARACTERS = 1_000_000;
const TOO_MUCH = 'it wrote more than 1 MB';

export const command: TargetKind = {
  name: 'command',
  summary: 'A program in any language; it is started by drill, finds its models on sockets and runs in wall time.',
  params: CommandParams,
  example: "my-agent: { command: 'python3 agent.py' }",
  open(raw) {
    const { cwd, ...params } = CommandParams.extend({ cwd: z.string() }).parse(raw);
    const about = typeof params.command === 'string' ? params.command : params.command.join(' ');
    return {
      ...{ name: about, kind: 'command', about, wall: true },
      load: async () => ({ start: (habitat) => started(params, params.folder ?? cwd, habitat) }),
    };
  },
};

async function started(
  params: z.output<typeof CommandParams>,
  cwd: string,
  { sockets, clock }: Habitat,
): Promise<RunningTarget> {
  if (sockets === undefined) throw new Error('a command needs sockets');
  const { openNursery } = await import('./processes/start.ts');
  const nursery = openNursery(clock);
  const { command, shell, lives, marker } = params;
  const start: Start = (task, hear) =>
    nursery.start({ command, shell, cwd, env: { ...sockets.env(task), ...params.env } }, hear);
  const run = lives === 'run' ? new Lines(start, sockets) : new Apart(start, sockets);
  return {
    async ask(task, signal) {
      const told = {
        ...(marker ? sockets.marked(task) : task),
        ...(lives === 'run' && { headers: sockets.headers(task) }),
      };
      const outcome = await run.ask(told, signal);
      return marker ? sockets.unmarked(outcome) : outcome;
    },
    close: () => nursery.close(),
  };
}

type Start = (task: Task | undefined, hear: Hearing) => Process;

/** A process for each task. */
class Apart {
  readonly #start: Start;
  readonly #print: Sockets['print'];

  constructor(start: Start, { print }: Sockets) {
    this.#start = start;
    this.#print = print;
  }

  async ask(task: Task, signal: AbortSignal): Promise<Outcome> {
    let said = '';
    let excess = false;
    let last = '';
    const one = this.#start(task, {
      out(text) {
        excess ||= said.length + text.length > MOST_CHARACTERS;
        if (!excess) said += text;
      },
      err: (text) => {
        this.#print(text);
        last = (last + text).slice(-LAST_WORDS);
      },
    });
    try {
      one.write(`${JSON.stringify(task)}\n`);
      one.end();
      const end = await unlessAborted(one.ended, signal);
      if (excess) return failed(TOO_MUCH);
      if (!end.well) return failed([end.how, lastLine(last)].filter(Boolean).join(': '));
      return outcomeOf(said);
    } finally {
      await one.stop();
    }
  }
}

/** One process for all tasks: a line each way. */
class Lines {
  readonly #process: Process;
  readonly #open = new Map<string, (outcome: Outcome) => void>();
  readonly #print: Sockets['print'];
  #rest = '';
  #last = '';
  #ended: string | undefined;

  constructor(start: Start, { print }: Sockets) {
    this.#print = print;
    this.#process = start(undefined, {
      out: (text) => this.#hear(text),
      err: (text) => {
        print(text);
        this.#last = (this.#last + text).slice(-LAST_WORDS);
      },
    });
    this.#process.ended.then(({ how }) => {
      this.#ended = [how, lastLine(this.#last)].filter(Boolean).join(': ');
      for (const settle of this.#open.values()) settle(failed(this.#ended));
    });
  }

  async ask(task: Task, signal: AbortSignal): Promise<Outcome> {
    if (this.#ended !== undefined) return failed(this.#ended);
    const answer = new Promise<Outcome>((resolve) => this.#open.set(task.id, resolve));
    this.#process.write(`${JSON.stringify(task)}\n`);
    try {
      return await unlessAborted(answer, signal);
    } catch (error) {
      this.#process.write(`${JSON.stringify({ cancel: task.id })}\n`);
      throw error;
    } finally {
      this.#open.delete(task.id);
    }
  }

  #hear(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, MOST_CHARACTERS + 1);
    for (const line of lines) this.#take(line);
  }

  /** An outcome says by `id` whose it is; without one it is that of the task that waits longest. */
  #take(line: string): void {
    const said = outcomeIn(line);
    const id = said !== undefined && 'id' in said ? said.id : undefined;
    const settle = typeof id === 'string' ? this.#open.get(id) : [...this.#open.values()][0];
    if (said === undefined || settle === undefined) this.#print(`${line}\n`);
    else settle(line.length > MOST_CHARACTERS ? failed(TOO_MUCH) : withoutId(said));
  }
}

/** What a process wrote: an outcome, an object with an answer, a JSON string or plain text. */
function outcomeOf(said: string): Outcome {
  const text = said.trim();
  if (text === '') return failed('it wrote nothing');
  const json = parseJson(text);
  return outcomeIn(text) ?? { kind: 'answered', answer: typeof json === 'string' ? json : text };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

const withoutId = ({ id: _, ...outcome }: Outcome & { id?: unknown }): Outcome => outcome;
const LAST_WORDS = 2000;
const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
const failed = (error: string): Outcome => ({ kind: 'failed', error });
