import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, cpuInTurn, cpuOf, median, ofPairs, root } from './measure.mjs';

/** What it costs in CPU to keep what was said, and to write the page; and how large pages are. */
export async function page({ say, rounds, project }) {
  const { cwd } = project;
  const drill = project.drill('page-2400', 2412);
  const kinds = [['--no-bodies'], [], ['--reporter', 'html']];
  const commands = kinds.map((more) => [bin, 'run', drill, ...more]);
  const [none, said, whole] = await cpuInTurn(rounds, commands, cwd);
  const without = `${median(none).toFixed(1)} s without`;
  say('CPU of 2,400 asks, with what was said', ofPairs(said, none), '× without', without);
  say('CPU of 2,400 asks, with the page', ofPairs(whole, said), '× without');
  for (const asks of [1, 48, 2400]) {
    const out = join(cwd, `page-of-${asks}`);
    await cpuOf([bin, 'run', project.drill(`page of ${asks}`, asks + 12), '--reporter', 'html', '--out', out], cwd);
    const size = statSync(join(out, readdirSync(out)[0], 'report.html')).size;
    say(`report.html of ${asks} asks`, size / 1000, 'kB');
  }
}

/** What a project takes in with the package. */
export function installed({ say, project }) {
  const folder = join(project.cwd, 'installed');
  mkdirSync(folder);
  const npm = (cwd, ...words) =>
    execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [{ filename }] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  npm(folder, 'i', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename));
  const all = readdirSync(join(folder, 'node_modules'), { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  say('packages installed', Object.keys(packages).length - 1, 'packages');
  say('size installed', files.reduce((sum, file) => sum + statSync(file).size, 0) / 1e6, 'MB');
}
