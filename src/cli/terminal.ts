import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT, orElse } from '../core/errors.ts';
import type { Output } from '../core/plugin.ts';
import type { Screen } from '../core/screen.ts';
import { originals } from '../world/originals.ts';

/** Where a command runs: its folder, its streams, and what they can show. */
export interface Terminal {
  cwd: string;
  stdout: Output;
  stderr: Output;
  color: boolean;
  /** Characters a line. */
  columns: number;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  env: Record<string, string | undefined>;
  /** Where standard output is a terminal. */
  screen?: Screen | undefined;
  /** From then on the command ends by itself after Ctrl-C, however long that takes; a second one still ends it at once. */
  patient?: () => void;
  /** Asks whoever sits there; absent where nobody does. */
  confirm?: (question: string) => Promise<boolean>;
  /** Plays targets of the user's own in this process too: for tests in which a process each would prove nothing. */
  inside?: boolean;
}

const DEFAULT_COLUMNS = 100;
const LEAST_COLUMNS = 30;

/**
 * So often a cancelled run gets its turn before it is ended, after so many real milliseconds each. Turns are counted and
 * not time, because on a slow or busy machine reports take longer; a target that never lets go does not get more.
 */
const GRACE = { turns: 8, everyMs: 100 };

/** The terminal of this process. A second Ctrl-C ends it at once. */
export function processTerminal(): Terminal {
  const interrupt = new AbortController();
  const onTerminal = [0, 1, 2].some((fd) => isatty(fd));
  let patient = false;
  const interrupted = () => {
    interrupt.abort(new Error('interrupted'));
    let turns = 0;
    const turn = () => patient || ++turns < GRACE.turns || originals.exit(EXIT.interrupted);
    originals.setInterval(turn, GRACE.everyMs).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  let hungUp = false;
  // It comes more than once, and nobody is impatient: the kernel tells the group of its terminal, and a shell hands it on.
  process.on('SIGHUP', () => {
    if (hungUp) return;
    hungUp = true;
    process.once('exit', (code) => hangUp(code, onTerminal));
    interrupted();
  });
  const { env, stdout } = process;
  const screen = stdout.isTTY && inForeground() ? screenOn(stdout) : undefined;
  return {
    cwd: process.cwd(),
    stdout: unlessTaken('stdout', heard(stdout, interrupt.signal), screen),
    stderr: unlessTaken('stderr', heard(process.stderr, interrupt.signal), screen),
    screen,
    color: wantsColor(env, stdout.isTTY === true),
    columns: columnsOf(env, stdout.columns),
    signal: interrupt.signal,
    patient: () => {
      patient = true;
    },
    env,
    ...(isatty(0) && isatty(2) && { confirm }),
  };
}

/** Whether the answer to a question is yes; no answer is none. */
async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.once('close', () => resolve(false));
    lines.question(question, (answer) => {
      resolve(/^y(es)?$/i.test(answer.trim()));
      lines.close();
    });
  });
}

/** https://no-color.org and its opposite, FORCE_COLOR. */
export function wantsColor(env: Record<string, string | undefined>, isTerminal: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

/** `COLUMNS` counts for more than what the terminal says, and for output that goes elsewhere. */
export function columnsOf(env: Record<string, string | undefined>, seen: number | undefined): number {
  const wanted = /^\d{2,3}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : seen;
  return Math.max(LEAST_COLUMNS, wanted || DEFAULT_COLUMNS);
}

/** The reader of our output has left (`drill list | head -1`, a closed terminal), which is no error. */
const GONE = ['EPIPE', 'ERR_STREAM_DESTROYED'];

/**
 * What cannot be shown is no reason to lose the run: it goes on, and ends as one that could not be written. A stream tells
 * of it later, when the command may be over.
 */
function heard(stream: NodeJS.WriteStream, interrupt: AbortSignal): Output {
  let told = false;
  const hear = (error?: NodeJS.ErrnoException | null) => {
    const { code = '', message } = error ?? {};
    if (!error || told || GONE.includes(code) || (interrupt.aborted && code === 'EIO')) return;
    told = true;
    process.stderr.write(`error: the output cannot be written: ${message}\n  fix: Send it elsewhere.\n`);
    process.once('exit', (given) => {
      if (given !== EXIT.interrupted) process.exitCode = EXIT.invalid;
    });
  };
  stream.on('error', hear);
  return { write: (text) => void stream.write(text, hear) };
}

function screenOn(stdout: NodeJS.WriteStream): Screen {
  return {
    stdout,
    stdin: () => process.stdin,
    interrupt: () => process.kill(process.pid, 'SIGINT'),
    suspend(resumed) {
      process.once('SIGCONT', resumed);
      // The whole group, as a terminal does it.
      process.kill(0, 'SIGTSTP');
    },
    isOurs: inForeground,
    taken: undefined,
  };
}

/** Whether the terminal is with this process's group, and not with the shell that runs it in the background; Linux tells. */
function inForeground(): boolean {
  if (process.platform !== 'linux') return true;
  const stat = orElse(() => readFileSync('/proc/self/stat', 'utf8'), '');
  const [, , group, , , withTerminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === withTerminal;
}

/** What is written goes to the stream, or above what is drawn on the terminal. */
const unlessTaken = (name: 'stdout' | 'stderr', stream: Output, screen: Screen | undefined): Output => ({
  write: (text) => (screen?.taken === undefined ? stream.write(text) : screen.taken(text, name)),
});

/** Ends the process as one whose terminal has gone. */
function hangUp(code: number, onTerminal: boolean): void {
  // Node wants to give a terminal back as it was and aborts where it is gone; of the signal a shell says the same.
  if (onTerminal) {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }
  if (code === EXIT.interrupted) process.exitCode = EXIT.hungUp;
}
