import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../core/clock.ts';
import type { Gathered } from '../core/gathered.ts';
import { createLedgerFiles } from './ledger-files.ts';
import { MemoryFiles } from './memory-files.fixture.ts';
import { openSpend, type Reservation, type SpendOptions } from './spend.ts';
import { wanted } from './wanted-call.fixture.ts';

const EVENING = Date.UTC(2026, 10, 30, 23, 59, 59);
const clockAt = (epochMs: number): Clock & { at: number } => ({
  ...{ kind: 'wall', epochMs, at: 0 },
  now() {
    return this.at;
  },
  sleep: async () => {},
  never: () => new Promise(() => {}),
});
const FILE = 'spend/2026-11-30.jsonl';

/** Room for ten calls: each may cost ten cents, and one call is what `wanted()` wants. */
function open(over: Partial<SpendOptions> = {}) {
  const files = new MemoryFiles();
  const options = { capUsd: 1, folder: 'spend', files, clock: clockAt(EVENING), ci: false, ...over };
  return { files: over.files instanceof MemoryFiles ? over.files : files, spend: openSpend(options) };
}
const whole = (usage: Gathered['usage']): Pick<Gathered, 'usage' | 'end' | 'error'> => ({
  ...{ usage, end: 'stop', error: undefined },
});
const granted = (got: { granted: boolean }): got is Reservation => got.granted;
async function take(spend: ReturnType<typeof open>['spend'], call = wanted()): Promise<Reservation> {
  const got = await spend.reserve(call);
  if (!granted(got)) throw new Error(got.why);
  return got;
}

describe('what is available', () => {
  it('is asked before each call, and what was reserved and not used comes back', async () => {
    const { spend } = open();
    const first = await take(spend);
    expect(first.usd).toBe(0.1);
    expect(await spend.standing()).toEqual({ settled: 0, outstanding: 0.1, available: 0.9 });
    expect(await first.settle(whole({ input: 10, output: 30 }))).toEqual({ usd: 0.03 });
    expect(await spend.standing()).toEqual({ settled: 0.03, outstanding: 0, available: 0.97 });
  });

  it('holds for 64 calls at once: ten have room', async () => {
    const { spend } = open();
    const got = await Promise.all(Array.from({ length: 64 }, () => spend.reserve(wanted())));
    expect(got.filter(granted)).toHaveLength(10);
    const refused = got.filter((one) => !one.granted);
    expect(new Set(refused.map((one) => !one.granted && one.because))).toEqual(new Set(['no_room']));
    expect(refused[0]).toMatchObject({ why: expect.stringContaining('$0.1000, and of today') });
  });

  it('holds on a disk, for two that share it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drill-spend-'));
    try {
      const both = [1, 2].map(() => open({ folder, files: createLedgerFiles() }).spend);
      const got = await Promise.all(Array.from({ length: 64 }, (_, i) => both[i % 2]?.reserve(wanted())));
      expect(got.filter((one) => one?.granted)).toHaveLength(10);
      for (const one of both) expect(await one.standing()).toEqual({ settled: 0, outstanding: 1, available: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is exact to the last nano-dollar', async () => {
    const { spend } = open({ capUsd: 0.3 });
    for (const _ of [1, 2, 3]) await take(spend);
    expect(await spend.standing()).toEqual({ settled: 0, outstanding: 0.3, available: 0 });
    expect(await spend.reserve(wanted({ max_completion_tokens: 1 }))).toMatchObject({ because: 'no_room' });
    expect((await take(open({ capUsd: 1e12 }).spend)).usd).toBe(0.1);
    expect(await open({ capUsd: Number.NaN }).spend.reserve(wanted())).toMatchObject({ because: 'no_room' });
  });

  it('is anew each UTC day; what was reserved the day before is settled there', async () => {
    const clock = clockAt(EVENING);
    const { spend, files } = open({ clock, capUsd: 0.1 });
    const last = await take(spend);
    expect((await spend.reserve(wanted())).granted).toBe(false);
    clock.at = 2000;
    await take(spend);
    await last.settle(whole({ input: 1, output: 1 }));
    expect([...files.files.keys()]).toEqual([FILE, 'spend/2026-12-01.jsonl']);
    expect(files.textOf(FILE).match(/settle/g)).toHaveLength(1);
    expect(await spend.standing()).toMatchObject({ settled: 0, outstanding: 0.1 });
  });

  it('is known to a process that starts later, and to one with another cap', async () => {
    const { spend, files } = open();
    for (const _ of [1, 2, 3]) await take(spend);
    const careful = open({ files, capUsd: 0.35 }).spend;
    expect(await careful.reserve(wanted())).toMatchObject({ because: 'no_room' });
    const generous = open({ files, capUsd: 2 }).spend;
    for (let n = 3; n < 20; n++) await take(generous);
    expect(await generous.reserve(wanted())).toMatchObject({ because: 'no_room' });
    expect(await open({ files }).spend.standing()).toEqual({ settled: 0, outstanding: 2, available: 0 });
  });
});

describe('a reservation is kept whole', () => {
  const error = { type: 'error', mode: 'server_error', message: '' } as const;
  it.each<[string, Pick<Gathered, 'usage' | 'end' | 'error'>]>([
    ['by a reply without usage', { usage: undefined, end: 'stop', error: undefined }],
    ['by one that was aborted', { usage: { input: 1, output: 1 }, end: undefined, error: undefined }],
    ['by one that ended in an error', { usage: { input: 1, output: 1 }, end: 'stop', error }],
    ['where nothing was counted', whole({ input: 0, output: 0 })],
    ['where the counts are below nothing', whole({ input: 1, output: -1000 })],
    ['where they are no whole numbers', whole({ input: 1, output: Number.POSITIVE_INFINITY })],
    ['where more was cached than sent', whole({ input: 1, output: 1, cached: 2 })],
  ])('%s', async (_, reply) => {
    const { spend } = open();
    const settled = await (await take(spend)).settle(reply);
    expect(settled).toEqual({ usd: 0.1, kept: expect.any(String) });
    expect(await spend.standing()).toMatchObject({ outstanding: 0.1 });
  });

  it('by a process that died, and by a settlement that could not be written', async () => {
    const { spend, files } = open();
    const reservation = await take(spend);
    files.tearNextAt = 20;
    expect(await reservation.settle(whole({ input: 1, output: 1 }))).toMatchObject({
      usd: 0.1,
      kept: expect.stringContaining('no space'),
    });
    await take(spend);
    expect(await open({ files }).spend.standing()).toMatchObject({ settled: 0, outstanding: 0.2 });
  });
});

it('the first word on a reservation counts', async () => {
  const { spend } = open();
  const reservation = await take(spend);
  await reservation.settle({ usage: undefined, end: undefined, error: undefined });
  expect(await reservation.notSent()).toMatchObject({ kept: expect.any(String) });
  expect(await spend.standing()).toMatchObject({ outstanding: 0.1 });
  const unsent = await take(spend);
  expect(await unsent.notSent()).toEqual({ usd: 0 });
  expect(await spend.standing()).toMatchObject({ settled: 0, outstanding: 0.1 });
});

it('what costs more than was reserved is counted in full, and said', async () => {
  const { spend } = open();
  expect(await (await take(spend)).settle(whole({ input: 1, output: 700 }))).toEqual({ usd: 0.7, short: true });
  expect(await spend.standing()).toMatchObject({ settled: 0.7, available: 0.3 });
});

describe('refused is', () => {
  it('a model whose price nobody knows', async () => {
    const at = { model: 'm' };
    expect(await open().spend.reserve(wanted({}, { at }))).toEqual({
      ...{ granted: false, because: 'price_unknown', why: 'price unknown: m' },
      fix: 'Give `price` on the role primary.',
    });
  });

  it("a model that is not the role's own: the role's price says nothing of it", async () => {
    const got = await open().spend.reserve(wanted({ model: 'another' }));
    expect(got).toMatchObject({ because: 'price_unknown', why: 'price unknown: another' });
    expect(await take(open({ capUsd: 9 }).spend, wanted({ model: 'gpt-5' }))).toMatchObject({ granted: true });
  });

  it("what only names its input, of a model whose context is not the role's own", async () => {
    const named = { model: 'gemini-2.5-pro', previous_response_id: 'r' };
    expect(await open().spend.reserve(wanted(named))).toMatchObject({ because: 'context_unknown' });
    const known = { ...named, model: 'gpt-5-mini', max_completion_tokens: 1 };
    expect((await take(open().spend, wanted(known))).usd).toBeCloseTo(0.100002, 9);
  });

  it('a request that has the provider keep its input, where that price is not known', async () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }];
    const { spend } = open();
    expect(await spend.reserve(wanted({ messages }))).toMatchObject({
      because: 'price_unknown',
      fix: expect.stringContaining('cache_write'),
    });
    const at = { model: 'm', price: { input: 0, output: 1000, cache_write: 0 } };
    expect((await spend.reserve(wanted({ messages }, { at }))).granted).toBe(true);
  });

  it("a request without an output limit, unless it is given the drill's", async () => {
    const unlimited = wanted({ max_completion_tokens: undefined });
    expect(await open().spend.reserve(unlimited)).toMatchObject({ because: 'no_output_limit' });
    const { spend } = open({ maxOutputTokens: 50 });
    expect(await spend.reserve(unlimited)).toMatchObject({ granted: true, usd: 0.05, maxOutputTokens: 50 });
    expect(await spend.reserve(wanted())).not.toHaveProperty('maxOutputTokens');
  });

  it('every call, where the ledger cannot be written; what may stand there of it counts', async () => {
    const { spend, files } = open();
    files.tearNextAt = 30;
    expect(await spend.reserve(wanted())).toMatchObject({
      ...{
        because: 'ledger_failed',
        why: expect.stringContaining('no space left'),
        fix: `Mend ${FILE}, or give a folder on a local disk that can be written.`,
      },
    });
    expect(await spend.standing()).toMatchObject({ outstanding: 0 });
    files.failsToSync = true;
    expect(await spend.reserve(wanted())).toMatchObject({ because: 'ledger_failed' });
    expect(await spend.standing()).toMatchObject({ outstanding: 0.1 });
  });

  it('every call, where the ledger holds what no ledger holds', async () => {
    const { spend, files } = open();
    await take(spend);
    files.put(FILE, new TextEncoder().encode('\n{"reserve":"x","nano_usd":-5}'));
    const odd = { because: 'ledger_failed', why: expect.stringContaining('none of a ledger') };
    expect(await spend.reserve(wanted())).toMatchObject(odd);
    expect(await spend.reserve(wanted())).toMatchObject(odd);
    expect(await open({ files }).spend.reserve(wanted())).toMatchObject(odd);
  });

  it('a call whose reservation is gone from the ledger at once', async () => {
    const { spend, files } = open();
    const append = files.append.bind(files);
    files.append = async (path, bytes) => {
      await append(path, bytes);
      files.files.delete(path);
    };
    expect(await spend.reserve(wanted())).toMatchObject({ because: 'ledger_failed' });
  });
});

describe('an empty ledger', () => {
  it('is told of under CI, as the machine may know nothing of the day', async () => {
    const { spend } = open({ ci: true });
    expect(await spend.notes()).toEqual([expect.stringContaining(`The spend ledger ${FILE} is empty`)]);
    await take(spend);
    expect(await spend.notes()).toEqual([]);
    expect(await open().spend.notes()).toEqual([]);
  });
});

describe('a torn line', () => {
  it('is skipped wherever it broke off, and does not swallow the next', async () => {
    const { spend, files } = open();
    await take(spend);
    const line = files.files.get(FILE) ?? new Uint8Array();
    for (let at = 0; at < line.length; at++) {
      const torn = new MemoryFiles();
      torn.put(FILE, line.subarray(0, at));
      const after = open({ files: torn }).spend;
      await take(after);
      expect(await open({ files: torn }).spend.standing()).toMatchObject({ outstanding: 0.1 });
    }
  });
});

describe('however their steps fall', () => {
  /** What a process does of a call: whether its write tears, and what it says in the end. */
  const Step = fc.record({
    by: fc.nat(2),
    tear: fc.option(fc.nat(150), { freq: 3, nil: undefined }),
    end: fc.constantFrom('settles', 'dies', 'unsent'),
  });

  it('processes with one ledger never have more outstanding than the cap, and agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(Step, { minLength: 1, maxLength: 12 }), async (scheduler, steps) => {
        const files = new MemoryFiles();
        const turn = scheduler.scheduleFunction(async () => {});
        files.turn = async () => void (await turn());
        const processes = [0, 1, 2].map(() => open({ files, capUsd: 0.3 }).spend);
        let [held, most] = [0, 0];
        const runs = steps.map(async ({ by, tear, end }) => {
          const got = await scheduler.schedule(Promise.resolve()).then(() => {
            if (tear !== undefined) files.tearNextAt = tear;
            return processes[by]?.reserve(wanted());
          });
          if (got === undefined || !granted(got)) return;
          held += got.usd;
          most = Math.max(most, held);
          // Whoever lets go does so before it says so.
          if (end === 'dies') return;
          held -= got.usd;
          if (end === 'unsent') await got.notSent();
          else {
            held += 0.05;
            await got.settle(whole({ input: 1, output: 50 }));
          }
        });
        await scheduler.waitFor(Promise.all(runs));
        expect(most).toBeLessThanOrEqual(0.3 + 1e-9);
        files.turn = async () => {};
        const views = await Promise.all([...processes, open({ files }).spend].map((one) => one.standing()));
        const [first] = views;
        expect(Math.round(((first?.settled ?? 1) + (first?.outstanding ?? 1)) * 1e9)).toBeLessThanOrEqual(0.3e9);
        for (const view of views)
          expect(view).toMatchObject({ settled: first?.settled, outstanding: first?.outstanding });
      }),
      // To look for a smaller one takes hours of microtasks, in which no limit of a test is heard.
      { numRuns: 150, endOnFailure: true },
    );
  });
});
