import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { DrillError } from '../core/errors.ts';
import { parseJson } from '../text/json.ts';

/** What became of a run: its verdict, or why it has none. From good to bad. */
export const OUTCOMES = ['passed', 'inconclusive', 'stopped', 'failed', 'errored', 'interrupted'] as const;
export const Outcome = z.enum(OUTCOMES);
export type Outcome = z.infer<typeof Outcome>;

const at = z.string().describe('when it happened, in UTC');
const schedule = z.string();
const run = z.string();
const due = z.string().describe('when the run was due, in UTC');
/** A process, and what tells it from a later one of the same number where the system says so. */
const process = { pid: z.number().int(), identity: z.string().optional() };

/** One line of the journal. */
export const Entry = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('began'),
    at,
    ...process,
    schedules: z.record(z.string(), z.object({ cron: z.string(), time_zone: z.string() })),
  }),
  /** Written before the run begins: whatever happens then, it is never begun again. */
  z.object({ event: z.literal('started'), at, schedule, run, due }),
  z.object({ event: z.literal('spawned'), at, schedule, run, ...process }),
  z.object({ event: z.literal('ended'), at, schedule, run, outcome: Outcome, report: z.string().optional() }),
  z.object({
    event: z.literal('missed'),
    at,
    schedule,
    due,
    why: z.enum(['down', 'still_running', 'overtaken', 'lever']),
  }),
  z.object({ event: z.literal('missed_many'), at, schedule, after: z.string(), due }),
  z.object({
    event: z.literal('told'),
    at,
    schedule,
    run,
    how: z.enum(['command', 'webhook']),
    failed: z.string().optional(),
  }),
  z.object({ event: z.literal('removed'), at, schedule, run }),
  z.object({ event: z.literal('stopping'), at }),
  z.object({ event: z.literal('stopped'), at }),
]);
export type Entry = z.infer<typeof Entry>;

/** What has happened, a line each, on disk before anything is done about it. */
export interface Journal {
  /** Throws a DrillError where it cannot be written. */
  write(entry: Entry): void;
}

/** Every whole line; one that a killed process left half written is passed over. */
export function readJournal(file: string): Entry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => Entry.safeParse(parseJson(line)).data ?? []);
}

/** Opens a journal to write on. Throws a DrillError. */
export function openJournal(file: string): Journal {
  return trying(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    const torn = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8'));
    const fd = openSync(file, 'a');
    globalThis.process.once('exit', () => closeSync(fd));
    if (torn) writeSync(fd, '\n');
    return {
      write: (entry) =>
        trying(file, () => {
          writeSync(fd, `${JSON.stringify(entry)}\n`);
          fsyncSync(fd);
        }),
    };
  });
}

function trying<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new DrillError({
      message: `the journal cannot be written: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
      place: { file },
      fix: 'Nothing is started that cannot be written down first. Name a folder you may write to with --out DIR.',
    });
  }
}
