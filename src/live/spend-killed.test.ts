import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { moduleOptions } from '../bundle.mjs';
import { Ledger } from './ledger.ts';
import { createLedgerFiles } from './ledger-files.ts';

const home = mkdtempSync(join(tmpdir(), 'drill-spend-'));
const program = join(home, 'spender.fixture.js');
/** Calls that reached the provider, by the folder of the ledger they were paid from. */
const calls = new Map<string, number>();
const provider = createServer((request, response) => {
  const round = request.url ?? '';
  calls.set(round, (calls.get(round) ?? 0) + 1);
  response.end();
});
let origin = '';
beforeAll(async () => {
  const entryPoints = [join(import.meta.dirname, 'spender.fixture.ts')];
  await build({ ...moduleOptions, entryPoints, outbase: import.meta.dirname, outdir: home });
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  const address = provider.address();
  if (address !== null && typeof address === 'object') origin = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  provider.closeAllConnections();
  await new Promise((done) => provider.close(done));
  rmSync(home, { recursive: true, force: true });
});

function spender(
  round: string,
  ...dies: number[]
): { child: ChildProcess; ready: Promise<unknown>; over: Promise<string> } {
  const args = [program, join(home, round), `${origin}${round}`, ...dies.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (bytes) => {
    said += String(bytes);
  });
  return { child, ready: once(child.stdout, 'data'), over: once(child, 'close').then(() => said) };
}

/** Ten calls have room in each round. */
const ROOM = 10;
/** By hand: `KILLS=200 npx vitest run src/live/spend-killed.test.ts`. */
const KILLS = Number(process.env['KILLS'] ?? 10);

it(`two processes of one cap, one of them killed ${KILLS} times: never a call over it, and the ledger can be read`, async () => {
  let [granted, kills, rounds] = [0, 0, 0];
  for (; kills < KILLS; rounds++) {
    const round = `/${rounds}`;
    // One dies while it writes: its reservations are the odd lines, its settlements the even ones, at another byte each time.
    const writing = spender(round, 1 + (rounds % 3), (rounds * 14) % 190);
    // The other dies wherever it is when so many calls have been made.
    const working = spender(round);
    await working.ready;
    const enough = rounds % 7;
    while ((calls.get(round) ?? 0) < enough && working.child.exitCode === null)
      await Promise.race([once(provider, 'request'), working.over]);
    working.child.kill('SIGKILL');
    await Promise.all([writing.over, working.over]);
    kills += [writing, working].filter(({ child }) => child.signalCode === 'SIGKILL').length;

    const ledger = () => new Ledger(join(home, round, '2026-11-30.jsonl'), createLedgerFiles()).standing();
    const between = await ledger();
    expect(between.settled + between.outstanding).toBeLessThanOrEqual(1e9);
    expect(calls.get(round) ?? 0).toBeLessThanOrEqual((between.settled + between.outstanding) / 1e8);

    // Whoever comes after them uses what is left, and no more.
    const last = await spender(round).over;
    const after = await ledger();
    expect({ last, spent: after.settled + after.outstanding }).toEqual({ last: 'ready\nno_room\n', spent: 1e9 });
    expect(calls.get(round)).toBeLessThanOrEqual(ROOM);
    granted += calls.get(round) ?? 0;
    expect(readFileSync(join(home, round, '2026-11-30.jsonl'), 'utf8').startsWith('\n{')).toBe(true);
  }
  // Had the killed ones never come to spend, nothing would have been tried.
  expect(granted).toBeGreaterThan(rounds);
});
