import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DrillError } from '../core/errors.ts';

/** Something that happened, and when. */
export interface DayEntry {
  event: string;
  at: string;
}

/** The file in which a game day is kept, a line for each thing that happened. */
export interface DayJournal {
  /** As a user would name it. */
  name: string;
  write(entry: DayEntry): void;
  /** Why a line could not be written: from then on none is. */
  failure(): DrillError | undefined;
  close(): void;
}

/** Opens a new file, named by when the day began. Throws a DrillError. */
export function openJournal(folder: string, at: string, cwd: string): DayJournal {
  const path = join(folder, `gameday-${at.replace(/[:.]/g, '-')}.jsonl`);
  const name = relative(cwd, path).startsWith('..') ? path : relative(cwd, path);
  let failed: DrillError | undefined;
  let file: number;
  try {
    mkdirSync(folder, { recursive: true });
    file = openSync(path, 'ax');
  } catch (error) {
    throw notWritten(error, name);
  }
  return {
    name,
    write({ event, at, ...more }) {
      if (failed !== undefined) return;
      try {
        writeSync(file, `${JSON.stringify({ event, at, ...more })}\n`);
      } catch (error) {
        failed = notWritten(error, name);
      }
    },
    failure: () => failed,
    close: () => closeSync(file),
  };
}

const notWritten = (error: unknown, file: string): DrillError =>
  new DrillError({
    message: `the journal cannot be written: ${error instanceof Error ? error.message.split(',')[0] : String(error)}`,
    place: { file },
    fix: 'Nobody could tell later what was broken when. Name a folder with room, in which you may write, with --out DIR.',
  });
