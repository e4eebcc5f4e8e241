import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { DrillError } from '../../core/errors.ts';
import { runNamed, runsIn } from '../../judge/reports-folder.ts';
import type { Terminal } from '../terminal.ts';
import { diff } from './diff.ts';
import { report } from './report.ts';

export interface OpenFlags {
  out: string;
  /** An earlier run, beside which this one is shown. */
  against?: string;
  browser: boolean;
}

/** Makes the page of a stored run, of the latest one where none is named, or of it and an earlier one; tells where it is and shows it. */
export async function open(
  run: string | undefined,
  flags: OpenFlags,
  catalogue: Catalogue,
  terminal: Terminal,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  const { out, browser } = flags;
  const { cwd, stdout, env } = terminal;
  const folder = run === undefined ? latestIn(out, terminal) : runNamed(run, cwd, out);
  const path = written(resolve(cwd, folder), await pageOf(folder, flags, catalogue, terminal));
  stdout.write(`${relative(cwd, path).startsWith('..') ? path : relative(cwd, path)}\n`);
  const [command, ...words] = browser ? openerOf(platform, env) : [];
  if (command === undefined) return;
  const child = spawn(command, [...words, path], { detached: true, stdio: 'ignore', env });
  // Where there is no such command, the path has been told.
  child.on('error', () => {});
  child.unref();
}

function latestIn(out: string, { cwd }: Terminal): string {
  const folder = resolve(cwd, out);
  const latest = runsIn(folder).at(-1);
  if (latest !== undefined) return join(out, latest);
  throw new DrillError({
    message: 'there is no run yet',
    place: { file: relative(cwd, folder) || '.' },
    fix: 'drill run timeout_primary, or name the folder of a run: drill open RUN',
  });
}

interface Page {
  name: string;
  pieces: string[];
}

async function pageOf(
  folder: string,
  { out, against }: OpenFlags,
  catalogue: Catalogue,
  terminal: Terminal,
): Promise<Page> {
  const pieces: string[] = [];
  const into = { ...terminal, stdout: { write: (text: string) => void pieces.push(text) } };
  if (against === undefined) report(folder, 'html', catalogue, into);
  else await diff(against, folder, { json: false, as: 'html', out }, into);
  return { name: against === undefined ? 'report.html' : 'diff.html', pieces };
}

/** Into the run's own folder, or elsewhere where that takes nothing; whole or not at all. */
function written(folder: string, page: Page): string {
  try {
    return put(folder, page);
  } catch {
    return put(mkdtempSync(join(tmpdir(), 'drill-page-')), page);
  }
}

function put(folder: string, { name, pieces }: Page): string {
  const [part, path] = [join(folder, `.${name}.part`), join(folder, name)];
  writeFileSync(part, pieces.join(''));
  renameSync(part, path);
  return path;
}

/** What shows a file on this system; nothing where there is no screen to show it on. */
function openerOf(platform: NodeJS.Platform, env: Terminal['env']): string[] {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? ['xdg-open'] : [];
}
