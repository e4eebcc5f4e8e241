import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { catalogue } from './catalogue.ts';
import { main } from './cli/main.ts';
import { printError } from './cli/print-error.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { computing, isLinear } from './computing.fixture.ts';
import { faultFromFlag } from './config/fault-flag.ts';
import { BROKEN, NO_TEXT, READ_BY, SLIPS, SOUND, type SoundFile } from './config/hostile-corpus.fixture.ts';
import { hostileFile, hostileFlag } from './config/hostile-file.fixture.ts';
import { readUserFile } from './config/read-file.ts';
import { Scratch } from './config/scratch.fixture.ts';
import { installRoutes } from './world/index.ts';

installRoutes();

/** The whole of it: HOSTILE_CASES=100000 npx vitest run src/hostile-input.test.ts --testTimeout 0 */
const CASES = Number(process.env['HOSTILE_CASES'] ?? 300);
const SEED = Number(process.env['HOSTILE_SEED'] ?? 7);
/** How much more computing any file may take than the largest sound ones. Without our limits it would be hundreds. */
const MOST_TIMES = 8;

const project = new Scratch();
afterAll(() => project[Symbol.dispose]());
const read = [...READ_BY];
const dataFiles = read.filter(([file]) => !file.endsWith('.md'));

function put(file: string, bytes: string | Uint8Array): void {
  const path = join(project.dir, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

function restore(): void {
  rmSync(project.dir, { recursive: true });
  for (const [file, text] of Object.entries(SOUND)) put(file, text);
}
restore();

/** Looks at the project while something else stands in place of one of its files. */
async function having(file: SoundFile, bytes: string | Uint8Array, look: () => Promise<void>): Promise<void> {
  put(file, bytes);
  try {
    await look();
  } finally {
    put(file, SOUND[file]);
  }
}

const written = () => readdirSync(project.dir, { recursive: true }).map(String).sort();

async function drill(...words: string[]) {
  const terminal = fakeTerminal({ cwd: project.dir });
  let code = 0;
  const ms = await computing(async () => {
    code = await main(['node', 'drill', ...words], terminal);
  });
  return { code, out: terminal.out(), err: terminal.err(), ms };
}

/** As much as anybody may write into one file: close to the most golden tasks, and to the most words. */
const LARGEST = Array.from(
  { length: 900 },
  (_, i) => `- { name: t${i}, input: How long is it?, must_include: [${`d${i}, `.repeat(24)}] }\n`,
).join('');

/** What nobody may be kept waiting for longer than: the computing of the largest sound files, and some times more. */
let soon: number;
beforeAll(() =>
  having('fixtures/golden/support/more.yaml', LARGEST, async () => {
    const measured: number[] = [];
    for (let i = 0; i < 2; i++) {
      const { code, err, ms } = await drill('validate', 'fixtures/golden/support');
      expect([code, err]).toEqual([0, '']);
      measured.push(ms);
    }
    soon = MOST_TIMES * Math.min(...measured);
  }),
);

test('reading takes time with the length of a file', async () => {
  const path = join(project.dir, 'long.yaml');
  const lines = LARGEST.split('\n');
  const reading = (n: number) => {
    writeFileSync(path, lines.slice(0, n).join('\n'));
    readUserFile(path);
  };
  expect(await isLinear(reading, 896)).toBe(true);
  rmSync(path);
});

/** One or more problems, each with what, where and how to mend it, on a line each; nothing else. */
const PROBLEMS = /^(error: [^\n]+\n {2}at [^\n]+\n {2}fix: [^\n]+\n\n?)+$/;

function expectRefused(seen: Awaited<ReturnType<typeof drill>>): void {
  expect(seen.err).toMatch(PROBLEMS);
  expect(seen.code).toBe(2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what may not be there
  expect(seen.err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  expect(seen.err.length).toBeLessThan(300_000);
  expect(seen.ms).toBeLessThan(soon);
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
  const elsewhere = SOUND['drills/mine.yaml'].replace('tasks: [refund]', 'tasks: [refnd]');
  await having('drills/mine.yaml', elsewhere, async () => {
    const seen = await drill('run', 'mine', '--out', join(project.dir, 'out'));
    expectRefused(seen);
    expect(seen.err).toMatch(/mine\.yaml:18:17\n {2}fix: did you mean "refund"\?/);
  });
});

describe('text that is broken, in place of each data file', () => {
  test.each(Object.entries(BROKEN))('%s', async (_, text) => {
    // What is too large is so wherever it stands.
    for (const [file, name] of text.length > 100_000 ? dataFiles.slice(0, 2) : dataFiles)
      await having(file, text, async () => expectRefused(await drill('validate', name)));
  });
});

describe('what is no text, in place of each file', () => {
  test.each(Object.entries(NO_TEXT))('%s', async (_, bytes) => {
    for (const [file, name] of read)
      await having(file, bytes, async () => expectRefused(await drill('validate', name)));
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
  beforeEach(restore);
  afterAll(restore);

  test.each(Object.entries(OTHERS))('%s', async (_, make) => {
    for (const [file, name] of read) {
      const path = join(project.dir, file);
      rmSync(path);
      make(path);
      expectRefused(await drill('validate', name));
      rmSync(path, { recursive: true });
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
      rmSync(path);
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
    await having(file, text, async () => {
      expectRefused(await drill('validate', READ_BY.get(file) ?? file));
      const before = written();
      expectRefused(await drill('run', 'mine', '--out', join(project.dir, 'out')));
      expect(written()).toEqual(before);
    });
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
    expect(seen.ms).toBeLessThan(soon);
    // What is wrong with the words themselves is told by the command line's own parser.
    if (!/^error: (option '|(unknown option|missing required argument|too many arguments)\b)/.test(seen.err))
      expectRefused(seen);
    expect(written()).toEqual(before);
  });
});

test(`${CASES} generated files: sound, or refused with a place and a fix, and nothing written`, async () => {
  let refused = 0;
  let slowest = 0;
  const before = written();
  const one = fc.asyncProperty(hostileFile, async ({ file, bytes }) => {
    await having(file, bytes, async () => {
      const seen = await drill('validate', READ_BY.get(file) ?? file);
      slowest = Math.max(slowest, seen.ms);
      if (seen.code === 0) {
        expect(seen.err).toBe('');
        expect(seen.ms).toBeLessThan(soon);
      } else {
        refused++;
        expectRefused(seen);
      }
    });
  });
  await fc.assert(one, { numRuns: CASES, seed: SEED, endOnFailure: true });
  expect(written()).toEqual(before);
  expect(Object.keys(Object.prototype)).toEqual([]);
  // Else the generator has gone soft.
  expect(refused / CASES).toBeGreaterThan(0.5);
  if (CASES >= 1000) console.info(`${CASES} files, ${refused} refused, the slowest took ${Math.round(slowest)} ms`);
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
