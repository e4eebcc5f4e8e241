import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { packageRoot } from '../config/find.ts';
import { DrillError, EXIT, type Problem } from '../core/errors.ts';
import type { JudgedDrill, TaskReport } from '../core/report.ts';
import { stopOf } from '../core/stop.ts';
import { Kept, TASKS } from '../judge/kept.ts';
import { createSpool } from '../judge/spool.ts';
import { temporaryFile } from '../judge/temporary-file.ts';
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
  async function taking<T>(work: (share: Share | undefined) => Promise<T>): Promise<T> {
    const share = free.length > 0 ? free.pop() : await new Promise<Share | undefined>((take) => waiting.push(take));
    try {
      return await work(share);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(share);
      else next(share);
    }
  }
  return {
    ahead: 2 * count,
    seed: (seed, signal, here) =>
      taking(async (share) =>
        share === undefined ? here(seed) : JSON.parse(await share.play({ seed }, signal, () => {})),
      ),
    drill: (plan, around, here) =>
      taking((share) => (share === undefined ? here(plan, around) : playedBy(share, plan, around))),
    async end() {
      await Promise.all(others.map((share) => share.end()));
    },
  };
}

const playedBy = (share: Share, { drill: { drill } }: Plan, around: Parameters<RunBlock>[1]) =>
  numbered((hear) => around.begin(() => share.play({ drill }, around.signal, hear)), around);

/** Numbers what a share tells, once it is its turn; what is told before that waits as it came. */
async function numbered(
  play: (hear: (line: string) => void) => Promise<string>,
  { sink, keep, turn }: Parameters<RunBlock>[1],
): Promise<JudgedDrill> {
  const early = createSpool(temporaryFile());
  const tasks = new Kept<TaskReport>(TASKS);
  let take = (line: string) => early.write(`${line}\n`);
  const moving = turn.then((from) => {
    const move = movedBy(from);
    take = (line) => {
      const value = JSON.parse(line.slice(line.indexOf(' ')));
      if (line.startsWith('event')) sink({ ...value, seq: value.seq + from });
      else if (line.startsWith('body')) keep?.(value);
      else tasks.push({ ...value, checks: value.checks.map(move) });
    };
    for (const line of early.lines()) take(line);
    early.close();
    return move;
  });
  const judged = JSON.parse(await play((line) => take(line)));
  return { ...judged, checks: judged.checks.map(await moving), tasks };
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
    const tell = (how: string) =>
      reject(
        new DrillError(
          {
            message: `a process that took a share of the run ended: ${how}`,
            place: { file: '--jobs' },
            fix: 'Use --jobs 1.',
          },
          EXIT.inconclusive,
        ),
      );
    child.once('error', ({ message }) => tell(message));
    child.once('close', (code, signal) => tell(signal ?? `exit code ${code}`));
  });
  lost.catch(() => {});
  return lost;
}
