import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { loadConfig } from '../../config/config-file.ts';
import { DrillError } from '../../core/errors.ts';
import { runsIn } from '../../judge/reports-folder.ts';
import type { Terminal } from '../terminal.ts';

export interface PruneFlags {
  out: string;
  keep?: number | undefined;
  dryRun: boolean;
}

/** Removes the oldest runs, on request only: nothing else of drill ever deletes a run. */
export function prune({ out, keep, dryRun }: PruneFlags, catalogue: Catalogue, { cwd, stdout }: Terminal): void {
  const kept = keep ?? loadConfig(cwd, catalogue)?.reports?.keep;
  if (kept === undefined)
    throw new DrillError({
      message: 'nothing says how many runs are kept',
      fix: 'drill prune --keep 20, or `reports: { keep: 20 }` in drill.config.yaml',
    });
  const folder = resolve(cwd, out);
  const runs = runsIn(folder);
  const old = runs.slice(0, Math.max(0, runs.length - kept));
  for (const name of old) {
    if (!dryRun) rmSync(join(folder, name), { recursive: true });
    stdout.write(`${dryRun ? 'would remove' : 'removed'} ${join(relative(cwd, folder) || '.', name)}\n`);
  }
  stdout.write(
    `${old.length} of ${runs.length} runs ${dryRun ? 'would go' : 'gone'}, ${runs.length - old.length} kept\n`,
  );
}
