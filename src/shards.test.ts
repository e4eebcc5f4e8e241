import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { isIn, readShard } from './judge/shard.ts';

// The fixture installs the routes, before anything else is loaded.
void runDrill;
const { main } = await import('./cli/main.ts');

const home = mkdtempSync(join(tmpdir(), 'drill-shards-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function drill(...words: string[]) {
  const terminal = fakeTerminal({ cwd: root });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

const only = (out: string) => join(out, readdirSync(out)[0] ?? '');

/** Runs all drills of the package against the smallest target. */
async function ran(name: string, ...flags: string[]) {
  const out = join(home, name);
  const { code } = await drill('run', '--target', 'fixtures/targets/good.ts', '--out', out, ...flags);
  return { code, folder: only(out) };
}

const N = 3;
let shards: { code: number; folder: string }[];
beforeAll(async () => {
  shards = [];
  for (let i = 1; i <= N; i++) shards.push(await ran(`shard-${i}`, '--shard', `${i}/${N}`));
});
const folders = () => shards.map(({ folder }) => folder);

describe('a run that three machines share', () => {
  it('is one run again: the same bytes in all that does not tell of when and where, and the same exit code', async () => {
    const whole = await ran('whole');
    const merged = await drill('merge', ...folders().toReversed(), '--out', join(home, 'merged'), '--json');
    expect(merged.code).toBe(whole.code);
    const [one, other] = [whole.folder, only(join(home, 'merged'))];
    for (const file of ['trace.jsonl', 'inputs.json', 'bodies.jsonl'])
      expect(readFileSync(join(other, file), 'utf8')).toBe(readFileSync(join(one, file), 'utf8'));
    const withoutAbout = (folder: string) =>
      readFileSync(join(folder, 'run.json'), 'utf8').replace(/\],"about":.*\n$/, '');
    expect(withoutAbout(other)).toBe(withoutAbout(one));
    expect(merged.out).toBe(readFileSync(join(other, 'run.json'), 'utf8'));
    expect(readdirSync(other).sort()).toEqual(readdirSync(one).sort());
    expect(await drill('report', other, '--as', 'json')).toMatchObject({ out: merged.out, code: merged.code });
    const used = shards.filter(({ folder }) => readFileSync(join(folder, 'run.json'), 'utf8').includes('\n{"name":'));
    expect(used.length).toBeGreaterThan(1);
  });

  it('is held against a baseline as one that was never shared', async () => {
    const whole = await ran('base');
    const gated = await drill('merge', ...folders(), '--out', join(home, 'gated'), '--baseline', whole.folder);
    expect(gated).toMatchObject({ code: 0, err: expect.stringMatching(/^nothing is worse than \S+, 0 known\n$/) });
    expect((await drill('merge', ...folders(), '--out', join(home, 'gated'), '--min-score', '100')).code).toBe(0);
  });

  it('with one missing, or there twice, is refused by name', async () => {
    const [first = '', second = ''] = folders();
    expect(await drill('merge', first, second)).toMatchObject({
      code: 2,
      err: expect.stringContaining('missing: shard 3/3'),
    });
    const copy = join(home, 'copy');
    cpSync(first, copy, { recursive: true });
    const twice = await drill('merge', ...folders(), copy);
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('shard 1/3 is there twice') });
    expect(twice.err).toContain('copy');
  });

  it('with one of another run is refused, and what differs is named', async () => {
    const { folder } = await ran('other-seed', '--shard', '3/3', '--seed', '8');
    const [first = '', second = '', third = ''] = folders();
    const other = await drill('merge', first, second, folder);
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('seed 8, there 1') });
    const older = join(home, 'older');
    cpSync(third, older, { recursive: true });
    const [file, sums] = [join(older, 'run.json'), join(older, 'SHA256SUMS')];
    const [before, text] = [
      readFileSync(file),
      readFileSync(file, 'utf8').replace('"drill":"0.1.0"', '"drill":"0.0.9"'),
    ];
    writeFileSync(file, text);
    const sumOf = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
    writeFileSync(sums, readFileSync(sums, 'utf8').replace(sumOf(before), sumOf(text)));
    const versions = await drill('merge', first, second, older);
    expect(versions).toMatchObject({ code: 2, err: expect.stringContaining('versions {"drill":"0.0.9"') });
    const { folder: whole } = await ran('no-shard', 'timeout_primary');
    expect(await drill('merge', whole)).toMatchObject({ code: 2, err: expect.stringContaining('no shard') });
  });
});

it('a shard to which no drill falls has nothing to fail', async () => {
  const { code, err } = await drill('run', 'timeout_primary', '--shard', '1/5000', '--out', join(home, 'empty'));
  expect([code, err]).toEqual([0, 'none of 1 drills falls to shard 1/5000\n']);
});

it('each drill falls to one shard, and another drill moves none', () => {
  for (const name of ['a', 'b', 'c', 'timeout_primary'])
    expect([1, 2, 3, 4].filter((index) => isIn({ index, count: 4 }, name, 1))).toHaveLength(1);
});

it.each([
  ['2/3', {}, { index: 2, count: 3 }],
  ['auto', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4' }, { index: 1, count: 4 }],
  ['auto', { BUILDKITE_PARALLEL_JOB: '0', BUILDKITE_PARALLEL_JOB_COUNT: '4' }, { index: 1, count: 4 }],
  ['auto', { JOB_COMPLETION_INDEX: '3', JOB_COMPLETION_COUNT: '4' }, { index: 4, count: 4 }],
  [
    'auto',
    { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_MIN: '5', SLURM_ARRAY_TASK_COUNT: '4' },
    { index: 3, count: 4 },
  ],
] as const)('--shard %s with %j', (text, env, shard) => expect(readShard(text, env)).toEqual(shard));

it.each(['0/3', '4/3', '1', '1/x', '', '-1/3', '1/3/5', 'auto'])('--shard %j is none', (text) => {
  expect(() => readShard(text, {})).toThrow(/shard/);
});
