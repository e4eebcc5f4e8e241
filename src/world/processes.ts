import { readFileSync } from 'node:fs';

/** A process, and what tells it from a later one of the same number where the system says so. */
export interface Known {
  pid: number;
  identity?: string | undefined;
}

/** What tells a process from a later one of the same number: the boot and the moment at which it began. Linux only. */
export function identityOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program stands in brackets and may hold any.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; nobody has looked yet.
    return fields[0] === 'Z' ? undefined : `${boot}-${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function known(pid: number): Known {
  const identity = identityOf(pid);
  return { pid, ...(identity !== undefined && { identity }) };
}

/** Whether the process still goes on. Where the system does not tell who it is, its number has to do. */
export function goesOn({ pid, identity }: Known): boolean {
  if (identity !== undefined) return identityOf(pid) === identity;
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Sends a signal to a process, or on to its whole group; where it has gone, nothing. */
export function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    const whole = signal === 'SIGKILL' && process.platform !== 'win32';
    process.kill(whole ? -pid : pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
