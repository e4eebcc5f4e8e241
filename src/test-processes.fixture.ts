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
/** What a test may do that whoever comes after it in the same process would notice: routes, mocks, the environment. */
const CHANGES =
  /(?:drill-run|project)\.fixture|\/world\/|\bvi\.|\bprocess\.(?:chdir|env|on)\b|\bglobalThis\b|\.prototype\.\w+ = |\bReflect\.(?:set|defineProperty)\b/;

const root = join(import.meta.dirname, '..');

/** Test files that may share a process, by their paths in the package. */
export const TOGETHER: string[] = ROOMS.flatMap((room) =>
  readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => `src/${room}/${file.replaceAll('\\', '/')}`),
).filter((path) => !CHANGES.test(readFileSync(join(root, path), 'utf8')));
