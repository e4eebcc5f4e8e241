import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { orElse } from '../../core/errors.ts';
import { MARKER } from './environment.ts';

/** Kills a process group. On systems without groups, the process alone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Processes that carry a mark in their environment: also what has left its group. Linux only; elsewhere none is found. */
export function marked(value: string): number[] {
  if (process.platform !== 'linux') return [];
  const wanted = `${MARKER}=${value}`;
  // Nothing can be read of one that has ended, or is somebody else's.
  const variablesOf = (name: string) => orElse(() => readFileSync(`/proc/${name}/environ`, 'utf8'), '').split('\0');
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && variablesOf(name).includes(wanted))
    .map(Number);
}

/** Kills what carries a mark, and what that has started meanwhile. */
export function sweep(value: string): void {
  for (let round = 0; round < 10; round++) {
    const found = marked(value);
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    if (found.length === 0) return;
  }
}

/** Waits for the end of the process that started it, which it sees at the end of its input; then it kills what is left. */
const KEEPER = `
groups=""
marks=""
while read -r verb id; do
  case $verb in
    mark) marks="$marks $id" ;;
    add) groups="$groups $id" ;;
    del) groups=$(printf '%s' " $groups " | sed "s/ $id / /") ;;
  esac
done
for id in $groups; do kill -KILL -- "-$id" 2>/dev/null; done
[ -d /proc/self ] && for one in /proc/[0-9]*; do
  for mark in $marks; do
    tr '\\0' '\\n' 2>/dev/null < "$one/environ" | grep -qx "${MARKER}=$mark" && kill -KILL "\${one#/proc/}" 2>/dev/null
  done
done
`;

let keeper: ChildProcess | undefined;

/** Tells who outlives this process what to end with it. On Windows there is nobody. */
export function tellKeeper(verb: 'mark' | 'add' | 'del', word: string | number): void {
  if (process.platform === 'win32') return;
  if (keeper === undefined) {
    // In a group of its own: what is sent to ours is not meant for it.
    keeper = spawn('/bin/sh', ['-c', KEEPER], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
    keeper.on('error', () => {});
    keeper.stdin?.on('error', () => {});
    keeper.unref();
    const { stdin } = keeper;
    if (stdin !== null && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  }
  keeper.stdin?.write(`${verb} ${word}\n`);
}
