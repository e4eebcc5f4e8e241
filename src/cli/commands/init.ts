import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Catalogue } from '../../config/catalogue-type.ts';
import { unknown } from '../../config/closest.ts';
import { CONFIG_FILE } from '../../config/config-file.ts';
import { kindOf, readText } from '../../config/read-file.ts';
import { codeOf, DrillError } from '../../core/errors.ts';
import type { Terminal } from '../terminal.ts';
import { GITLAB_INCLUDE, GITLAB_JOB, githubWorkflow, gitlabJob } from './ci-files.ts';
import { type CiProject, mustBeTop, readCiProject } from './ci-project.ts';

export interface InitFlags {
  ci: string;
  force: boolean;
  dryRun: boolean;
}

/** What is written for one host of CI. */
interface Plan {
  path: string;
  text: string;
  /** Another file, written only where there is none. */
  entry?: { path: string; text: string };
  /** What is left to the user. */
  hints: readonly string[];
}

const HOSTS: Record<string, (project: CiProject, cwd: string) => Plan> = {
  github: (project) => ({ path: '.github/workflows/failover-drill.yml', text: githubWorkflow(project), hints: [] }),
  gitlab: gitlabPlan,
};

/** Writes what CI needs to run mocked drills. Throws a DrillError. */
export function init({ ci, force, dryRun }: InitFlags, catalogue: Catalogue, terminal: Terminal): void {
  const { cwd, stdout, stderr } = terminal;
  const planFor = hostOf(ci);
  if (!dryRun) mustBeTop(cwd);
  const project = readCiProject(cwd, catalogue);
  const { path, text, entry, hints } = planFor(project, cwd);
  if (dryRun) stdout.write(text);
  else write(cwd, path, text, force);
  if (!dryRun && entry !== undefined) write(cwd, entry.path, entry.text, false);
  const written = [path, ...(entry === undefined ? [] : [entry.path])];
  // Of a dry run standard output is the file, and nothing else.
  const say = (line: string) => (dryRun ? stderr : stdout).write(`${line}\n`);
  for (const file of written) say(`${dryRun ? 'would write' : 'wrote'} ${file}`);
  for (const hint of [...hints, ...hintsOf(project)]) say(hint);
}

function hostOf(ci: string): (project: CiProject, cwd: string) => Plan {
  const plan = Object.hasOwn(HOSTS, ci) ? HOSTS[ci] : undefined;
  if (plan !== undefined) return plan;
  throw unknown(`there is no CI called "${ci}"`, '--ci', ci, Object.keys(HOSTS), 'there is');
}

/** A file of its own can be written again without touching the user's; GitLab is told of it in the one that it reads. */
function gitlabPlan(project: CiProject, cwd: string): Plan {
  const plan = { path: GITLAB_JOB, text: gitlabJob(project) };
  const main = '.gitlab-ci.yml';
  const there = kindOf(join(cwd, main));
  if (there === undefined) return { ...plan, entry: { path: main, text: GITLAB_INCLUDE }, hints: [] };
  const included = there === 'file' && readText(join(cwd, main)).includes(GITLAB_JOB);
  return { ...plan, hints: included ? [] : [`add to the \`include:\` list of ${main}:  - local: ${GITLAB_JOB}`] };
}

/** What would make CI useless, or fail before the first drill. */
function hintsOf({ own, depends, locked, manager }: CiProject): string[] {
  return [
    ...(own ? [] : [`without a target in ${CONFIG_FILE} CI drills the reference that comes with the package`]),
    ...(depends ? [] : ['package.json does not name failover-drill: add it to devDependencies']),
    ...(locked ? [] : [`there is no lockfile of ${manager}: commit one, so that CI installs what you have tested`]),
  ];
}

export function write(cwd: string, path: string, text: string, force: boolean): void {
  try {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    // Asking first would leave a moment in which somebody else may write it.
    writeFileSync(join(cwd, path), text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw notWritten(error, path);
  }
}

function notWritten(error: unknown, path: string): DrillError {
  const code = codeOf(error) || 'error';
  const place = { file: path };
  if (code === 'EEXIST')
    return new DrillError({
      message: 'the file is there already',
      place,
      fix: '--force writes it anew, --dry-run only shows what would be written',
    });
  return new DrillError({
    message: `the file cannot be written (${code})`,
    place,
    fix: 'check the folder and its permissions',
  });
}
