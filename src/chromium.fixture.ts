import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];
const found = [process.env['CHROMIUM'] ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

/** Why tests in a browser are skipped here: only where none can be had by apt, which `.ci/run` does by itself. */
export const NO_BROWSER =
  found === undefined && !existsSync('/usr/bin/apt-get')
    ? 'there is no Chromium, and no apt to install it with'
    : undefined;

/** One browser for all tests of a file. Rejects where it could be installed and is not. */
export async function openBrowser(): Promise<Browser> {
  if (found === undefined)
    throw new Error('there is no Chromium: apt-get install -y chromium, or name another one in CHROMIUM');
  return chromium.launch({ executablePath: found, args: ['--no-sandbox'] });
}

/** A page of its own, with all that it complained of and asked for. */
export interface Looked extends Disposable {
  page: Page;
  complaints: string[];
  requests: string[];
}

/** Opens a file as somebody would by a click. */
export async function look(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
  hash = '',
): Promise<Looked> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', ({ message }) => void complaints.push(message));
  page.on('dialog', (dialog) => void complaints.push(dialog.message()));
  page.on('request', (request) => void requests.push(request.url()));
  await page.goto(`file://${path}${hash}`);
  const runs = options.javaScriptEnabled !== false && (await page.locator('script').count()) > 0;
  if (runs) await page.waitForSelector('body[data-ready]', { state: 'attached' });
  return { page, complaints, requests, [Symbol.dispose]: () => void context.close().catch(closedWithItsBrowser) };
}

/** The browser of a test that is over may be gone first. */
const closedWithItsBrowser = (): void => {};

/** By how much a page has to be scrolled sideways. */
export const sideways = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/** What is serious for axe. What a page's own policy forbids to it is not forbidden to whoever drives the browser. */
export async function seriousIn(page: Page): Promise<string[]> {
  const violations: string[] = await page.evaluate(
    `${axe.source}; axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => impact + ' ' + id + ' ' + nodes[0].html))`,
  );
  return violations.filter((one) => /^(?:serious|critical) /.test(one));
}
