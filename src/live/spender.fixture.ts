/** Test-only, a process of its own: spends what a ledger grants, calling a provider for each call, until there is no room. */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { createLedgerFiles, openSpend } from './index.ts';
import { wanted } from './wanted-call.fixture.ts';

const [folder = '', provider = '', dies = '0', after = '0'] = process.argv.slice(2);
const clock = {
  ...({ kind: 'wall', epochMs: 1_796_040_000_000 } as const),
  now: () => 0,
  sleep: async () => {},
  never: () => new Promise<never>(() => {}),
};
const disk = createLedgerFiles();
let appends = 0;
/** Dies in the middle of a write, if it is to: which, counted from 1, and after how many of its bytes. */
const files = {
  ...disk,
  async append(path: string, bytes: Uint8Array) {
    appends += 1;
    if (appends !== Number(dies)) return disk.append(path, bytes);
    mkdirSync(folder, { recursive: true });
    writeSync(openSync(path, 'a'), bytes.subarray(0, Number(after)));
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => {});
  },
};
const spend = openSpend({ capUsd: 1, folder, files, clock, ci: false });
process.stdout.write('ready\n');
async function useUp(): Promise<string> {
  for (;;) {
    const got = await spend.reserve(wanted());
    if (!got.granted) return got.because;
    await fetch(provider, { method: 'POST' }).then((reply) => reply.text());
    await got.settle({ usage: { input: 1, output: 100 }, end: 'stop', error: undefined });
  }
}
// Many at once, so that two processes meet at the last of what is left.
const ends = await Promise.all(Array.from({ length: 16 }, useUp));
process.stdout.write(`${[...new Set(ends)].join()}\n`);
