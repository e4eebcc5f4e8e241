import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../core/clock.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { StopCondition } from '../core/stop.ts';
import { whenAborted } from '../world/abort.ts';
import { originals } from '../world/originals.ts';
import { send } from '../world/processes.ts';

const TIMEOUT_MS = 5000;

/** What a look at something outside of the run has found: a status or an exit code, where there is one. */
export interface Found {
  why: string;
  value: number | null;
}

/**
 * Looks once, in real time. Resolves to what is wrong, or to undefined where nothing is or the look was called off.
 */
export async function look(
  { probe, timeout_ms = TIMEOUT_MS }: StopCondition,
  cwd: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Found | undefined> {
  if (signal.aborted) return undefined;
  const over = new AbortController();
  const end = () => over.abort();
  const forget = whenAborted(signal, end);
  let late = false;
  const tooLate = () => {
    late = true;
    end();
  };
  clock.sleep(timeout_ms, over.signal).then(tooLate, () => {});
  try {
    const { url, command = '' } = probe ?? {};
    const found = await (url === undefined ? byCommand(command, cwd, over.signal) : byUrl(url, over.signal));
    if (late) return { why: `there was no answer in ${timeout_ms} ms`, value: null };
    return signal.aborted ? undefined : found;
  } finally {
    forget();
    end();
  }
}

async function byUrl(url: string, signal: AbortSignal): Promise<Found | undefined> {
  try {
    const reply = await originals.fetch(url, { redirect: 'manual', signal });
    await reply.body?.cancel();
    return reply.ok ? undefined : { why: `the answer was ${reply.status}`, value: reply.status };
  } catch (error) {
    const code = codeOf(Object(error).cause);
    return { why: `nobody answered${code === '' ? '' : ` (${code})`}`, value: null };
  }
}

async function byCommand(line: string, cwd: string, signal: AbortSignal): Promise<Found | undefined> {
  // In a group of its own, so that what the shell has started ends with it.
  const child = spawn(line, { cwd, shell: true, stdio: 'ignore', detached: process.platform !== 'win32' });
  const { pid } = child;
  const forget = whenAborted(signal, () => pid !== undefined && send(pid, 'SIGKILL'));
  try {
    const [code] = await once(child, 'exit');
    if (code === 0) return undefined;
    return { why: code === null ? 'it was ended by a signal' : `it ended with exit code ${code}`, value: code };
  } catch (error) {
    return { why: `it could not be started: ${messageOf(error)}`, value: null };
  } finally {
    forget();
  }
}
