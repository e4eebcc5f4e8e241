import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A copy of the house to plant things in; the real one is never touched. */
let copy: string;
const root = join(import.meta.dirname, '..');

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'drill-house-'));
  for (const part of [
    'src',
    'fixtures',
    'drills',
    'schema',
    'package.json',
    'tsconfig.json',
    '.dependency-cruiser.cjs',
  ]) {
    cpSync(join(root, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function cruise(): string {
  const run = spawnSync('node_modules/.bin/depcruise', ['src', '--output-type', 'err'], {
    cwd: copy,
    encoding: 'utf8',
  });
  return run.stdout;
}

describe('the rooms', () => {
  it('hold today', () => {
    expect(cruise()).toMatch(/no dependency violations found \(\d{3,} modules/);
  });

  it('each rule catches a planted violation', () => {
    const planted: [rule: string, file: string, line: string][] = [
      ['core-knows-only-nobody', 'core', "import '../world/index.ts';"],
      ['core-imports-only-zod', 'core', "import 'node:fs';"],
      ['text-knows-only-core', 'text', "import '../checks/index.ts';"],
      ['protocols-knows-only-core-text', 'protocols', "import '../world/index.ts';"],
      ['world-knows-only-core', 'world', "import '../protocols/index.ts';"],
      [
        'faults-knows-only-core-text',
        'faults',
        "import type { checks } from '../checks/index.ts';\nexport type X = typeof checks;",
      ],
      ['checks-knows-only-core-text', 'checks', "import '../faults/index.ts';"],
      ['reporters-knows-only-core-text-page', 'reporters', "import '../checks/index.ts';"],
      ['targets-knows-only-core-text-protocols-world', 'targets', "import '../stand/stand.ts';"],
      ['stand-knows-only-core-text-protocols-world', 'stand', "import '../run/run.ts';"],
      ['live-knows-only-core-text-protocols-world', 'live', "import '../stand/stand.ts';"],
      ['hosted-knows-only-core-text-world', 'hosted', "import '../stand/stand.ts';"],
      ['redaction-knows-only-core-text', 'redaction', "import '../recording/recorder.ts';"],
      ['recording-knows-only-core-text-redaction', 'recording', "import '../judge/judge-drill.ts';"],
      ['judge-knows-only-core-text', 'judge', "import '../run/run.ts';"],
      ['run-knows-only-core-text-world-redaction-recording-judge', 'run', "import '../stand/stand.ts';"],
      ['runtime-knows-only-core-text-protocols', 'runtime', "import '../world/index.ts';"],
      ['config-knows-only-core-text', 'config', "import '../faults/index.ts';"],
      ['nobody-knows-runtime', 'cli', "import '../runtime/index.ts';"],
      ['only-assembly-knows-the-player', 'cli', "import '../player/apart.ts';"],
      ['only-the-cli-knows-the-cli', 'run', "import '../cli/main.ts';"],
      ['no-circular', 'core', "import './planted-other.ts';"],
      ['cassettes-knows-only-core-text-protocols-world-redaction', 'cassettes', "import '../config/project.ts';"],
      ['page-knows-only-text', 'page', "import '../core/clock.ts';"],
      ['no-verdict-rests-on-bodies', 'checks', "import '../core/bodies.ts';"],
      ['only-watched-knows-the-screen', 'run', "import '../reporters/live/index.ts';"],
      ['only-the-screen-draws', 'reporters', "import 'ink';"],
      ['schedule-knows-only-core-text-world', 'schedule', "import '../config/project.ts';"],
      ['gameday-knows-only-core-text-world-config-reporters-stand', 'gameday', "import '../run/plan.ts';"],
      ['stopping-knows-only-core-text-world', 'stopping', "import '../run/plan.ts';"],
    ];
    const files = planted.map(([, room], i) => join(copy, 'src', room, `planted-${i}.ts`));
    for (const [i, file] of files.entries()) writeFileSync(file, `${planted[i]?.[2]}\n`);
    const round = planted.findIndex(([rule]) => rule === 'no-circular');
    const other = join(copy, 'src/core/planted-other.ts');
    writeFileSync(other, `import './planted-${round}.ts';\n`);
    try {
      const found = cruise();
      for (const [i, [rule, room]] of planted.entries()) {
        const line = found
          .split('\n')
          .find(
            (l) =>
              l.includes(rule) &&
              l.includes(room === 'core' && rule === 'no-circular' ? 'planted-' : `planted-${i}.ts`),
          );
        expect(line, `${rule} misses what was planted in ${room}`).toBeDefined();
      }
    } finally {
      for (const file of [...files, other]) rmSync(file, { force: true });
    }
  });
});

describe('time and chance', () => {
  it('come from outside everywhere but in src/world', () => {
    const clocks = /\b(Math\.random|randomUUID|randomBytes|Date\.now|new Date|(?<![.\w])setTimeout\()/;
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/^world\/|\.(test|fixture)\.ts$/.test(file))
      .filter((file) => clocks.test(readFileSync(join(root, 'src', file), 'utf8')));
    expect(sources).toEqual([]);
  });
});

describe('the tests', () => {
  const OWN_LIMIT =
    /^ {0,2}\}, [\d_]+\);$|\bretry: \d|^ *(?:it|test|describe)\b.*\{ timeout: |expect\((?:performance|Date)\.now\(\) - \w+/m;

  it('keep no limit of real time but the hang guard, and are not tried again', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(test|fixture)\.ts$/.test(file) && file !== 'architecture.test.ts')
      .filter((file) => OWN_LIMIT.test(readFileSync(join(root, 'src', file), 'utf8')));
    expect(sources).toEqual([]);
  });

  it.each(['}, 60_000);', '{ retry: 5 }', "it('x', { timeout: 9 }, () => {", 'expect(performance.now() - at).toBe'])(
    'nor could they: %s',
    (line) => expect(line).toMatch(OWN_LIMIT),
  );
});

describe('the reference failover', () => {
  it('can be taken out: everything else compiles and runs', () => {
    const out = execFileSync('bash', [join(root, 'src/without-runtime.sh'), root], { encoding: 'utf8' });
    expect(out).toContain('PASSED');
  });
});
