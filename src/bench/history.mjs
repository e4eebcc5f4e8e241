import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { root } from './measure.mjs';

const git = (...words) => execFileSync('git', words, { cwd: root, encoding: 'utf8' }).trim();

/** What was measured before is one JSON line a run. Figures are held against the last that this Node has of them. */
export function openHistory(file, { quick }) {
  const about = { node: process.version, cpu: cpus()[0]?.model ?? '', quick };
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
  const major = (version) => version.split('.')[0];
  const before = lines
    .map((line) => JSON.parse(line))
    .filter((run) => major(run.node) === major(about.node) && run.cpu === about.cpu && run.quick === quick);
  return {
    /** What a figure was, and by how much it is another now. */
    against(name, figure) {
      const last = before.findLast(({ figures }) => figures[name] !== undefined);
      const was = last?.figures[name];
      if (was === undefined) return '';
      const more = Math.round((figure / was - 1) * 100);
      return `${more < 0 ? '−' : '+'}${Math.abs(more)} % since ${last.commit}`;
    },
    add(figures) {
      const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
      const commit = `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
      const run = { date: new Date().toISOString(), commit, ...about, figures };
      appendFileSync(file, `${JSON.stringify(run)}\n`);
    },
  };
}
