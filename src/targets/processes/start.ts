import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { execa, parseCommandString } from 'execa';
import type { Clock } from '../../core/clock.ts';
import { orElse } from '../../core/errors.ts';
import { unguessable } from '../../world/index.ts';
import { environmentFor, MARKER } from './environment.ts';
import { killGroup, sweep, tellKeeper } from './sweep.ts';

export interface Command {
  /** Words, or one line; a shell reads the line only where that is asked for. */
  command: string | readonly string[];
  cwd: string;
  shell?: boolean | undefined;
  /** Variables beside those that every process has. */
  env: Readonly<Record<string, string>>;
}

/** How a process ended, in words. */
export interface Ended {
  how: string;
  /** It ended by itself, and says that all went well. */
  well: boolean;
}

/** A process in a group of its own. It ends with ours, and with it whatever it has started. */
export interface Process {
  write(text: string): void;
  /** Nothing more is written. */
  end(): void;
  /** Resolves when it has ended and what it had written was read; what it has started may hold on to its pipes. */
  ended: Promise<Ended>;
  /** Asks it to end, and after a while makes it; resolves when nothing of it is left. */
  stop(): Promise<void>;
}

export interface Hearing {
  out(text: string): void;
  err(text: string): void;
}

/**
 * So long a process may take to end by itself when it is asked to, in milliseconds. A run that was interrupted writes its
 * reports after that, and has not much longer.
 */
const GRACE_MS = 500;
/** So long after its end is waited for what may still be in its pipes. */
const REST_MS = 250;

/** The processes of one world. */
export interface Nursery {
  /** What cannot be started is told as its end. */
  start(command: Command, hear: Hearing): Process;
  /** Stops them all, and whatever they have started, wherever it has gone. */
  close(): Promise<void>;
}

export function openNursery(clock: Clock): Nursery {
  const mark = unguessable();
  tellKeeper('mark', mark);
  const all = new Set<Process>();
  return {
    start(command, hear) {
      const one = start({ ...command, env: { ...command.env, [MARKER]: mark } }, hear, clock);
      all.add(one);
      return { ...one, stop: () => one.stop().finally(() => all.delete(one)) };
    },
    async close() {
      await Promise.all([...all].map((one) => one.stop()));
      sweep(mark);
    },
  };
}

const wordsOf = ({ command, shell }: Pick<Command, 'command' | 'shell'>): readonly string[] =>
  typeof command !== 'string' ? command : shell ? [command] : parseCommandString(command);

/** Why there is nothing to start, if there is not; what a shell will find is not known before. */
export function whyNotFound({ command, shell, cwd }: Omit<Command, 'env'>): string | undefined {
  if (!isFolder(cwd)) return `there is no folder ${cwd}`;
  const [file = ''] = wordsOf({ command, shell });
  if (shell || process.platform === 'win32') return undefined;
  const places = /\//.test(file) ? [cwd] : (process.env['PATH'] ?? '').split(delimiter);
  return places.some((place) => canRun(resolve(cwd, place, file))) ? undefined : `there is no command ${file}`;
}

const canRun = (path: string): boolean =>
  orElse(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  }, false);

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function start({ command, cwd, shell = false, env }: Command, hear: Hearing, clock: Clock): Process {
  const [file = '', ...words] = wordsOf({ command, shell });
  const child = execa(file, words, {
    ...{ cwd, shell, detached: true, reject: false, buffer: false, cleanup: false, extendEnv: false },
    env: environmentFor(process.env, env),
    stdin: 'pipe',
  });
  // What it says of its end is heard below.
  child.catch(() => {});
  const { pid } = child;
  if (pid !== undefined) tellKeeper('add', pid);
  const piped = [read(child.stdout, hear.out), read(child.stderr, hear.err)];
  child.stdin.on('error', () => {});
  let failed: string | undefined;
  const exited = new Promise<Ended>((resolve) => {
    child.once('error', (error) => {
      failed ??= `it could not be started: ${sayWhy(error, file)}`;
      resolve({ how: failed, well: false });
    });
    child.once('exit', (code, signal) => resolve({ how: failed ?? sayExit(code, signal), well: code === 0 }));
  });
  const ended = exited.then(async (end) => {
    await atMost(REST_MS, Promise.all(piped), clock);
    return end;
  });
  return {
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    ended,
    async stop() {
      if (pid === undefined) return;
      killGroup(pid, 'SIGTERM');
      await atMost(GRACE_MS, exited, clock);
      killGroup(pid, 'SIGKILL');
      await exited;
      tellKeeper('del', pid);
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

function read(stream: Readable, hear: (text: string) => void): Promise<void> {
  stream.setEncoding('utf8');
  stream.on('data', hear);
  stream.on('error', () => {});
  return new Promise((resolve) => stream.once('close', resolve));
}

/** Waits for something, and no longer than `ms`. */
export async function atMost(ms: number, what: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  await Promise.race([what, clock.sleep(ms, over.signal).catch(() => {})]);
  over.abort();
}

function sayWhy(error: Error, file: string): string {
  return 'code' in error && error.code === 'ENOENT' ? `there is no command ${file}` : error.message;
}

const sayExit = (code: number | null, signal: string | null) =>
  signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`;
