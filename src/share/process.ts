import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { childFile, readBoth } from '../child-file.ts';
import { packageRoot } from '../config/find.ts';
import { DrillError, EXIT, type Problem } from '../core/errors.ts';
import type { JudgedDrill, TaskReport } from '../core/report.ts';
import { stopOf } from '../core/stop.ts';
import { Kept, TASKS } from '../judge/kept.ts';
import { unname } from '../judge/temporary-file.ts';
import type { Shares } from '../opened.ts';
import { movedBy } from '../run/in-order.ts';
import type { Plan, RunBlock } from '../run/plan.ts';
import { inherited, lines } from '../world/child-lines.ts';
import { MESSAGES, type Order, type Start } from './messages.ts';

/** Starts the others of `count` processes; this one is the first. */
export function openShares(start: Start, env: NodeJS.ProcessEnv, count: number, print: (text: string) => void): Shares {
  const others = Array.from({ length: count - 1 }, () => startShare(start, env, print));
  // What is run here costs no process, and is taken first.
  const free: (Share | undefined)[] = [...others, undefined];
  const waiting: ((share: Share | undefined) => void)[] = [];
  const take = async () =>
    free.length > 0 ? free.pop() : new Promise<Share | undefined>((resolve) => waiting.push(resolve));
  function giveBack(share: Share | undefined): void {
    const next = waiting.shift();
    if (next === undefined) free.push(share);
    else next(share);
  }
  return {
    ahead: 2 * count,
    async seed(seed, signal, here) {
      const share = await take();
      const result = share === undefined ? here(seed) : share.play({ seed }, signal, () => {}).then(JSON.parse);
      return result.finally(() => giveBack(share));
    },
    async drill(plan, around, here) {
      const share = await take();
      // Who hands all on plays only when nothing waits for that; the others do not wait for their turn.
      if (share === undefined) return here(plan, around).finally(() => giveBack(share));
      const begin: typeof around.begin = (go) => around.begin(go).finally(() => giveBack(share));
      return playedBy(share, plan, { ...around, begin });
    },
    async end() {
      await Promise.all(others.map((share) => share.end()));
    },
  };
}

/** Numbers what a share tells, once it is its turn. */
async function playedBy(
  share: Share,
  { drill: { drill } }: Plan,
  { begin, signal, sink, keep, turn }: Parameters<RunBlock>[1],
): Promise<JudgedDrill> {
  const file = childFile((path) => openSync(path, 'wx+', 0o600));
  const tasks = new Kept<TaskReport>(TASKS, 'checks');
  const early: string[] = [];
  let hear = (line: string): void => void early.push(line);
  const told = turn.then((from) => {
    const move = movedBy(from);
    const reader = readBoth(file, (line) => {
      const value = JSON.parse(line.slice(line.indexOf(' ')));
      if (line.startsWith('event')) sink({ ...value, seq: value.seq + from });
      else if (line.startsWith('body')) keep?.(value);
      else tasks.push({ ...value, checks: value.checks.map(move) });
    });
    hear = (line) => (/^\d/.test(line) ? reader.readUpTo(Number(line)) : reader.say(line));
    for (const line of early.splice(0)) hear(line);
    return { move, reader };
  });
  // Where the run ends before its turn, this process has not ended yet.
  told.catch(() => {});
  /** What was told is handed on, also by one that was broken off. */
  async function end() {
    if (file !== undefined) unname(file.path);
    try {
      const { reader, move } = await told;
      await reader.end();
      return { move, lost: reader.lost };
    } finally {
      file?.close();
    }
  }
  const play = () => share.play({ drill, into: file?.path }, signal, (line) => hear(line));
  const judged = await begin(play).then(JSON.parse, async (error) => {
    await end();
    throw error;
  });
  const { move, lost } = await end();
  if (lost) throw shareLost('what it did could not be read again');
  return { ...judged, checks: judged.checks.map(move), tasks };
}

interface Share {
  /** Resolves to what it came to; `hear` gets all that is told before. */
  play(order: Order, signal: AbortSignal, hear: (line: string) => void): Promise<string>;
  end(): Promise<void>;
}

function startShare(start: Start, env: NodeJS.ProcessEnv, print: (text: string) => void): Share {
  const child = spawn(process.execPath, [...inherited(), join(packageRoot(), 'bin/share.js')], {
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
    env,
  });
  const [orders, told] = [child.stdin as Writable, child.stdio[MESSAGES] as Readable];
  const order = (one: Start | Order) => void orders.write(`${JSON.stringify(one)}\n`);
  // One that has ended takes no orders; that it ended is told by its end.
  orders.on('error', () => {});
  order(start);
  let hear: (line: string) => void = () => {};
  const lost = lossOf(child);
  lines(told, (line) => {
    if (line.startsWith('print ')) print(JSON.parse(line.slice(6)));
    else hear(line);
  });
  return {
    async play(one, signal, listener) {
      signal.throwIfAborted();
      const stop = () => {
        const by = stopOf(signal)?.by;
        if (by === undefined) child.kill('SIGKILL');
        else order({ stop: by });
      };
      signal.addEventListener('abort', stop);
      try {
        const done = new Promise<string>((resolve, reject) => {
          hear = (line) => {
            if (line.startsWith('done ')) resolve(line.slice(5));
            else if (line.startsWith('failed ')) reject(errorOf(JSON.parse(line.slice(7))));
            else listener(line);
          };
        });
        order(one);
        return await Promise.race([done, lost]);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    end() {
      child.kill('SIGKILL');
      return lost.catch(() => {});
    },
  };
}

const errorOf = ({ problems, exit, why }: { problems?: readonly Problem[]; exit?: number; why?: string }) =>
  problems === undefined ? new Error(why) : new DrillError(problems, exit);

/** Rejects when the process has ended. */
function lossOf(child: ChildProcess): Promise<never> {
  const lost = new Promise<never>((_, reject) => {
    const tell = (how: string) => reject(shareLost(`it ended: ${how}`));
    child.once('error', ({ message }) => tell(message));
    child.once('close', (code, signal) => tell(signal ?? `exit code ${code}`));
  });
  lost.catch(() => {});
  return lost;
}

const shareLost = (why: string) =>
  new DrillError(
    {
      message: `a process that took a share of the run was lost: ${why}`,
      place: { file: '--jobs' },
      fix: 'Use --jobs 1.',
    },
    EXIT.inconclusive,
  );
