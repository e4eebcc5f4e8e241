import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { look, NO_BROWSER, openBrowser, seriousIn, sideways } from './chromium.fixture.ts';
import { root, runDrill } from './drill-run.fixture.ts';
import { Project, THREE_TASKS } from './project.fixture.ts';
import { laced } from './reporters/hostile.fixture.ts';
import { htmlPage } from './reporters/html/index.ts';
import { failedDrill, openDrill, sampleEvents, sampleRun, written } from './reporters/sample-run.fixture.ts';

const home = mkdtempSync(join(tmpdir(), 'drill-page-'));
const [real, hostile, live] = ['real.html', 'hostile.html', 'live.html'].map((name) => join(home, name)) as [
  string,
  string,
  string,
];
let browser: Browser;

const HOSTILE = `</script></style><script>alert(1)</script><img src=x onerror=alert(2)><!--"' onfocus=alert(3) autofocus \u2028\u202e\u001b[31m`;

/** Sends, gets and says what is hostile wherever it can. */
const HOSTILE_AGENT = `const hostile = ${JSON.stringify(HOSTILE)};
export default async (task, { roles }) => {
  for (const { base_url, model, api_key } of [roles.primary, roles.backup]) {
    const body = { model, messages: [{ role: 'system', content: hostile }, { role: 'user', content: task.input + hostile }] };
    const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + api_key };
    await fetch(base_url + '/chat/completions', { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(5000) }).catch(() => {});
  }
  return { kind: 'answered', answer: hostile, notice: hostile, citations: [hostile], data: { [hostile]: hostile }, error: hostile };
};
`;

if (NO_BROWSER !== undefined) console.warn(`skipped: ${NO_BROWSER}`);

describe.skipIf(NO_BROWSER !== undefined)('the page of a run, in a browser', () => {
  beforeAll(async () => {
    browser = await openBrowser();
    // An agent with its client's own time limit, which is far too long: a finding that everybody has.
    const target = join(root, 'fixtures/targets/openai-sdk-agent.ts');
    const { files } = await runDrill({ target, reporter: ['html'] });
    writeFileSync(real, files['report.html'] ?? '');
    const page = written(htmlPage, (open) => {
      for (const event of laced(sampleEvents, HOSTILE)) open.onEvent?.(event);
      for (const drill of laced([failedDrill, openDrill], HOSTILE)) open.onDrill?.(drill);
      return open.onEnd(laced(sampleRun, HOSTILE));
    });
    writeFileSync(hostile, page);
    using project = new Project({ ...THREE_TASKS, 'agent.mjs': HOSTILE_AGENT });
    const request = { cwd: project.cwd, target: './agent.mjs', tasks: 'my-tasks', reporter: ['html'] };
    writeFileSync(live, (await runDrill(request)).files['report.html'] ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(home, { recursive: true, force: true });
  });

  describe.each([390, 1280])('%i px wide', (width) => {
    it.each(['light', 'dark'] as const)(
      '%s: no complaint, one request, nothing to be scrolled sideways, nothing serious for axe',
      async (colorScheme) => {
        using looked = await look(browser, real, { viewport: { width, height: 800 }, colorScheme });
        const { page, complaints, requests } = looked;
        await page.keyboard.press('n');
        await page.waitForSelector('.timeline');
        await page.waitForSelector('.side pre');
        expect([complaints, requests.length, await page.evaluate(sideways)]).toEqual([[], 1, 0]);
        expect(await seriousIn(page)).toEqual([]);
      },
    );

    it('without scripts: the summary and fifty rows, and nothing to be scrolled sideways', async () => {
      using looked = await look(browser, real, { viewport: { width, height: 800 }, javaScriptEnabled: false });
      const { page, complaints, requests } = looked;
      const text = await page.innerText('main');
      for (const words of ['18 of 22 tasks failed', 'Which call', 'timeout after', 'What to change'])
        expect(text).toContain(words);
      expect(await page.locator('.rows > li').count()).toBe(22);
      expect([complaints, requests.length, await page.evaluate(sideways)]).toEqual([[], 1, 0]);
    });
  });

  it('which call, what the backup got, what to change: on the first screen, and in full by one key', async () => {
    using looked = await look(browser, real, { viewport: { width: 1280, height: 800 } });
    const { page } = looked;
    const firstScreen: string = await page.evaluate(
      `[...document.querySelectorAll('.cause dd')].filter((dd) => dd.getBoundingClientRect().bottom < innerHeight).map((dd) => dd.innerText).join('\\n')`,
    );
    expect(firstScreen).toMatch(/call 1, to primary \(gpt-5-mini\): timeout after [\d.]+ s, by the fault hang/);
    expect(firstScreen).toMatch(/backup \(gpt-5-nano\) got system, user, schema of the reply.*replied/);
    expect(firstScreen).toContain('Set timeout and maxRetries (max_retries in Python) on the client of primary');
    await page.keyboard.press('n');
    const row = page.locator('details.row[open]');
    await row.locator('.side pre').first().waitFor();
    const text = await row.innerText();
    expect(text).toMatch(/primary 1[\s\d]+timeout after [\d.]+ s \(hang\) · finding 2, 3/);
    expect(text).toMatch(/money\s+spent \$0\.0001 of \$0\.0120/);
    expect(text).toMatch(/backup 1: replied 200 after [\d.]+ s/);
    expect(text).toContain('Answer the support question from the sources only');
    expect(text).toContain('To change: Set timeout and maxRetries');
    expect(await row.locator('mark').count()).toBeGreaterThan(0);
  });

  it('by keyboard alone: the next failure, the one before, the query, a row', async () => {
    using looked = await look(browser, real);
    const { page } = looked;
    const focused = () => page.evaluate('document.activeElement.parentElement.id');
    await page.keyboard.press('n');
    const first = await focused();
    expect(first).toMatch(/^t=timeout_primary\/\d+$/);
    await page.keyboard.press('n');
    const second = await focused();
    expect(second).not.toBe(first);
    await page.keyboard.press('p');
    expect(await focused()).toBe(first);
    // Another one that is closed leaves the address of this one as it is.
    await page.locator(`[id="${second}"] summary`).first().press('Enter');
    await page.locator(`[id="${second}"]:not([open])`).waitFor({ state: 'attached' });
    expect(new URL(page.url()).hash).toBe(`#${first}`);
    await page.locator(`[id="${first}"] summary`).first().press('Enter');
    await page.waitForURL(({ hash }) => hash === '');
    expect(await page.locator(`[id="${first}"]`).getAttribute('open')).toBeNull();
    await page.keyboard.press('/');
    await page.keyboard.type('verdict:passed -phase:healed');
    expect(await page.locator('.rows > li').count()).toBe(1);
    expect(new URL(page.url()).hash).toContain('q=verdict%3Apassed%20-phase%3Ahealed');
  });

  it('its address holds the query, the order and the task; a counter and a square are such addresses', async () => {
    using looked = await look(browser, real, {}, '#t=timeout_primary/16&q=phase:outage&sort=slowest');
    const { page } = looked;
    expect(await page.locator('details[open]').first().getAttribute('id')).toBe('t=timeout_primary/16');
    expect(await page.locator('.rows > li').count()).toBe(10);
    const took = (await page.locator('.took').allInnerTexts()).map(Number.parseFloat);
    expect(took).toEqual(took.toSorted((a, b) => b - a));
    await page.click('.counters .passed');
    await page.locator('.rows > li').nth(4).waitFor({ state: 'detached' });
    expect(await page.locator('.rows > li').count()).toBe(4);
    expect(await page.getAttribute('.counters .passed', 'aria-current')).toBe('true');
    expect(await page.evaluate(`document.getElementById('tasks').getBoundingClientRect().top < innerHeight`)).toBe(
      true,
    );
    await page.click('.band a.failed >> nth=0');
    await page.waitForSelector('details.row[open] .timeline');
  });

  it.each([
    ['in a stored run that somebody else made', () => hostile],
    ['of a target that ran here', () => live],
  ])('hostile text is text, also where a row is opened: %s', async (_, path) => {
    using looked = await look(browser, path());
    const { page, complaints, requests } = looked;
    for (let i = 0; i < 3; i++) await page.keyboard.press('n');
    await page.locator('details.row[open] .timeline').first().waitFor();
    expect(await page.innerText('details.row[open]')).toContain('<script>alert(1)</script><img src=x');
    expect(await page.locator('img, iframe, [onerror], [onfocus], [autofocus]').count()).toBe(0);
    expect(await page.locator('body > script').count()).toBe(
      (await page.locator('script[type="text/plain"]').count()) + 1,
    );
    expect([complaints, requests.length]).toEqual([[], 1]);
  });

  it('on paper the findings and what is open are there, and no tools', async () => {
    using looked = await look(browser, real);
    const { page } = looked;
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('button:visible, #tools:visible').count()).toBe(0);
    expect(await page.locator('.cause:visible').count()).toBe(2);
  });
});
