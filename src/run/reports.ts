import { appendFileSync } from 'node:fs';
import type { Look, OpenReporter, Output, Reporter } from '../core/plugin.ts';
import type { Spool } from '../judge/spool.ts';
import { unguessable } from '../world/index.ts';
import type { RunFolder } from './run-folder.ts';

/** Who is told of a run, and where their words go. */
export interface Reports {
  reporters: readonly Reporter[];
  /** Names of optional reporters whose files are to be written as well. */
  also: readonly string[];
  folder: RunFolder;
  /** Which reporter speaks to the user directly. */
  terminal: { output: Output; reporter: string; look: Pick<Look, 'color' | 'columns' | 'guard'> };
  /** A file that others write to as well, and which reporter's words go to its end. */
  appended?: { file: string; reporter: string } | undefined;
  /** There is more than one drill. */
  several: boolean;
}

/** What a place to write to can show, and what it is. */
interface Log {
  json: boolean;
  /** It is the log of a CI server. */
  ci?: boolean | undefined;
  env?: Record<string, string | undefined> | undefined;
  color: boolean;
  columns: number;
}

/** Who speaks to the user, and how. */
export function logFor(
  output: Output,
  { json, ci = false, env = {}, color, columns }: Log,
): Pick<Reports, 'terminal' | 'appended'> {
  const look = { color: color && !ci, columns, guard: unguessable() };
  const onGithub = ci && env['GITHUB_ACTIONS'] === 'true';
  const file = onGithub ? env['GITHUB_STEP_SUMMARY'] : undefined;
  return {
    terminal: { output, reporter: json ? 'json' : onGithub ? 'github' : 'terminal', look },
    appended: file === undefined || file === '' ? undefined : { file, reporter: 'step-summary' },
  };
}

export interface Opened {
  reporter: OpenReporter;
  /** Puts what was written where it belongs, below its head. */
  finish(head: string): void;
  close(): void;
}

/**
 * Each reporter with a file writes there, an optional one where it is asked for; the one the user chose speaks to the
 * terminal as well.
 */
export function openReporters(job: Reports): Opened[] {
  const { reporters, also, terminal, folder, several } = job;
  const look = { ...terminal.look, brief: several, folder: folder.name, run: folder.id };
  const chosen = reporters.flatMap((reporter): Opened[] => {
    if (reporter.name !== terminal.reporter) return [];
    const { output } = terminal;
    if (reporter.file === undefined) {
      const speaking = reporter.open(output, look);
      return [{ reporter: speaking, finish() {}, close: () => speaking.close?.() }];
    }
    return [
      spooled(reporter, folder.spool('terminal'), look, (head, spool) => {
        output.write(head);
        for (const piece of spool.pieces()) output.write(piece);
      }),
    ];
  });
  const plain = { ...look, color: false, columns: 100 };
  const toFiles = reporters.flatMap((reporter) => {
    const { file, optional, name } = reporter;
    if (file === undefined || (optional && !also.includes(name))) return [];
    return [spooled(reporter, folder.spool(file), plain, (head, spool) => folder.writeWhole(file, below(head, spool)))];
  });
  return [...chosen, ...toFiles, ...appending(job, plain)];
}

function appending({ reporters, appended, folder }: Reports, look: Look): Opened[] {
  const reporter = reporters.find(({ name }) => name === appended?.reporter);
  if (reporter === undefined || appended === undefined) return [];
  const append = (head: string, spool: Spool) => {
    for (const piece of below(head, spool)) appendFileSync(appended.file, piece);
  };
  return [spooled(reporter, folder.spool(reporter.name), look, append)];
}

/** What a reporter writes waits until its head is known. */
function spooled(reporter: Reporter, spool: Spool, look: Look, deliver: (head: string, spool: Spool) => void): Opened {
  return {
    reporter: reporter.open(spool, look),
    finish: (head) => deliver(head, spool),
    close: () => spool.close(),
  };
}

function* below(head: string, spool: Spool): Iterable<string | Uint8Array> {
  yield head;
  yield* spool.bytes();
}
