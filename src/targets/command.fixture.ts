/** Test-only: a command as drill would start it, without a drill around it. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Outcome, Task } from '../core/outcome.ts';
import type { Habitat, RunningTarget } from '../core/plugin.ts';
import { createRandom } from '../core/random.ts';
import { createWallClock } from '../world/index.ts';
import { command } from './command.ts';

export const clock = createWallClock();
/** By it the processes of one test are found in /proc. */
const OWN = 'STARTED_BY_TEST';

export const task = (id = 'hours-1', over: Partial<Task> = {}): Task => ({
  ...{ id, workflow: 'w', tenant: 't', priority: 'normal', input: 'When?', sources: [], deadline_ms: 1000 },
  ...over,
});

export interface Started {
  target: RunningTarget;
  /** What it printed beside its outcomes. */
  printed(): string;
  /** Which tasks were said to have waited for a process, with how many were under way at once. */
  waited: [id: string, beside: number][];
  ask(over?: Partial<Task>, signal?: AbortSignal): Promise<Outcome>;
  /** Process ids of whatever it has started and is still there. */
  left(): number[];
}

/** Starts a line for a shell. */
export async function start(line: string | string[], more: object = {}): Promise<Started> {
  const mark = randomUUID();
  const [printed, waited]: [string[], Started['waited']] = [[], []];
  const given = { command: line, shell: typeof line === 'string', env: { [OWN]: mark }, cwd: '/', ...more };
  const loaded = await command.open(given).load();
  const never = () => Promise.reject(new Error('a command asks nobody here'));
  const habitat: Habitat = {
    ...{ roles: {}, fetch: never, transport: never, approve: never },
    tools: { call: never, schemas: [] },
    ...{ clock, random: createRandom(1) },
    sockets: {
      roles: () => ({}),
      env: (of) => ({ OF_TASK: of?.id ?? '' }),
      headers: ({ id }) => ({ 'x-drill-ask': `key of ${id}` }),
      marked: (one) => one,
      unmarked: (outcome) => outcome,
      started: ({ id }, beside) => void waited.push([id, beside]),
      print: (text) => void printed.push(text),
    },
  };
  const target = await loaded.start(habitat, new AbortController().signal);
  return {
    ...{ target, waited },
    printed: () => printed.join(''),
    ask: (over, signal = new AbortController().signal) => target.ask(task(over?.id, over), signal),
    left: () => carrying(`${OWN}=${mark}`),
  };
}

/** Processes with this in their environment; those that have ended and nobody has asked for count no more. Linux only. */
export function carrying(entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(entry);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until something is so. */
export async function until(so: () => boolean): Promise<void> {
  while (!so()) await clock.sleep(5);
}
