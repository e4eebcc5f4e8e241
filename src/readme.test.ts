import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './drill-run.fixture.ts';
import { HANG_GUARD_MS } from './hang-guard.fixture.ts';
import { blocksOf, commandsOf } from './pages.fixture.ts';
import { pictureOf } from './readme-picture.fixture.ts';

const exec = promisify(execFile);
const PICTURE = join(root, 'docs/finding.svg');
const RENEW = 'UPDATE=1 npx vitest run src/readme.test.ts';

/** Somebody's code, as the documentation of its SDK shows it. */
const CODE = `import OpenAI from 'openai';
const client = new OpenAI();
const complete = async (model, content) => {
  const reply = await client.chat.completions.create({ model, messages: [{ role: 'user', content }] });
  return reply.choices[0].message.content;
};
export async function answer(question) {
  try {
    return await complete('gpt-5-mini', question);
  } catch {
    return await complete('gpt-5-nano', question);
  }
}
`;

interface Packed {
  name: string;
  version: string;
  filename: string;
  integrity: string;
}

/** A registry on loopback that has this package and what it depends on. */
async function openRegistry(folder: string) {
  const packages = ['.', 'node_modules/zod', 'node_modules/jiti'].map((path) => join(root, path));
  const pack = ['pack', ...packages, '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await exec('npm', pack, { cwd: folder, maxBuffer: 64e6 });
  // Newer ones have them by their names.
  const all: Packed[] = Object.values(JSON.parse(stdout));
  const server = createServer(({ url = '', headers }, response) => {
    const path = decodeURIComponent(url.slice(1));
    const one = all.find(({ name, filename }) => path === name || path === filename);
    if (path === one?.filename) return void response.end(readFileSync(join(folder, path)));
    if (one === undefined) return void response.writeHead(404).end('{}');
    const from = packages.find((dir) => manifestOf(dir).name === one.name) ?? '';
    const dist = { tarball: `http://${headers.host}/${one.filename}`, integrity: one.integrity };
    const versions = { [one.version]: { ...manifestOf(from), dist } };
    response.end(JSON.stringify({ name: one.name, 'dist-tags': { latest: one.version }, versions }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, [Symbol.dispose]: () => void server.close().closeAllConnections() };
}

const manifestOf = (dir: string) => JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));

/** A new folder with somebody's code, and nothing installed. */
class EmptyProject implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'drill-readme-'));
  readonly cwd = join(this.home, 'shop');

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.cwd, path)), { recursive: true });
    writeFileSync(join(this.cwd, path), text);
  }

  /** A line as it stands on the page, in a shell. */
  async type(line: string, env: Record<string, string> = {}) {
    const { PATH = '' } = process.env;
    const options = {
      ...{ cwd: this.cwd, timeout: HANG_GUARD_MS, killSignal: 'SIGKILL' as const },
      env: { PATH, HOME: this.home, npm_config_audit: 'false', npm_config_update_notifier: 'false', ...env },
    };
    const ended = await exec('sh', ['-c', line], options).catch((error) => error);
    return { code: ended.code ?? 0, screen: `${ended.stdout}${ended.stderr}` };
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Of a screen what the picture shows: how the tasks of the outage went, and the first thing that failed. */
function excerpt(command: string, screen: string): string[] {
  const lines = screen.split('\n');
  const at = (text: string, from = 0) =>
    lines.findIndex((line, i) => i >= from && stripVTControlCharacters(line).startsWith(text));
  const [outage, failed] = [at('outage'), at('what failed')];
  const next = at('  ✗', failed + 2);
  return [`$ ${command}`, '', ...lines.slice(outage, lines.indexOf('', outage) + 1), ...lines.slice(failed, next)];
}

it('its commands and no others lead from an empty project to a finding, and what it says to change mends that', async () => {
  using project = new EmptyProject();
  using registry = await openRegistry(project.home);
  // As a folder the SDK need not be packed first, which takes longer than all the rest.
  const openai = `file:${join(root, 'node_modules/openai')}`;
  project.write('package.json', JSON.stringify({ name: 'shop', type: 'module', dependencies: { openai } }));
  project.write('src/answer.js', CODE);
  const [first, then] = blocksOf('README.md').filter((block) => block.marker['followed by'] === 'src/readme.test.ts');
  const [install = '', init = '', run = ''] = commandsOf(first?.text ?? '');
  const [all = '', doctor = '', ...more] = commandsOf(then?.text ?? '');
  expect(more).toEqual([]);

  const installed = await project.type(install, { npm_config_registry: registry.url });
  expect([installed.code, installed.screen], installed.screen).toEqual([0, expect.not.stringContaining('warn')]);
  const began = await project.type(init);
  expect([began.code, began.screen], began.screen).toEqual([0, expect.stringContaining(`\n  ${run}\n`)]);
  const found = await project.type(run, { FORCE_COLOR: '1' });
  expect(found.code, found.screen).toBe(1);
  const picture = pictureOf(excerpt(run, found.screen));
  if (process.env['UPDATE'] === '1') writeFileSync(PICTURE, picture);
  expect(readFileSync(PICTURE, 'utf8') === picture, `docs/finding.svg is stale: run ${RENEW}`).toBe(true);

  const [, mended = ''] = /`(new OpenAI\(\{.*?\}\))`/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  project.write('src/answer.js', CODE.replace('new OpenAI()', mended));
  const passed = await project.type(run);
  expect([passed.code, passed.screen], passed.screen).toEqual([0, expect.stringContaining('PASSED model_hangs')]);
  // Half a reply is given out as a whole one: that is another true finding.
  expect((await project.type(all)).screen).toMatch(/FAILED reply_is_unusable[\s\S]*5 drills/);
  const looked = await project.type(doctor);
  expect(looked.code, looked.screen).toBe(0);

  // What is installed has all that it needs, also for what is loaded by few.
  const config = join(project.cwd, 'drill.config.yaml');
  project.write(
    'drill.config.yaml',
    `${readFileSync(config, 'utf8')}\nschedules: { nightly: { cron: '0 3 * * *' } }\n`,
  );
  const valid = await project.type('npx drill validate');
  expect(valid.code, valid.screen).toBe(0);
});
