import fs from 'node:fs';
import { codeOf, DrillError, messageOf } from '../core/errors.ts';
import type { TraceEvent } from '../core/trace.ts';
import { equip } from '../equip.ts';
import { createSequence } from '../recording/recorder.ts';
import { createRedaction } from '../redaction/redact.ts';
import { garbageCollector } from '../run/collect.ts';
import { playWorld } from '../run/play.ts';
import { compiler, isPlain } from '../targets/evaluate.ts';
import { openFirst } from '../targets/module.ts';
import { finderOf } from '../text/patterns.ts';
import { originals } from '../world/originals.ts';
import { route } from '../world/route.ts';
import { pauseWatch, watchThread } from '../world/watchdog.ts';
import { watchIntrinsics } from './intrinsics.ts';
import { BEATS, EVENTS, ORDERS, type Order, type Start, WORDS, type Word } from './messages.ts';
import { type Lines, linesTo } from './outbox.ts';

// Taken before any code of the target runs.
const { parse, stringify } = JSON;
const { readSync, writeSync } = fs;
const { wait } = Atomics;
const changed = watchIntrinsics();

/** Plays one world, as it is told to by whoever started this process, and ends the process with it, after `onEnd`. */
export async function serve(onEnd: () => void): Promise<void> {
  const start: Start = parse(nextLine());
  const { facts, name, source, secrets, stuckAfterMs, parent, collectEvery, bodies, plugins } = start;
  const redaction = createRedaction({ literals: secrets.literals, finders: secrets.patterns.map(finderOf) });
  outbox = start.appends ? linesTo(EVENTS) : undefined;
  const watch = { limitMs: stuckAfterMs, parent, pipe: BEATS, outbox: outbox?.shared };
  if (!watchThread(watch, (held) => say({ player: 'held', held }))) newsMs = 0;
  // It may be itself that it ends.
  const { kill } = process;
  route(process, 'kill', (...args: Parameters<typeof kill>) => {
    flush();
    return Reflect.apply(kill, process, args);
  });
  const target = { ...openFirst(source), name };
  // Our own work is none of the world's.
  if (!isPlain(source.module)) await compiler();
  const known = plugins.length === 0 ? undefined : await (await import('../plugins.ts')).playedWith(plugins);
  const collect = collectEvery === undefined ? undefined : garbageCollector();
  let seen = 0;
  const sink = (event: TraceEvent) => {
    keep(stringify(event));
    seen += 1;
    if (collectEvery !== undefined && seen % collectEvery === 0) collect?.();
  };
  try {
    await playWorld(
      facts,
      target,
      ({ declares, roles, notices }) => {
        sayChanged();
        say({ player: 'loaded', said: { declares, roles, notices } });
        const { data, chain }: Order = pauseWatch(() => parse(nextLine()));
        return { plan: equip(data, redaction, undefined, known), chain };
      },
      {
        sequence: createSequence(0),
        sink,
        keep: bodies ? (line) => keep(stringify(line)) : undefined,
        print,
        signal: new AbortController().signal,
      },
    );
    sayChanged();
    say({ player: 'done' });
  } catch (error) {
    sayChanged();
    say(wordOf(error));
  }
  onEnd();
  try {
    originals.exit(0);
  } catch (error) {
    // Everything has been sent: the process ends, whatever the target's listener did.
    print(`a listener for 'exit' threw: ${messageOf(error)}\n`);
    originals.exit(0);
  }
}

function wordOf(error: unknown): Word {
  if (!(error instanceof DrillError)) return { player: 'broke', why: messageOf(error) };
  const { problems, exitCode: exit } = error;
  return { player: 'failed', problems, exit };
}

const say = (word: Word) => write(stringify(word));

/** Written by hand: who has changed what makes JSON may have changed that it says so. */
function sayChanged(): void {
  const what = changed();
  if (what !== undefined) write(`{"player":"changed","what":"${what}"}`);
}

/** Real milliseconds for which what was kept waits until it is written and told of; none where no other thread sees to it. */
let newsMs = 5;
let toldAt = 0;
/** Where there is no file, or it cannot be written any more, the pipe takes all. */
let outbox: Lines | undefined;

function keep(line: string): void {
  try {
    outbox?.add(line);
  } catch {
    giveUpFile();
  }
  const now = originals.performanceNow();
  if (outbox !== undefined && now - toldAt < newsMs) return;
  toldAt = now;
  write(outbox === undefined ? line : '');
}

function flush(): void {
  try {
    outbox?.flush();
  } catch {
    giveUpFile();
  }
}

function giveUpFile(): void {
  const rest = outbox?.rest() ?? '';
  outbox = undefined;
  if (rest !== '') write(rest.slice(0, -1));
}

/** Where the other end has gone, so does this one. */
function write(line: string): void {
  flush();
  try {
    append(WORDS, line);
  } catch {
    originals.exit(0);
  }
}

const append = (to: number, line: string): void => writeAll(to, `${line}\n`);

/** Prints for the target. Where nobody reads it any more, the target must not fail by that. */
function print(text: string): void {
  try {
    writeAll(2, text);
  } catch {}
}

/** Milliseconds until a write to a full, non-blocking pipe is tried again. */
const RETRY_MS = 2;
/** Nobody notifies it: to wait for it is to sleep. */
const unnotified = new Int32Array(new SharedArrayBuffer(4));

function writeAll(to: number, text: string): void {
  const bytes = originals.bufferFrom(text);
  for (let done = 0; done < bytes.length; )
    try {
      done += writeSync(to, bytes, done);
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error;
      // A slow reader is not the target's doing.
      pauseWatch(() => wait(unnotified, 0, 0, RETRY_MS));
    }
}

let rest = originals.bufferAlloc(0);

/** The next line of orders; waits for it, and with it whatever the target has begun. */
function nextLine(): string {
  const chunk = originals.bufferAlloc(64 * 1024);
  const pieces = [rest];
  let end = rest.indexOf(10);
  while (end < 0) {
    const size = readSync(ORDERS, chunk, 0, chunk.length, null);
    if (size === 0) originals.exit(0);
    const piece = originals.bufferFrom(chunk.subarray(0, size));
    pieces.push(piece);
    end = piece.indexOf(10);
    if (end >= 0) end += pieces.slice(0, -1).reduce((sum, one) => sum + one.length, 0);
  }
  const all = Buffer.concat(pieces);
  rest = all.subarray(end + 1);
  return all.subarray(0, end).toString();
}
