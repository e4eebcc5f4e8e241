import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import { main } from './cli/main.ts';
import { printError } from './cli/print-error.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { faultFromFlag } from './config/fault-flag.ts';
import { BROKEN, NO_TEXT, READ_BY, SLIPS, SOUND } from './config/hostile-corpus.fixture.ts';
import { hostileFile, hostileFlag } from './config/hostile-file.fixture.ts';
import { Scratch } from './config/scratch.fixture.ts';
import { installRoutes } from './world/index.ts';

installRoutes();

/** The whole of it: HOSTILE_CASES=100000 npx vitest run src/hostile-input.test.ts */
const CASES = Number(process.env['HOSTILE_CASES'] ?? 2000);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 7);
/** Milliseconds of computing a file, so that a busy machine fails no test. */
const SOON = 1000;

const project = new Scratch();
afterAll(() => project[Symbol.dispose]());
const read = [...READ_BY];
const dataFiles = read.filter(([file]) => !file.endsWith('.md'));

function put(file: string, bytes: string | Uint8Array): void {
  const path = join(project.dir, file);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

beforeEach(() => {
  rmSync(project.dir, { recursive: true });
  for (const [file, text] of Object.entries(SOUND)) put(file, text);
});

const written = () => readdirSync(project.dir, { recursive: true }).map(String).sort();

async function drill(...words: string[]) {
  const terminal = fakeTerminal({ cwd: project.dir });
  const began = process.cpuUsage();
  const code = await main(['node', 'drill', ...words], terminal);
  const { user, system } = process.cpuUsage(began);
  return { code, out: terminal.out(), err: terminal.err(), ms: (user + system) / 1000 };
}

/** One or more problems, each with what, where and how to mend it, on a line each; nothing else. */
const PROBLEMS = /^(error: [^\n]+\n {2}at [^\n]+\n {2}fix: [^\n]+\n\n?)+$/;

function expectRefused(seen: Awaited<ReturnType<typeof drill>>): void {
  expect(seen.err).toMatch(PROBLEMS);
  expect(seen.code).toBe(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
  expect(seen.err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  expect(seen.err.length).toBeLessThan(300_000);
  expect(seen.ms).toBeLessThan(SOON);
}

test('the project is sound', async () => {
  expect(await drill('validate')).toMatchObject({ code: 0, err: '', out: '5 files are fine\n' });
});

test('a drill in JSON runs', async () => {
  // The agent calls no model, so that nothing is proved.
  const seen = await drill('run', 'other', '--out', join(project.dir, 'out'));
  expect(seen).toMatchObject({
    code: 3,
    err: '',
    out: expect.stringMatching(/^other {2}T\ntarget mine [\s\S]*INCONCLUSIVE other /),
  });
});

test('a blast radius outside the golden tasks of the run', async () => {
  put('drills/mine.yaml', SOUND['drills/mine.yaml'].replace('tasks: [refund]', 'tasks: [refnd]'));
  const seen = await drill('run', 'mine', '--out', join(project.dir, 'out'));
  expectRefused(seen);
  expect(seen.err).toMatch(/mine\.yaml:18:17\n {2}fix: did you mean "refund"\?/);
});

describe('text that is broken, in place of each data file', () => {
  test.each(Object.entries(BROKEN))('%s', async (_, text) => {
    // What is too large is so wherever it stands.
    for (const [file, name] of text.length > 100_000 ? dataFiles.slice(0, 2) : dataFiles) {
      put(file, text);
      expectRefused(await drill('validate', name));
      put(file, SOUND[file]);
    }
  });
});

describe('what is no text, in place of each file', () => {
  test.each(Object.entries(NO_TEXT))('%s', async (_, bytes) => {
    for (const [file, name] of read) {
      put(file, bytes);
      expectRefused(await drill('validate', name));
      put(file, SOUND[file]);
    }
  });
});

const OTHERS: Record<string, (path: string) => void> = {
  'a folder': (path) => mkdirSync(path),
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
  'a link to nowhere': (path) => symlinkSync('nowhere', path),
  'a link to itself': (path) => symlinkSync(basename(path), path),
  'a link to a file without an end': (path) => symlinkSync('/dev/zero', path),
  'a link to a file that says it is empty': (path) => symlinkSync('/proc/self/maps', path),
  'a link to the terminal': (path) => symlinkSync('/dev/tty', path),
};

describe.runIf(process.platform === 'linux')('what is no file, in place of each file', () => {
  test.each(Object.entries(OTHERS))('%s', async (_, make) => {
    for (const [file, name] of read) {
      const path = join(project.dir, file);
      rmSync(path);
      make(path);
      expectRefused(await drill('validate', name));
      put(file, SOUND[file]);
    }
  });

  test('links out of the project, for a source, a tenant, a schema', async () => {
    using elsewhere = new Scratch();
    for (const file of [
      'fixtures/sources/acme/policy.md',
      'fixtures/sources/acme/tenant.yaml',
      'fixtures/golden/support/answer.schema.json',
    ] as const) {
      const path = join(project.dir, file);
      rmSync(path);
      symlinkSync(elsewhere.write(basename(file), SOUND[file]), path);
      const seen = await drill('validate', 'fixtures/golden/support');
      expectRefused(seen);
      expect(seen.err).toMatch(/out of the project|leaves the folder/);
      put(file, SOUND[file]);
    }
    rmSync(join(project.dir, 'fixtures/sources/acme'), { recursive: true });
    symlinkSync(elsewhere.dir, join(project.dir, 'fixtures/sources/acme'));
    expectRefused(await drill('validate', 'fixtures/golden/support'));
    rmSync(join(project.dir, 'fixtures/sources/acme'));
  });

  test('files in place of folders', async () => {
    for (const folder of ['drills', 'fixtures', 'fixtures/golden', 'fixtures/sources', 'fixtures/golden/support']) {
      rmSync(join(project.dir, folder), { recursive: true });
      put(folder, 'x');
      expectRefused(await drill('run', 'mine', '--out', join(project.dir, 'out')));
      rmSync(join(project.dir, folder));
      for (const [file, text] of Object.entries(SOUND)) put(file, text);
    }
  });
});

describe('one slip in a sound file', () => {
  test.each(SLIPS)('%s: %s', async (file, _, text) => {
    put(file, text);
    expectRefused(await drill('validate', READ_BY.get(file) ?? file));
    const before = written();
    expectRefused(await drill('run', 'mine', '--out', join(project.dir, 'out')));
    expect(written()).toEqual(before);
  });
});

describe('words on the command line', () => {
  const long = 'x'.repeat(100_000);
  const lines = [
    ...[
      'constructor',
      '__proto__',
      'toString',
      '',
      ' ',
      '.',
      '..',
      '/',
      '/dev/null',
      long,
      'a\0b',
      '\u001b[2J',
    ].flatMap((word) => [
      ['run', word],
      ['run', 'mine', '--target', word],
      ['run', 'mine', '--tasks', word],
      ['run', 'mine', '--task', word],
      ['run', 'mine', '--fault', word],
      ['run', 'mine', '--fault', `${word}@primary`],
      ['run', 'mine', '--fault', `hang@${word}`],
      ['run', 'mine', '--fault', `hang@primary,${word}=1`],
      ['run', 'mine', '--tag', word],
      ['run', 'mine', '--seed', word],
      ['validate', word],
      ['explain', word],
      ['list', word],
      ['schema', word],
    ]),
    ['run', 'mine', '--fault', 'hang@primary,passwd="'],
    ['run', 'mine', '--seed', '1e3'],
    ['run', 'mine', '--seed', '4294967296'],
    ['run', 'mine', '--seed', '9'.repeat(10_000)],
    ['run', 'mine', '--out', 'drill.config.yaml'],
    ['run', 'mine', '--out', 'a\0b'],
    ['run', 'mine', '--out', long],
    ['run', 'mine', '--out', '/dev/null/x'],
    ['run', 'mine', '--out', '/proc/none'],
  ].map((words): [string, string[]] => [words.map((word) => JSON.stringify(word.slice(0, 20))).join(' '), words]);
  test.each(lines)('%s', async (_, words) => {
    const before = written();
    const seen = await drill(...words);
    expect(seen.code).toBe(2);
    expect(seen.ms).toBeLessThan(SOON);
    // What is wrong with the words themselves is told by the command line's own parser.
    if (!/^error: (option '|(unknown option|missing required argument|too many arguments)\b)/.test(seen.err))
      expectRefused(seen);
    expect(written()).toEqual(before);
  });
});

test(`${CASES} generated files: sound, or refused with a place and a fix, and nothing written`, {
  timeout: 0,
}, async () => {
  let refused = 0;
  let slowest = 0;
  const before = written();
  const one = fc.asyncProperty(hostileFile, async ({ file, bytes }) => {
    put(file, bytes);
    const seen = await drill('validate', READ_BY.get(file) ?? file);
    put(file, SOUND[file]);
    slowest = Math.max(slowest, seen.ms);
    if (seen.code === 0) {
      expect(seen.err).toBe('');
      expect(seen.ms).toBeLessThan(SOON);
    } else {
      refused++;
      expectRefused(seen);
    }
  });
  await fc.assert(one, { numRuns: CASES, seed: SEED, endOnFailure: true });
  expect(written()).toEqual(before);
  expect(Object.keys(Object.prototype)).toEqual([]);
  // Else the generator has gone soft.
  expect(refused / CASES).toBeGreaterThan(0.5);
  if (CASES > 2000) console.info(`${CASES} files, ${refused} refused, the slowest took ${Math.round(slowest)} ms`);
});

test('what may stand after --fault', () => {
  fc.assert(
    fc.property(hostileFlag, (text) => {
      const terminal = fakeTerminal();
      try {
        faultFromFlag(text, catalogue, ['primary', 'backup']);
      } catch (error) {
        expect(printError(error, terminal)).toBe(2);
        expect(terminal.err()).toMatch(PROBLEMS);
      }
    }),
    { numRuns: CASES, seed: SEED },
  );
});
