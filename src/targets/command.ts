import { z } from 'zod';
import { DrillError, EXIT } from '../core/errors.ts';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget, TargetKind } from '../core/plugin.ts';
import type { Sockets } from '../core/sockets.ts';
import { CommandParams } from '../core/target-params.ts';
import { isRecord, parseJson } from '../text/json.ts';
import { whenAborted } from '../world/abort.ts';
import { outcomeIn } from './mapping.ts';
import { lastWords } from './processes/last-words.ts';
import type { Hearing, Nursery, Process } from './processes/start.ts';

/** More than any answer; the rest of what a process writes is not kept. */
const MOST_CHARACTERS = 1_000_000;
const TOO_MUCH = 'it wrote more than 1 MB';
/** What a process for all tasks may log between two outcomes; more is a flood, and whoever reads it does nothing else. */
const MOST_BETWEEN = 10_000_000;
const FLOOD = 'it wrote more than 10 MB that is no outcome';
/** So much of what processes say beside their outcomes is shown of one world. */
const MOST_SHOWN = 100_000;

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
  const { openNursery, whyNotFound } = await import('./processes/start.ts');
  const { command, shell, lives, marker } = params;
  const missing = whyNotFound({ command, shell, cwd });
  if (missing !== undefined)
    throw new DrillError(
      {
        message: `the target cannot be started: ${missing}`,
        place: { file: '--target' },
        fix: 'Name a program that is in PATH, or its path; what only a shell understands needs `shell: true`.',
      },
      EXIT.inconclusive,
    );
  const nursery = openNursery(clock);
  const start: Start = (task, hear) =>
    nursery.start({ command, shell, cwd, env: { ...sockets.env(task), ...params.env } }, hear);
  const told = { ...sockets, print: shortened(sockets.print) };
  const run = lives === 'run' ? new Lines(start, told) : apart(start, told);
  return running(run, marker, sockets, nursery);
}

/** One process for all tasks, a line each way; `env` makes its variables of those that the stand gives. */
export async function startLines(
  { command, cwd, env }: { command: string[]; cwd: string; env(given: Record<string, string>): Record<string, string> },
  { sockets, clock }: Pick<Habitat, 'sockets' | 'clock'>,
): Promise<RunningTarget> {
  if (sockets === undefined) throw new Error('a process needs sockets');
  const { openNursery } = await import('./processes/start.ts');
  const nursery = openNursery(clock);
  const start: Start = (_, hear) => nursery.start({ command, cwd, env: env(sockets.env()) }, hear);
  return running(new Lines(start, { ...sockets, print: shortened(sockets.print) }), false, sockets, nursery);
}

function running(
  run: Pick<RunningTarget, 'ask'>,
  marker: boolean | undefined,
  sockets: Sockets,
  nursery: Pick<Nursery, 'close'>,
): RunningTarget {
  return {
    async ask(task, signal) {
      const outcome = await run.ask(marker ? sockets.marked(task) : task, signal);
      return marker ? sockets.unmarked(outcome) : outcome;
    },
    close: () => nursery.close(),
  };
}

type Settle = (outcome: Outcome) => void;
type Start = (task: Task | undefined, hear: Hearing) => Process;

/** Shows no more than anybody reads, and says where it stops. */
function shortened(print: Sockets['print']): Sockets['print'] {
  let left = MOST_SHOWN;
  return (text) => {
    if (left <= 0) return;
    print(text.slice(0, left));
    left -= text.length;
    if (left <= 0) print('\n(it writes more, which is not shown)\n');
  };
}

/** A process for each task. */
function apart(start: Start, sockets: Sockets): Pick<RunningTarget, 'ask'> {
  const open = new Set<{ beside: number }>();

  async function answer(task: Task, signal: AbortSignal): Promise<Outcome> {
    const said = new Answer();
    const errors = lastWords(sockets.print);
    const one = start(task, { out: (text) => said.hear(text), err: errors.hear });
    try {
      one.write(`${JSON.stringify(task)}\n`);
      one.end();
      const end = await unlessAborted(Promise.race([one.ended, said.excess]), signal);
      if (end === undefined) return failed(TOO_MUCH);
      return end.well ? outcomeOf(said.text) : failed(errors.why(end));
    } finally {
      await one.stop();
    }
  }

  return {
    async ask(task, signal) {
      const own = { beside: 1 };
      open.add(own);
      const before = open.size;
      sockets.started(task, before);
      for (const one of open) one.beside = Math.max(one.beside, before);
      try {
        const outcome = await answer(task, signal);
        if (own.beside > before) sockets.started(task, own.beside);
        return outcome;
      } finally {
        open.delete(own);
      }
    },
  };
}

/** What a process writes, as long as it is no more than an answer. */
class Answer {
  text = '';
  #tell = () => {};
  /** Resolves as soon as it is more. */
  readonly excess = new Promise<undefined>((resolve) => {
    this.#tell = () => resolve(undefined);
  });

  hear(text: string): void {
    if (this.text.length + text.length <= MOST_CHARACTERS) this.text += text;
    else this.#tell();
  }
}

/** One process for all tasks: a line each way. */
class Lines {
  readonly #process: Process;
  readonly #open = new Map<string, Settle>();
  readonly #sockets: Sockets;
  #rest = '';
  /** What of the line in hand is more than any answer is dropped. */
  #excess = false;
  /** Characters since the last outcome. */
  #between = 0;
  /** Until it has said something, whoever asks waits for its start. */
  #heard = false;
  #ended: string | undefined;

  constructor(start: Start, sockets: Sockets) {
    this.#sockets = sockets;
    const errors = lastWords(sockets.print);
    this.#process = start(undefined, { out: (text) => this.#hear(text), err: errors.hear });
    this.#process.ended.then((end) => {
      this.#endLine();
      this.#end(errors.why(end));
    });
  }

  async ask(task: Task, signal: AbortSignal): Promise<Outcome> {
    if (this.#ended !== undefined) return failed(this.#ended);
    if (!this.#heard) this.#sockets.started(task, 1);
    const answer = new Promise<Outcome>((resolve) => this.#open.set(task.id, resolve));
    this.#process.write(`${JSON.stringify({ ...task, headers: this.#sockets.headers(task) })}\n`);
    try {
      return await unlessAborted(answer, signal);
    } catch (error) {
      this.#process.write(`${JSON.stringify({ cancel: task.id })}\n`);
      throw error;
    } finally {
      this.#open.delete(task.id);
    }
  }

  #end(why: string): void {
    this.#ended ??= why;
    for (const settle of this.#open.values()) settle(failed(this.#ended));
  }

  #hear(text: string): void {
    if (this.#ended !== undefined) return;
    this.#between += text.length;
    const [first = '', ...more] = text.split('\n');
    this.#add(first);
    for (const line of more) {
      this.#endLine();
      this.#add(line);
    }
    if (this.#between <= MOST_BETWEEN) return;
    this.#end(FLOOD);
    void this.#process.stop();
  }

  #add(piece: string): void {
    this.#excess ||= this.#rest.length + piece.length > MOST_CHARACTERS;
    this.#rest = this.#excess ? '' : this.#rest + piece;
  }

  #endLine(): void {
    const [line, excess] = [this.#rest, this.#excess];
    [this.#rest, this.#excess] = ['', false];
    if (excess) this.#longest()?.(failed(TOO_MUCH));
    else if (line.trim() !== '') this.#take(line);
  }

  /**
   * An outcome says by `id` whose it is; without one it is that of the task that waits longest. One that nobody waits for any
   * more is nobody's.
   */
  #take(line: string): void {
    const said = line.trimStart().startsWith('{') ? outcomeIn(line) : undefined;
    if (said === undefined) {
      this.#sockets.print(`${line}\n`);
      return;
    }
    this.#heard = true;
    this.#between = 0;
    const id = 'id' in said ? said.id : undefined;
    const settle = typeof id === 'string' ? this.#open.get(id) : this.#longest();
    settle?.(withoutId(said));
  }

  #longest(): Settle | undefined {
    return [...this.#open.values()][0];
  }
}

/** What a process wrote: an outcome, an object with an answer, a model's reply as it came, a JSON string or plain text. */
function outcomeOf(said: string): Outcome {
  const text = said.trim();
  if (text === '') return failed('it wrote nothing');
  const json = parseJson(text);
  const answer = typeof json === 'string' ? json : (replyIn(json) ?? text);
  return outcomeIn(text) ?? { kind: 'answered', answer };
}

/** The words of a chat completion: what `curl` leaves of it. */
function replyIn(json: unknown): string | undefined {
  const choices = isRecord(json) && Array.isArray(json['choices']) ? json['choices'] : [];
  const [first]: unknown[] = choices;
  const message = isRecord(first) ? first['message'] : undefined;
  return isRecord(message) && typeof message['content'] === 'string' ? message['content'] : undefined;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = whenAborted(signal, reject);
    promise.then(resolve, reject).finally(forget);
  });
}

const withoutId = ({ id: _, ...outcome }: Outcome & { id?: unknown }): Outcome => outcome;
const failed = (error: string): Outcome => ({ kind: 'failed', error });
