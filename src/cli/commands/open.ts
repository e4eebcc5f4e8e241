import { spawn } from 'node:child_process';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DrillError } from '../../core/errors.ts';
import type { Reporter } from '../../core/plugin.ts';
import { runNamed, runsIn } from '../../judge/reports-folder.ts';
import type { Terminal } from '../terminal.ts';
import { report } from './report.ts';

export interface OpenFlags {
  out: string;
  browser: boolean;
}

const PAGE = 'report.html';

/** Makes the page of a stored run, of the latest one where none is named, tells where it is and shows it. */
export function open(
  run: string | undefined,
  { out, browser }: OpenFlags,
  reporters: readonly Reporter[],
  terminal: Terminal,
  platform: NodeJS.Platform = process.platform,
): void {
  const { cwd, stdout, env } = terminal;
  const folder = run === undefined ? latestIn(out, terminal) : runNamed(run, cwd, out);
  const path = written(folder, reporters, terminal);
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

/** Into the run's own folder, or elsewhere where that takes nothing; whole or not at all. */
function written(folder: string, reporters: readonly Reporter[], terminal: Terminal): string {
  const pieces: string[] = [];
  report(folder, 'html', reporters, { ...terminal, stdout: { write: (text) => void pieces.push(text) } });
  const whole = resolve(terminal.cwd, folder);
  try {
    return put(whole, pieces);
  } catch {
    return put(mkdtempSync(join(tmpdir(), 'drill-page-')), pieces);
  }
}

function put(folder: string, pieces: readonly string[]): string {
  const [part, path] = [join(folder, `.${PAGE}.part`), join(folder, PAGE)];
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
