import { describe, expect, it, onTestFinished, test } from 'vitest';
import { start as begin, clock, type Started, until } from './command.fixture.ts';

async function start(line: string | string[], more?: object): Promise<Started> {
  const started = await begin(line, more);
  onTestFinished(() => started.target.close());
  return started;
}

const linux = process.platform === 'linux';

describe('a process for each task', () => {
  it('reads the task and writes an outcome, a text, or what an API replied', async () => {
    const echo = await start(`sed 's/.*"input":"\\([^"]*\\)".*/{"kind":"partial","answer":"\\1"}/'`);
    expect(await echo.ask({ input: 'Why?' })).toEqual({ kind: 'partial', answer: 'Why?' });
    const said = async (text: string) => (await start(['echo', text])).ask();
    expect(await said('We open at ten.')).toEqual({ kind: 'answered', answer: 'We open at ten.' });
    expect(await said('"We open at ten."')).toEqual({ kind: 'answered', answer: 'We open at ten.' });
    expect(await said('{"output":"Ten.","citations":["a"]}')).toMatchObject({ answer: 'Ten.', citations: ['a'] });
    const completion = '{"choices":[{"message":{"role":"assistant","content":"Ten."}}]}';
    expect(await said(completion)).toEqual({ kind: 'answered', answer: 'Ten.' });
    expect(await (await start('echo "$OF_TASK"')).ask({ id: 'hours-9' })).toMatchObject({ answer: 'hours-9' });
  });

  it.each([
    ['it ended with exit code 3', 'exit 3'],
    ['it ended with exit code 1: no config', 'echo first >&2; echo no config >&2; exit 1'],
    ['it was ended by SIGKILL', 'kill -9 $$'],
    ['it wrote nothing', ':'],
    ['it wrote nothing', 'exec >&-'],
    ['it wrote more than 1 MB', 'yes'],
    ['it wrote more than 1 MB', 'head -c 100000000 /dev/zero'],
  ])('fails: %s (%s)', async (error, line) => {
    const bad = await start(line);
    expect(await bad.ask()).toEqual({ kind: 'failed', error });
    if (linux) await until(() => bad.left().length === 0);
  });

  it.each(['no-such-command-anywhere', './no-such-file'])('%s is no command', async (word) => {
    await expect(begin([word])).rejects.toThrow(`the target cannot be started: there is no command ${word}`);
    await expect(begin(['sh'], { folder: '/no/such/folder' })).rejects.toThrow('there is no folder /no/such/folder');
  });

  it.each(['sleep 0.1; echo ok', 'exec <&-; echo ok'])('need not read what it is asked: %s', async (line) => {
    const sources = [{ id: 'a', text: 'x'.repeat(5_000_000) }];
    expect(await (await start(line)).ask({ sources })).toMatchObject({ answer: 'ok' });
  });

  it('may write whatever bytes', async () => {
    const { kind } = await (await start('head -c 4096 /dev/urandom')).ask();
    expect(['answered', 'failed']).toContain(kind);
  });

  it('may say as much as it likes beside its outcome; not all of it is shown', async () => {
    const loud = await start('yes | head -c 30000000 >&2; echo ok');
    expect(await loud.ask()).toMatchObject({ answer: 'ok' });
    expect(loud.printed().length).toBeLessThan(110_000);
    expect(loud.printed()).toMatch(/it writes more, which is not shown\)\n$/);
  });

  it('says which tasks waited for a process, and how many were under way at once', async () => {
    const slow = await start('read -r task; sleep 0.3; echo ok');
    await Promise.all(['a-1', 'a-2', 'a-3'].map((id) => slow.ask({ id })));
    await slow.ask({ id: 'a-4' });
    const most = new Map(slow.waited);
    expect([...most]).toEqual([...['a-1', 'a-2', 'a-3'].map((id) => [id, 3]), ['a-4', 1]]);
  });
});

describe.runIf(linux)('nothing is left running', () => {
  it('of what a task has started, although it holds the pipes', async () => {
    const parent = await start('sleep 300 & sleep 300 & echo ok');
    expect(await parent.ask()).toMatchObject({ answer: 'ok' });
    await until(() => parent.left().length === 0);
  });

  it.each([
    ['that ignores SIGTERM', `trap '' TERM; echo there >&2; while :; do sleep 300; done`],
    ['that waits', 'echo there >&2; sleep 300'],
    ['that has stopped itself', 'echo there >&2; kill -STOP $$'],
  ])('of one %s', async (_, line) => {
    const stubborn = await start(line);
    const left = new AbortController();
    const asked = stubborn.ask({}, left.signal);
    await until(() => stubborn.printed().includes('there'));
    left.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await until(() => stubborn.left().length === 0);
  });

  it.each([
    ['setsid', 'setsid sleep 300 >/dev/null 2>&1 & sleep 0.2; echo ok'],
    ['two forks', '(setsid sh -c "sleep 300 & sleep 300" >/dev/null 2>&1 &); sleep 0.2; echo ok'],
    ['setsid, with the pipes', 'setsid sleep 300 & echo ok'],
  ])('of what has left its group by %s, once the world ends', async (_, line) => {
    const parent = await start(line);
    expect(await parent.ask()).toMatchObject({ answer: 'ok' });
    expect(parent.left()).not.toEqual([]);
    await parent.target.close();
    await until(() => parent.left().length === 0);
  });
});

describe('a process for all tasks', () => {
  const LOOP = 'while read -r line; do';
  const idOf = `$(printf '%s' "$line" | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')`;

  it('takes a line for each and answers with a line; an id says whose it is', async () => {
    const one = await start(
      `read -r a; read -r b; ${`line=$b; echo "{\\"id\\":\\"${idOf}\\",\\"answer\\":\\"second\\"}"`}; echo '{"answer":"first"}'; cat`,
      { lives: 'run' },
    );
    const [first, second] = await Promise.all([one.ask({ id: 'a-1' }), one.ask({ id: 'a-2' })]);
    expect([first, second]).toEqual([
      { kind: 'answered', answer: 'first' },
      { kind: 'answered', answer: 'second' },
    ]);
    // Both were asked before it had said anything.
    expect(one.waited.map(([id]) => id).toSorted()).toEqual(['a-1', 'a-2']);
  });

  it('remembers, is handed what tells its calls apart, and may log beside its answers', async () => {
    const counting = await start(
      `n=0; ${LOOP} n=$((n+1)); echo "a log line"; echo; echo "{\\"answer\\":\\"$n $(printf '%s' "$line" | grep -o 'key of [a-z0-9-]*')\\"}"; done`,
      { lives: 'run' },
    );
    expect(await counting.ask({ id: 'a-1' })).toMatchObject({ answer: '1 key of a-1' });
    expect(await counting.ask({ id: 'a-2' })).toMatchObject({ answer: '2 key of a-2' });
    expect(counting.printed()).toBe('a log line\na log line\n');
    expect(counting.waited).toEqual([['a-1', 1]]);
  });

  it('fails what it was asked when it ends, and all that comes after', async () => {
    const dying = await start('read -r line; echo out of order >&2; exit 2', { lives: 'run' });
    const error = 'it ended with exit code 2: out of order';
    expect(await dying.ask()).toEqual({ kind: 'failed', error });
    expect(await dying.ask()).toEqual({ kind: 'failed', error });
  });

  it('may end without the end of its last line', async () => {
    const hasty = await start(`read -r line; printf '{"answer":"ok"}'`, { lives: 'run' });
    expect(await hasty.ask()).toMatchObject({ answer: 'ok' });
  });

  it('fails with a line that is longer than any answer', async () => {
    const long = await start('read -r line; head -c 9000000 /dev/zero; echo; cat >/dev/null', { lives: 'run' });
    expect(await long.ask()).toEqual({ kind: 'failed', error: 'it wrote more than 1 MB' });
  });

  it.each(['yes', 'cat /dev/zero'])('is ended where it writes without end: %s', async (line) => {
    const flood = await start(`read -r line; ${line}`, { lives: 'run' });
    const before = process.resourceUsage().maxRSS;
    const error = 'it wrote more than 10 MB that is no outcome';
    expect(await flood.ask()).toEqual({ kind: 'failed', error });
    expect(await flood.ask()).toEqual({ kind: 'failed', error });
    if (linux) await until(() => flood.left().length === 0);
    expect(flood.printed().length).toBeLessThan(110_000);
    // In kilobytes: what it wrote may go by, and is not kept.
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(60_000);
  });

  it('is told of a task that nobody waits for any more', async () => {
    const told = await start(`read -r a; echo there >&2; read -r b; echo "$b" >&2; cat >/dev/null`, { lives: 'run' });
    const left = new AbortController();
    const asked = told.ask({ id: 'a-1' }, left.signal);
    await until(() => told.printed().includes('there'));
    left.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await until(() => told.printed().includes('{"cancel":"a-1"}'));
  });

  test.runIf(linux)('leaves nothing running', async () => {
    const one = await start(`trap '' TERM; sleep 300 & setsid sleep 300 & cat`, { lives: 'run' });
    await until(() => one.left().length >= 3);
    await one.target.close();
    await until(() => one.left().length === 0);
    await clock.sleep(0);
  });
});
