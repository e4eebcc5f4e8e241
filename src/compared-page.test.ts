import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, NO_BROWSER, openBrowser, seriousIn, sideways } from './chromium.fixture.ts';
import { diffHtml } from './cli/commands/diff-html.ts';
import { main } from './cli/main.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import type { Comparison } from './core/comparison.ts';
import type { DrillReport, RunReport } from './core/report.ts';
import { compareRuns } from './judge/compare.ts';
import { laced } from './reporters/hostile.fixture.ts';
import { failedDrill, passedDrill, sampleRun } from './reporters/sample-run.fixture.ts';

const cwd = mkdtempSync(join(tmpdir(), 'drill-compared-'));
const HOSTILE = `</style></p><script>alert(1)</script><img src=x onerror=alert(2)><!--"' onfocus=alert(3) autofocus \u2028\u202e\u001b[31m`;
const LABELS = {
  broke: 'broke',
  unjudged: 'no longer judged',
  verdicts: 'other verdict',
  slower: 'slower',
  dearer: 'dearer',
  healed: 'healed',
  faster: 'faster',
  cheaper: 'cheaper',
};
const KINDS = Object.keys(LABELS) as (keyof typeof LABELS)[];

/** Its tasks with other figures, and with nothing that failed. */
const well: DrillReport = {
  ...failedDrill,
  verdict: 'passed',
  tasks: failedDrill.tasks.map((task) => ({
    ...task,
    verdict: 'passed',
    outcome: { kind: 'answered', answer: 'Yes.' },
    latency_ms: 1500,
    cost_usd: 0.001,
    checks: task.checks.map((cell) => ({ ...cell, verdict: 'passed' as const })),
  })),
};
const slow: DrillReport = {
  ...passedDrill,
  tasks: passedDrill.tasks.map((task) => ({ ...task, latency_ms: (task.latency_ms ?? 0) + 1234, cost_usd: 0.0077 })),
};

function keep(name: string, drills: DrillReport[], change: Partial<RunReport> = {}): void {
  mkdirSync(join(cwd, name));
  writeFileSync(join(cwd, name, 'run.json'), `${JSON.stringify({ ...sampleRun, drills, ...change })}\n`);
}

async function drill(...words: string[]) {
  const terminal = fakeTerminal({ cwd });
  const code = await main(['node', 'drill', 'diff', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** The page of two runs, where a browser finds it. */
async function pageOf(before: string, now: string): Promise<string> {
  const path = join(cwd, `${before}-${now}.html`);
  const { out, err } = await drill(before, now, '--as', 'html');
  expect(err).toBe('');
  writeFileSync(path, out);
  return path;
}

beforeAll(() => {
  keep('before', [passedDrill, well]);
  // The drill as a whole has a finding as well.
  keep('now', [slow, { ...failedDrill, checks: failedDrill.tasks[1]?.checks ?? [] }]);
  keep('other', [slow, failedDrill], { seed: 8 });
  keep('alone', [{ ...well, name: 'alone' }]);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

it('runs that cannot be held against each other have no page, and the reason is told', async () => {
  const { code, out, err } = await drill('before', 'alone', '--as', 'html');
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain('these runs have no drill in common');
});

describe.skipIf(NO_BROWSER !== undefined)('the page of two runs, in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)(
    '%i px wide, %s: no complaint, one request, nothing sideways, nothing serious for axe',
    async (width, colorScheme) => {
      using looked = await look(browser, await pageOf('before', 'now'), {
        viewport: { width, height: 800 },
        colorScheme,
      });
      const { page, complaints, requests } = looked;
      await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
      expect([complaints, requests.length, await page.evaluate(sideways)]).toEqual([[], 1, 0]);
      expect(await seriousIn(page)).toEqual([]);
    },
  );

  it.each([
    ['before', 'now'],
    ['now', 'before'],
  ])('%s to %s agrees with --json, without scripts, and each kind alone', async (before, now) => {
    const json: Comparison = JSON.parse((await drill(before, now, '--json')).out);
    using looked = await look(browser, await pageOf(before, now), { javaScriptEnabled: false });
    const { page } = looked;
    expect(await page.innerText('h1')).toContain(json.worse ? '✕ worse' : '✓ nothing is worse');
    const placesIn = (kinds: readonly (typeof KINDS)[number][]) =>
      new Set(
        kinds.flatMap((kind) => json[kind].map(({ drill, phase, task }) => JSON.stringify([drill, phase, task]))),
      );
    const rows = page.locator('.rows > li:visible');
    expect(await rows.count()).toBe(placesIn(KINDS).size);
    expect(placesIn(KINDS).size).toBeGreaterThan(4);
    for (const kind of KINDS) {
      const counter = page.locator(`.counters a[href="#${kind}"]`);
      expect(await counter.count()).toBe(json[kind].length === 0 ? 0 : 1);
      if (json[kind].length === 0) continue;
      await counter.click();
      expect(await counter.innerText()).toMatch(new RegExp(`^${json[kind].length} `));
      expect(await rows.count(), kind).toBe(placesIn([kind]).size);
      for (const { drill, phase = '', task = '', ...one } of json[kind]) {
        const row = rows.filter({ hasText: drill }).filter({ hasText: phase }).filter({ hasText: task });
        const said = 'check' in one ? one.check : LABELS[kind];
        expect(await row.locator('.change').allTextContents()).toContainEqual(expect.stringContaining(said));
      }
    }
    await page.click('.counters a[href="#changes"]');
    expect(await rows.count()).toBe(placesIn(KINDS).size);
  });

  it('the worst is first and open, and both sides stand there', async () => {
    using looked = await look(browser, await pageOf('before', 'now'));
    const rows = looked.page.locator('.rows > li');
    const labels = await rows.locator('summary .verdict').allInnerTexts();
    expect([...new Set(labels)]).toEqual(['broke', 'other verdict', 'slower']);
    const hung = rows.filter({ hasText: 'refund_policy_edge_case' }).filter({ hasText: 'two_wrongs' });
    const [before = '', now = ''] = await hung.locator('.side').allInnerTexts();
    expect(before).toMatch(/passed[\s\S]*answered[\s\S]*Yes\.[\s\S]*1\.5 s[\s\S]*\$0\.0010/);
    expect(now).toMatch(/failed[\s\S]*hung[\s\S]*never ended[\s\S]*by the fault hang[\s\S]*–[\s\S]*\$0\.0031/);
  });

  it.each([
    ['now', 'Comparable: the same target', []],
    ['other', 'Descriptive only: what changed may come from', ['seed: 7 before, 8 now']],
  ])('whether they can be compared is on top: %s', async (now, lead, reasons) => {
    using looked = await look(browser, await pageOf('before', now));
    expect(await looked.page.innerText('.lead')).toContain(lead);
    const said = await looked.page.locator('.cause li').allInnerTexts();
    expect(said.filter((one) => one.startsWith('seed'))).toEqual(reasons);
  });

  it('hostile text is text', async () => {
    const evil = (...drills: DrillReport[]) => laced({ name: 'reports/r', report: { ...sampleRun, drills } }, HOSTILE);
    const runs = { before: evil(passedDrill, well), now: evil(slow, failedDrill) };
    const path = join(cwd, 'evil.html');
    writeFileSync(path, diffHtml(compareRuns(runs.before, runs.now), runs));
    using looked = await look(browser, path);
    const { page, complaints, requests } = looked;
    expect(await page.innerText('.rows > li:first-child')).toContain('<script>alert(1)</script><img src=x');
    expect(await page.locator('img, iframe, script, [onerror], [onfocus], [autofocus]').count()).toBe(0);
    expect([complaints, requests.length]).toEqual([[], 1]);
  });
});
