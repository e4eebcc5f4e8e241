import { EXIT } from '../core/errors.ts';
import type { Output } from '../core/plugin.ts';
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupt.abort(new Error('interrupted'));
      let turns = 0;
      const turn = () => ++turns < GRACE.turns || originals.exit(EXIT.interrupted);
      originals.setInterval(turn, GRACE.everyMs).unref();
    });
  }
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leaveQuietly);
  const { env, stdout } = process;
  return {
    cwd: process.cwd(),
    stdout,
    stderr: process.stderr,
    color: wantsColor(env, stdout.isTTY === true),
    columns: columnsOf(env, stdout.columns),
    signal: interrupt.signal,
    env,
  };
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

/** Whoever read our output has left (`drill list | head -1`): nobody is there to be told, and the run goes on. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') return;
  process.stderr.write(`error: the output cannot be written: ${error.message}\n  fix: Send it elsewhere.\n`);
  originals.exit(EXIT.invalid);
}
