import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { childFile, readBoth } from '../child-file.ts';
import { packageRoot } from '../config/find.ts';
import type { BodyLine } from '../core/bodies.ts';
import type { TraceEvent } from '../core/trace.ts';
import { openTemporary } from '../judge/temporary-file.ts';
import { isRecord, parseJson } from '../text/json.ts';
import { inherited, lines } from '../world/child-lines.ts';
import { originals } from '../world/originals.ts';
import { BEATS, ORDERS, type Order, type Start, WORDS, type Word } from './messages.ts';

/** How a player's process came to its end, where it did not play to the end. */
export interface Lost {
  why: string;
  /** The file or package whose code it was, where that is known. */
  by?: string;
}

/** What a player says: an event of its trace, what was said there, or a word beside it. */
export type Message = TraceEvent | Word | BodyLine;

/** A player's process: it is handed the start when it is made, and the order when there is one. */
export interface PlayerProcess {
  /** Who hears it from now on; what came before there was anybody is heard first. */
  listen(hear: (message: Message) => void): void;
  send(order: Order): void;
  kill(): void;
  /** Resolves when it has ended and all that it said was heard. */
  ended: Promise<Lost | undefined>;
}

/** So many characters of one line of a target's output are shown at once. */
const LONGEST_LINE = 16 * 1024;

const LOOK_MS = 1000;
/** Longer than the player itself takes to find out whose code blocks it. */
const MORE_LOOKS = 5;

/**
 * Kills a player whose heart has stopped beating: a process that was stopped, or in which even the watch is blocked. Looks are
 * counted and not time, because this process may be stopped or busy itself. Returns how to ask whether it came to that.
 */
function listenForLife(child: ChildProcess, limitMs: number, onBeat: () => void): () => Lost | undefined {
  let [looks, stopped] = [Number.NEGATIVE_INFINITY, false];
  // One that is held by a debugger never begins.
  const pipes: readonly (Readable | Writable | null | undefined)[] = child.stdio;
  pipes[BEATS]?.on('data', () => {
    looks = 0;
    onBeat();
  });
  const timer = originals.setInterval(() => {
    looks += 1;
    stopped ||= looks > limitMs / LOOK_MS + MORE_LOOKS;
    if (stopped) child.kill('SIGKILL');
  }, LOOK_MS);
  timer.unref();
  child.once('close', () => originals.clearInterval(timer));
  return () => (stopped ? { why: `the target's process stopped: no sign of life for ${limitMs / 1000} s` } : undefined);
}

export function startPlayer(start: Omit<Start, 'parent' | 'appends'>, print: (line: string) => void): PlayerProcess {
  const kept = childFile((path) => openTemporary(path, 'ax+'));
  const child = spawn(process.execPath, [...inherited(), join(packageRoot(), 'bin/player.js')], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', kept?.fd ?? 'ignore'],
    env: process.env,
  });
  const [orders, words] = [child.stdio[ORDERS] as Writable, child.stdio[WORDS] as Readable];
  // A player that has ended takes no orders; that it ended is told by its end.
  orders.on('error', () => {});
  const all: Start = { ...start, parent: process.pid, appends: kept !== undefined };
  orders.write(`${JSON.stringify(all)}\n`);
  for (const output of [child.stdout, child.stderr]) lines(output, print, LONGEST_LINE);
  let hear: ((message: Message) => void) | undefined;
  let last: Word | undefined;
  const early: Message[] = [];
  const take = (line: string) => {
    const message = messageIn(line);
    if ('player' in message && message.player !== 'changed') last = message;
    if (hear === undefined) early.push(message);
    else hear(message);
  };
  const reader = readBoth(kept, take);
  lines(words, (word) => {
    reader.readUpTo();
    if (word !== '') reader.say(word);
  });
  // One that is blocked cannot tell of its last events, which are those that matter then.
  const stopped = listenForLife(child, start.stuckAfterMs, () => reader.readUpTo());
  const ended = new Promise<Lost | undefined>((resolve, reject) => {
    const end = (lost: Lost | undefined) => {
      kept?.close();
      resolve(lost);
    };
    child.once('error', ({ message }) => end({ why: `its process could not be started: ${message}` }));
    child.once('close', (code, signal) => {
      // It may have ended before it told of its last events.
      reader.readUpTo();
      reader.end().then(() => end(stopped() ?? lostBy(last, code, signal, start.stuckAfterMs)), reject);
    });
  });
  return {
    listen(listener) {
      hear = listener;
      for (const message of early.splice(0)) listener(message);
    },
    send: (order) => void orders.write(`${JSON.stringify(order)}\n`),
    kill: () => void child.kill('SIGKILL'),
    ended,
  };
}

/** What can be no message was written by the target, into our pipe or file. */
export const FOREIGN = { player: 'broke', why: 'it wrote where its process tells what it does' } as const;

function messageIn(line: string): Message {
  const message: unknown = parseJson(line);
  const ours = isRecord(message) && ['player', 'kind', 'body', 'call'].some((key) => key in message);
  return ours ? (message as unknown as Message) : FOREIGN;
}

/** Undefined where it played to the end, or said itself why it did not. */
function lostBy(last: Word | undefined, code: number | null, signal: string | null, limitMs: number): Lost | undefined {
  if (last?.player === 'done' || last?.player === 'failed') return undefined;
  if (last?.player === 'held')
    return { why: `the target blocked the event loop for ${limitMs / 1000} s`, by: last.held.by };
  if (last?.player === 'broke') return { why: `the target broke what plays it: ${last.why}` };
  if (signal === 'SIGABRT')
    return {
      why: 'the target ended its process: it aborted, ran out of memory, or its native code blocked the event loop',
    };
  return { why: `the target ended its process (${signal ?? `exit code ${code}`})` };
}
