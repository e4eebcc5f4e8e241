import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Rooms whose code leaves a process as it was. */
const ROOMS = [
  'checks',
  'config',
  'core',
  'faults',
  'gameday',
  'judge',
  'protocols',
  'recording',
  'redaction',
  'reporters',
  'runtime',
  'text',
];
/** What a test may do that whoever comes after it in the same process would notice: mocks, the environment. */
const CHANGES =
  /\bvi\.|\bprocess\.(?:chdir|env\[[^\]]*\] ??=[^=]|env\.\w+ ??=[^=]|on)\b|\bglobalThis\b|\.prototype\.\w+ = |\bReflect\.(?:set|defineProperty)\b/;
/** What installs the routes, or reads drills and targets of a project: not in a process whose tests count on there being none. */
const PLAYS = /(?:drill-run|project)\.fixture/;
/** Stops a run in wall time by what its target has just written: in a process that is warm already it can come too early. */
const ALONE = ['src/stopping.test.ts'];

const root = join(import.meta.dirname, '..');

const testsIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Test files that may share a process, by their paths in the package. */
export const TOGETHER: string[] = ROOMS.flatMap((room) => testsIn(`src/${room}`)).filter((path) => {
  const text = textOf(path);
  return !(CHANGES.test(text) || PLAYS.test(text) || /\/world\/|\bprocess\.env\b/.test(text));
});

/** Those that play drills, and may share one: each would else import and warm up the whole product for itself. */
export const PLAYING: string[] = testsIn('src').filter((path) => {
  const text = textOf(path);
  return PLAYS.test(text) && !CHANGES.test(text) && !ALONE.includes(path);
});
