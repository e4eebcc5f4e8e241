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
/** What other tests in the same process would notice: mocks, globals, a changed environment. */
const CHANGES =
  /\bvi\.|\bprocess\.(?:chdir|on)\b|\bprocess\.env(?:\.\w+|\[[^\]]+\]) \??\??= |\b(?:delete |assign\()process\.env\b|\bglobalThis\b|\.prototype\.\w+ = |\bReflect\.(?:set|defineProperty)\b/;
/** What runs drills, and so patches fetch and timers of its process. */
const PLAYS = /(?:drill-run|project)\.fixture/;
const USES_WORLD = /\/world\//;
/** It stops a run when its target has written a file, which is before the call that has to be held up: a fast process stops too early. */
const ALONE = 'src/stopping.test.ts';

const root = join(import.meta.dirname, '..');

/** Paths in the package of test files in a folder whose text is wanted. */
const testsIn = (folder: string, isWanted: (text: string) => boolean): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((path) => isWanted(readFileSync(join(root, path), 'utf8')));

/** Test files that may share a process which runs no drills. */
export const TOGETHER: string[] = ROOMS.flatMap((room) =>
  testsIn(`src/${room}`, (text) => ![CHANGES, PLAYS, USES_WORLD].some((one) => one.test(text))),
);

/** Test files that run drills and may share a process: alone, each would import and warm up the whole product. */
export const PLAYING: string[] = testsIn('src', (text) => PLAYS.test(text) && !CHANGES.test(text)).filter(
  (path) => path !== ALONE,
);
