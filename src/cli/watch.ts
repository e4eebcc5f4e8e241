import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { EXIT } from '../core/errors.ts';
import { whenAborted } from '../world/abort.ts';
import { printError } from './print-error.ts';
import type { Terminal } from './terminal.ts';

/** Nobody's own code, or what a run writes itself. */
const IGNORED = /^(node_modules|reports|dist|build|out|coverage|\..*|__pycache__|venv)$/;
/** An editor writes a file in several steps. */
const SETTLES_MS = 100;

/** What a folder's files tell: the first that changed since somebody waited. */
class Changes {
  readonly #watchers: FSWatcher[] = [];
  #changed: string | undefined;
  #tell: (() => void) | undefined;

  constructor(cwd: string, out: string) {
    const see = (folder: string) => (_: string, name: string | null) => {
      const [first = ''] = join(folder, name ?? '').split(/[\\/]/);
      if (IGNORED.test(first) || first === out) return;
      this.#changed ??= join(folder, name ?? '');
      this.#tell?.();
    };
    this.#watchers.push(watch(cwd, see('')));
    // To watch a folder means to walk it: packages are too many.
    for (const entry of readdirSync(cwd, { withFileTypes: true }))
      if (entry.isDirectory() && !IGNORED.test(entry.name) && entry.name !== out)
        this.#watchers.push(watch(join(cwd, entry.name), { recursive: true }, see(entry.name)));
  }

  /** The file that changed; undefined where the signal fires first. */
  async next(clock: Clock, signal: AbortSignal): Promise<string | undefined> {
    if (this.#changed === undefined)
      await new Promise<void>((done) => {
        this.#tell = done;
        whenAborted(signal, () => done());
      });
    this.#tell = undefined;
    if (signal.aborted) return undefined;
    await clock.sleep(SETTLES_MS, signal).catch(() => undefined);
    const changed = this.#changed;
    this.#changed = undefined;
    return signal.aborted ? undefined : changed;
  }

  close(): void {
    for (const one of this.#watchers) one.close();
  }
}

/** Runs, and again after each change of a file of the project, until Ctrl-C. Gives the exit code of the last run. */
export async function watching(
  run: () => Promise<number>,
  clock: Clock,
  out: string,
  terminal: Terminal,
): Promise<number> {
  const changes = new Changes(terminal.cwd, out);
  try {
    for (;;) {
      // What is wrong with a file is mended while it is watched.
      const code = await run().catch((error: unknown) => printError(error, terminal));
      if (terminal.signal.aborted) return EXIT.interrupted;
      terminal.stderr.write('\nwaiting for a change; Ctrl-C ends\n');
      const changed = await changes.next(clock, terminal.signal);
      if (changed === undefined) return code;
      terminal.stderr.write(`\n${'─'.repeat(Math.min(terminal.columns, 80))}\n${changed} has changed\n\n`);
    }
  } finally {
    changes.close();
  }
}
