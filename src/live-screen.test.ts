import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOSTILE, Home, noTmux, type Terminal } from './screen.fixture.ts';

// The command on terminals, as people have them: what they show, and every byte they got. The agent waits in the middle of the
// second drill, so that there is a screen on which nothing changes but the real time.

let home: Home;
beforeAll(async () => {
  home = await new Home().build();
});
afterAll(() => home?.[Symbol.dispose]());

/** The one that waits has begun: it is shown once the player, which is blocked, is looked at. */
const HELD = /^▸ held .*· 13\/21$/m;
const DRILLS = ['first', 'held', 'last'];

/** Of a screen, what the machine has no part in. */
const masked = (shown: string) =>
  `${shown
    .replace(/^[\d.]+ (s|min)(, about [\d.]+ (s|min) left)?;/m, 'REAL TIME;')
    // How much of the line fits beside the real time depends on how long that is.
    .replace(/^(REAL TIME; virtual [\d.]+ s), .*…$/m, '$1, …')
    .replace(/ +$/gm, '')}\n`;
const screens = (name: string) => join(import.meta.dirname, '../fixtures/screens', `${name}.txt`);

/** Of what is written, what differs from run to run: the agent's number, and the folder. */
const alike = (text: string) =>
  text
    .replaceAll('\r\n', '\n')
    .replace(/agent-\d+/g, 'agent')
    .replace(/[\w-]+\/\d{4}-\d\d-\d\dT[\w-]+/g, 'FOLDER');

const times = (text: string, part: string) => text.split(part).length - 1;
const headOf = (drill: string) => `${drill}  The primary is down (${drill})`;

/** What is wrong with what a terminal got and shows. */
function wrongIn(terminal: Terminal): string[] {
  const [bytes, shown] = [terminal.bytes(), terminal.shown('all')];
  const text = stripVTControlCharacters(bytes);
  return [
    ...['[2J', '[3J', 'c', '[?1049h'].filter((how) => bytes.includes(`\u001b${how}`)).map((how) => `clears by ${how}`),
    ...(bytes.includes('\u001b]') ? ['gives the terminal a command'] : []),
    ...DRILLS.filter((drill) => times(text, headOf(drill)) > 1).map((drill) => `written more than once: ${drill}`),
    ...(times(shown, 'q quit') > 1 ? ['an old screen is left'] : []),
  ];
}

/** The end of a run: the terminal is as it was, with a cursor, and nothing of the screen is left. */
async function ended(terminal: Terminal, code: number): Promise<string> {
  await terminal.until(/^EXIT=/m);
  const [bytes, shown] = [terminal.bytes(), terminal.shown('all')];
  expect(shown).toMatch(new RegExp(`^EXIT=${code} icanon$`, 'm'));
  expect(shown).not.toContain('q quit');
  expect(bytes.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(bytes.lastIndexOf('\u001b[?25l'));
  expect(wrongIn(terminal)).toEqual([]);
  return shown;
}

describe.skipIf(noTmux)('on a terminal', () => {
  it('shows what goes on, unfolds what failed, follows the window, and each drill that is over is written once', async () => {
    const terminal = home.open(120, 40);
    await expect(masked(await terminal.until(HELD))).toMatchFileSnapshot(screens('120x40'));
    terminal.press('u');
    await expect(masked(await terminal.until(/u fold /))).toMatchFileSnapshot(screens('120x40-unfolded'));
    terminal.resize(80, 24);
    terminal.press('u');
    await expect(masked(await terminal.until(/u unfold /))).toMatchFileSnapshot(screens('80x24'));
    terminal.resize(50, 12);
    await terminal.until(/passed it by …$/m);
    expect(wrongIn(terminal)).toEqual([]);
    const shown = await ended(terminal.release(), 1);
    for (const drill of DRILLS) expect(times(shown, headOf(drill))).toBe(1);
  });

  it('q ends the run as Ctrl-C does and keeps what there is; with NO_COLOR nothing is coloured', async () => {
    const terminal = home.open(50, 12, { env: 'NO_COLOR=1', args: '--out quit' });
    await expect(masked(await terminal.until(HELD))).toMatchFileSnapshot(screens('50x12'));
    terminal.press('q');
    const shown = await ended(terminal, 130);
    expect(shown).toMatch(/^NOT FINISHED held/m);
    expect(shown).toMatch(/interrupted; the trace so far is in/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours
    expect(terminal.bytes()).not.toMatch(/\u001b\[[\d;]*m/);
    expect(home.left('quit').report.status).toBe('interrupted');
  });

  it('so does Ctrl-C', async () => {
    const terminal = home.open(80, 24, { args: '--out interrupted' });
    await terminal.until(HELD);
    terminal.press('C-c');
    expect(await ended(terminal, 130)).toMatch(/^NOT FINISHED held/m);
    expect(home.left('interrupted').report.status).toBe('interrupted');
  });

  it('the words are those of the plain reporter, and the trace is the same, drawn or not', async () => {
    const terminal = home.open(100, 30, { args: '--out screen' });
    await terminal.until(HELD);
    await ended(terminal.release(), 1);
    const piped = home.run(['--out', 'pipe']);
    const written = alike(stripVTControlCharacters(terminal.bytes()));
    const blocks = alike(piped.stdout).split(/(?=^(?:first|held|last) {2}The|^PASSED first)/m);
    expect(blocks.length).toBe(DRILLS.length + 1);
    for (const block of blocks) expect(times(written, block), block).toBe(1);
    expect(alike(home.left('screen').trace)).toBe(alike(home.left('pipe').trace));
  });

  it('a window of a few lines has room; a view that is too tall for it, on a terminal as it is, is found out', async () => {
    const low = home.open(80, 6);
    await low.until(HELD);
    await ended(low.release(), 1);
    using flawed = await new Home().build(
      { file: 'reporters/live/rows.ts', find: 'Math.min(lines - FREE, MOST_ROWS)', replace: '60' },
      {
        file: 'reporters/live/paper.ts',
        find: 'readonly rows = ENDLESS',
        replace: 'readonly rows = process.stdout.rows',
      },
    );
    const tall = flawed.open(80, 6);
    await tall.until(HELD);
    await tall.untilSo(() => wrongIn(tall).includes('clears by [2J'));
    await tall.release().until(/^EXIT=/m);
  });
});

describe.skipIf(noTmux)('drill gameday', () => {
  /** Of a screen, the rows that are drawn, without times that the machine has a part in. */
  const drawn = (shown: string) =>
    `${(shown.split(/^(?=[▸ ] primary )/m).at(-1) ?? '').replace(/median.*$/gm, 'TIMES').replace(/ +$/gm, '')}\n`;

  it('keys switch faults that a client meets, and heal them; the journal holds what was switched and asked', async () => {
    const terminal = home.drill(
      80,
      24,
      'gameday --role primary=openai-chat --role backup=anthropic-messages --out day',
    );
    await terminal.until(/h heal all/);
    const [, url = ''] = /^OPENAI_BASE_URL=(\S+)/m.exec(terminal.bytes()) ?? [];
    const ask = async (signal?: AbortSignal) => {
      const body = JSON.stringify({ model: HOSTILE.slice(0, 100), messages: [{ role: 'user', content: 'Hi' }] });
      return (await fetch(`${url}/chat/completions`, { method: 'POST', body, ...(signal && { signal }) })).status;
    };
    expect(await ask()).toBe(200);
    terminal.press('1');
    await terminal.until(/1●rate-limited/);
    expect(await ask()).toBe(429);
    terminal.press('1');
    terminal.press('3');
    await terminal.until(/3●hang/);
    const leaves = new AbortController();
    const held = ask(leaves.signal);
    held.catch(() => {});
    await terminal.until(/2 ended, 1 under way/);
    leaves.abort();
    await expect(held).rejects.toThrow('aborted');
    await terminal.until(/1 left by callers/);
    await expect(drawn(terminal.shown())).toMatchFileSnapshot(screens('gameday-80x24'));
    terminal.resize(50, 12);
    terminal.press('Down');
    terminal.press('2');
    await terminal.until(/2●server-error/);
    await expect(drawn(terminal.shown())).toMatchFileSnapshot(screens('gameday-50x12'));
    terminal.press('h');
    await terminal.until(/2 server-error/);
    expect(await ask()).toBe(200);
    await terminal.until(/4 ended, 0 under way/);
    terminal.press('q');
    expect(await ended(terminal, 0)).toMatch(/^drill gameday has ended: 4 calls$/m);
    const [file = ''] = readdirSync(join(home.path, 'day'));
    const events = readFileSync(join(home.path, 'day', file), 'utf8')
      .trimEnd()
      .split('\n');
    const told = events.map((line) => {
      const { event, id, by, status, how } = JSON.parse(line);
      return event === 'call' ? `${status} ${how}` : [event, id, by].filter((part) => part !== undefined).join(' ');
    });
    expect(told).toEqual([
      ...['began', '200 complete', 'on rate-limited@primary key', '429 complete', 'off rate-limited@primary key'],
      ...['on hang@primary key', 'null left', 'on server-error@backup key'],
      ...['off hang@primary key', 'off server-error@backup key', '200 complete', 'ended'],
    ]);
  });
});

describe('where no screen is wanted, nothing is loaded that draws one', () => {
  beforeAll(() => home.loseDrawing());

  it.skipIf(noTmux).each(['CI=1', 'TERM=dumb'])('%s: no escape', async (env) => {
    const terminal = home.open(100, 30, { env }).release();
    await ended(terminal, 1);
    expect(terminal.bytes()).not.toContain('\u001b');
  });

  it.skipIf(noTmux)('on a terminal it is missed, and the run goes on without', async () => {
    const terminal = home.open(100, 30);
    await terminal.until(/the screen cannot be drawn: /);
    await ended(terminal.release(), 1);
  });

  it('in a pipe; --ui json is --json, and --ui ink says what is missing', () => {
    const piped = home.run();
    expect([piped.status, piped.stderr]).toEqual([1, '']);
    expect(piped.stdout).not.toContain('\u001b');
    const json = home.run(['--ui', 'json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: expect.stringMatching(/^drill\.run\//),
      verdict: 'failed',
    });
    expect(json.stderr).toBe('');
    const day = home.piped('gameday --fault hang@primary --until-stdin-ends');
    expect([day.status, day.stderr]).toEqual([0, '']);
    expect(day.stdout).toMatch(/^[\d:]+ {2}primary {2}on hang .*\n[\s\S]*^journal: reports\/gameday-\S+\n$/m);
    const { status, stderr } = home.run(['--ui', 'ink']);
    expect(status).toBe(2);
    expect(stderr).toBe(
      'error: there is no terminal that a screen could be drawn on: standard output goes elsewhere\n  at --ui ink\n  fix: Use --ui plain, or --ui auto, which draws a screen only where there is a terminal.\n',
    );
  });
});
