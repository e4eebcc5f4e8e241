import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { agent, bin, ended, freshOut, home, STORM, sizeOf, until } from './bad-endings.fixture.ts';
import { freePorts } from './free-ports.fixture.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { type Entry, readJournal } from './schedule/journal.ts';
import { goesOn, send } from './world/processes.ts';

// The command itself, with schedules that are due every second and runs that go on until they are ended.

const out = freshOut();
const journal = () => readJournal(join(out, 'schedule.jsonl'));
const of = <E extends Entry['event']>(event: E) =>
  journal().filter((one): one is Extract<Entry, { event: E }> => one.event === event);

const daemon = (...more: string[]) =>
  spawn(process.execPath, [bin, 'schedule', '--out', out, ...more], {
    cwd: home,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: HANG_GUARD_MS,
    killSignal: 'SIGKILL',
  });

/** Also where nobody has taken note of its end yet. */
const isGoing = (run: string) => of('spawned').some((one) => one.run === run && goesOn(one));

/** The next run that is under way. */
async function nextRun(after: number, child: ReturnType<typeof daemon>): Promise<string> {
  await until(() => of('spawned').length > after, child);
  const run = of('spawned')[after]?.run ?? '';
  await until(() => sizeOf(join(out, 'scheduled', run)) > 1000, child);
  return run;
}

test('killed in the middle of a run, and started again: the run is interrupted, ended, and never begun again', async () => {
  // Where the test fails, what the killed daemon left would go on for ever.
  onTestFinished(() => {
    for (const one of of('spawned')) if (goesOn(one)) send(one.pid, 'SIGKILL');
  });
  const told: string[] = [];
  const hook = createServer(async (request, response) => {
    for await (const piece of request) told.push(String(piece));
    response.end();
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const address = hook.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const schedule = {
    cron: '* * * * * *',
    drills: ['timeout_primary'],
    target: agent(STORM),
    args: ['--fault', 'server-error@primary', '--tasks', 'tasks'],
    concurrency_policy: 'Forbid',
    starting_deadline_seconds: 1,
    notify: { webhook: `http://127.0.0.1:${port}/hook`, command: 'cat > told.json' },
  };
  writeFileSync(join(home, 'drill.config.yaml'), stringify({ schedules: { storm: schedule } }));

  const first = daemon();
  const firstEnd = ended(first);
  const run = await nextRun(0, first);
  const second = daemon();
  expect(await ended(second)).toMatchObject({ code: 2, stderr: expect.stringContaining('keeps this journal') });
  first.kill('SIGKILL');
  expect((await firstEnd).signal).toBe('SIGKILL');
  // Nobody hears of its end any more, and it goes on.
  expect(isGoing(run)).toBe(true);

  const healthPort = await freePorts(1);
  const third = daemon('--port', String(healthPort));
  const thirdEnd = ended(third);
  const another = await nextRun(1, third);
  expect(of('ended')).toEqual([expect.objectContaining({ run, outcome: 'interrupted' })]);
  expect(isGoing(run)).toBe(false);
  const health = await fetch(`http://127.0.0.1:${healthPort}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { ok: true, running: 1 }]);
  const figures = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  expect(figures).toContain('drill_schedule_runs_total{schedule="storm",verdict="interrupted"} 1\n');
  await until(() => of('told').length === 2, third);

  third.kill('SIGTERM');
  expect(await thirdEnd).toMatchObject({ code: 0, stderr: '' });
  expect(isGoing(another)).toBe(false);
  expect(journal().at(-1)?.event).toBe('stopped');
  expect(of('ended').map((one) => [one.run, one.outcome])).toEqual([
    [run, 'interrupted'],
    [another, 'interrupted'],
  ]);
  // Each due second was started once, or told as missed; none was both.
  const due = [...of('started'), ...of('missed')].map((one) => one.due);
  expect(new Set(due).size).toBe(due.length);
  expect(of('started').map((one) => one.run)).toEqual([run, another]);
  // Of the one that was killed somebody was told, of the one that we stopped nobody.
  expect(of('told').map(({ run: of, how, failed }) => ({ of, how, failed }))).toEqual(
    expect.arrayContaining([
      { of: run, how: 'webhook', failed: undefined },
      { of: run, how: 'command', failed: undefined },
    ]),
  );
  expect(of('told')).toHaveLength(2);
  expect(JSON.parse(told.join(''))).toMatchObject({ schedule: 'storm', run, outcome: 'interrupted' });
  expect(JSON.parse(readFileSync(join(home, 'told.json'), 'utf8'))).toMatchObject({ run });
  hook.close();
  hook.closeAllConnections();
});
