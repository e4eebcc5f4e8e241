import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { PAGES as EXPLAINED } from './cli/commands/pages.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { EXIT } from './core/errors.ts';
import { RunReport } from './core/report.ts';
import { root } from './drill-run.fixture.ts';
import { freePorts } from './free-ports.fixture.ts';
import { type Provider, startProvider } from './live/provider.fixture.ts';
import { KEYS, LIVE_TASK, rolesAt } from './live-project.fixture.ts';
import { type Block, blocksOf, commandsOf, loose, PAGES, wordsOf } from './pages.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');
const exec = promisify(execFile);
const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const lacks = (program: string) => spawnSync(program, ['--version']).error !== undefined;

/** A drill that takes no time, for what runs in real time. */
const short = (name: string, more = '') =>
  `{ drill: ${name}, title: T, hypothesis: H, workflow: support-answer, ${more}phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }], expect: { ends-inside-deadline: {} } }`;
// In real time, on however slow a machine.
const GOLDEN = { 'fixtures/golden/support-answer/a.json': LIVE_TASK.replace('}', ', "max_latency_ms": 600000 }') };
const AGENT = { 'my-agent.ts': OWN_AGENT };
const PATIENT = { 'my-agent.ts': OWN_AGENT.replace('timeout(5000)', 'timeout(500_000)') };
const MODULE = {
  'my-agent.mjs': blockIn('docs/drill-my-agent.md', 'my-agent.mjs'),
  'my-tasks/opening_hours.json': blockIn('docs/drill-my-agent.md', 'my-tasks/'),
};
const PYTHON = { 'agent.py': text('fixtures/targets/agent.py'), ...GOLDEN };

/** What a page takes for granted: files of its reader, and of pages that its reader comes from. */
const BEFORE: Record<string, Record<string, string>> = {
  'docs/report.md': MODULE,
  'docs/judging.md': { ...AGENT, ...THREE_TASKS },
  'docs/schedule.md': MODULE,
  'docs/services.md': { ...GOLDEN, 'drills/short.yaml': short('short') },
  'docs/write-a-golden-task.md': { ...AGENT, 'orders.mjs': blockIn('docs/drill-my-agent.md', 'orders.mjs') },
  'docs/targets.md': { ...PYTHON, 'drills/short.yaml': short('short') },
  'docs/ci.md': {
    ...PYTHON,
    'drills/timeout_primary.yaml': short('timeout_primary'),
    'drills/rate_limit_burst.yaml': short('rate_limit_burst'),
  },
  'docs/live.md': { ...PATIENT, ...GOLDEN },
  'docs/recordings.md': {
    ...{ ...PATIENT, ...GOLDEN, 'drills/one_down.yaml': short('one_down', 'live: allowed, ') },
    'drill.config.yaml': 'default_target: mine\ntargets: { mine: { module: ./my-agent.ts } }\n',
  },
};

/** A block that a page shows as the content of a file. */
function blockIn(page: string, file: string): string {
  return (
    blocksOf(page).find(({ marker }) => marker['file']?.startsWith(file))?.text ?? expect.fail(`no ${file} in ${page}`)
  );
}

let provider: Provider;
let port: number;
const before = { ...process.env };
beforeAll(async () => {
  provider = await startProvider({ keys: Object.values(KEYS) });
  Object.assign(process.env, KEYS);
  port = await freePorts(12);
});
afterAll(async () => {
  for (const name of Object.keys(KEYS)) delete process.env[name];
  Object.assign(process.env, before);
  await provider.close();
});

/** Follows a page as its reader would, block by block, in one project. */
class Reader implements AsyncDisposable {
  readonly #project: Project;
  readonly #env: Record<string, string | undefined> = { ...process.env };
  /** Of commands that go on: they end with the page. */
  readonly #ends: (() => Promise<unknown>)[] = [];
  /** What the last shell block printed. */
  #screen = '';
  /** Code that no command and no configuration of the page has named yet. */
  #unused = new Set<string>();

  constructor(page: string) {
    const files = BEFORE[page] ?? {};
    const live = ['docs/live.md', 'docs/recordings.md'].includes(page);
    this.#project = new Project({ 'package.json': '{ "type": "module" }', ...files });
    if (!live) return;
    this.#write('ca.pem', provider.ca);
    this.#configure(parse(rolesAt(provider.origin)));
  }

  async follow(block: Block): Promise<void> {
    const { language, marker } = block;
    const { 'followed by': test, 'part of': whole, 'not ours': theirs } = marker;
    if (test !== undefined) return expect(text(test)).toContain(basename(block.page));
    if (language === 'sh') return await this.#run(block);
    if (language === 'text') return this.#compare(block);
    if (theirs !== undefined) return expect(parse(block.text)).toBeTypeOf('object');
    if (whole !== undefined) return expect(partOf(whole, block.text)).toBe(true);
    expect(['yaml', 'json', 'js', 'ts', 'md'], 'a language that is known how to follow').toContain(language);
    await this.#keep(block);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    this.#project[Symbol.dispose]();
  }

  async #end(): Promise<void> {
    for (const end of this.#ends.splice(0)) await end();
  }

  /** Files that no command of the page has used. */
  get unused(): string[] {
    return [...this.#unused];
  }

  async #keep({ language, marker, text: given }: Block): Promise<void> {
    const content = this.#here(given);
    const named = marker['file'] ?? /^(?:\/\/|#|<!--) ([\w./-]+\.\w+)(?: -->)?$/m.exec(given)?.[1];
    const data = ['yaml', 'json'].includes(language) ? parse(content) : undefined;
    const path = named ?? (data === undefined ? expect.fail('nothing says where it is written') : placeOf(data));
    if (path === 'drill.config.yaml') return await this.#addTo(data, content);
    this.#write(path, content);
    if (/\.[mc]?[jt]s$/.test(path)) this.#unused.add(path);
    if (data !== undefined) await this.#validate(path);
  }

  /** As somebody would paste it; by itself it has to be valid, too. */
  async #addTo(config: Record<string, unknown>, content: string): Promise<void> {
    using alone = new Project({ ...MODULE, 'drill.config.yaml': content, 'drills/nightly.yaml': short('nightly') });
    for (const name of ['timeout_primary', 'rate_limit_burst', 'gateway'])
      writeFileSync(join(alone.cwd, 'drills', `${name}.yaml`), short(name));
    const said = await drill(alone.cwd, {}, 'validate', 'drill.config.yaml');
    expect(said, said.err).toMatchObject({ code: 0 });
    this.#uses(content);
    this.#configure(config);
  }

  #uses(said: string): void {
    for (const file of this.#unused) if (said.includes(basename(file))) this.#unused.delete(file);
  }

  /** Roles of a true provider stay where the test has put them. */
  #configure(config: Record<string, unknown>): void {
    const file = join(this.#project.cwd, 'drill.config.yaml');
    const now: Record<string, unknown> = parse(
      readdirSync(this.#project.cwd).includes('drill.config.yaml') ? readFileSync(file, 'utf8') : '{}',
    );
    for (const [key, value] of Object.entries(config)) {
      const old = now[key];
      const both = typeof old === 'object' && typeof value === 'object' && !Array.isArray(value);
      now[key] = both
        ? {
            ...value,
            ...(key === 'roles' && 'live' in now ? {} : { ...old, ...value }),
            ...(key === 'live' || 'live' in now ? old : {}),
          }
        : value;
    }
    writeFileSync(file, stringify(now));
  }

  async #validate(path: string): Promise<void> {
    // What stands beside golden tasks is read together with them, once there is one.
    const said = await drill(this.#project.cwd, this.#env, 'validate', path);
    if (!/holds no golden task/.test(said.err)) expect(said, said.err).toMatchObject({ code: 0 });
  }

  async #run({ text: given, marker }: Block): Promise<void> {
    const commands = commandsOf(this.#here(given));
    this.#screen = '';
    for (const command of commands) {
      this.#uses(command);
      if (marker['not run'] !== undefined) await parses(command);
      else await this.#command(command, Number(marker['exit'] ?? 0), marker['in']);
    }
    if (marker['then'] === 'Ctrl-C') await this.#end();
  }

  async #command(command: string, code: number, where: string | undefined): Promise<void> {
    if (!command.startsWith('npx drill ')) return await this.#shell(command);
    const [, to] = / > (\S+)$/.exec(command) ?? [];
    const words = wordsOf(command.replace(/ > \S+$/, ''))
      .slice(2)
      .flatMap((word) => this.#unfold(word));
    if (words.some((word) => /^python|\.py$/.test(word)) && lacks('python3')) return;
    if (['proxy', 'gameday'].includes(words[0] ?? '') || (words[0] === 'schedule' && !words.includes('--print')))
      return await this.#begin(words);
    const cwd = where === 'checkout' ? root : this.#project.cwd;
    const out = where === 'checkout' ? ['--out', join(this.#project.cwd, 'reports')] : [];
    const said = await drill(cwd, this.#env, ...words, ...out);
    expect({ command, code: said.code }, said.out + said.err).toEqual({ command, code });
    this.#screen += said.out + said.err;
    if (to !== undefined) this.#write(to, said.out);
    expect(said.out, command).not.toBe('');
    if (words.includes('--json')) expect(JSON.parse(said.out)).toBeTypeOf('object');
  }

  /** A command that goes on: it is there once it says so, and what it prints as variables its reader has pasted. */
  async #begin(words: string[]): Promise<void> {
    const interrupt = new AbortController();
    const terminal = fakeTerminal({ cwd: this.#project.cwd, env: this.#env, signal: interrupt.signal });
    const { write } = terminal.stdout;
    const ready = new Promise<void>((resolve) => {
      terminal.stdout.write = (said) => {
        write(said);
        resolve();
      };
    });
    const over = main(['node', 'drill', ...words], terminal);
    await Promise.race([ready, over]);
    this.#screen += terminal.out();
    for (const [, name = '', value] of terminal.out().matchAll(/^([A-Z_]+)=(.*)$/gm)) this.#env[name] = value;
    this.#ends.push(async () => {
      interrupt.abort();
      expect(await over, terminal.err()).toBe(0);
      this.#screen = terminal.out();
    });
  }

  async #shell(command: string): Promise<void> {
    const { stdout } = await exec('sh', ['-ec', command], { cwd: this.#project.cwd, env: this.#env });
    this.#screen += stdout;
  }

  #compare({ text: shown, marker }: Block): void {
    const screen = loose(marker['seen in'] === undefined ? this.#screen : text(marker['seen in']));
    for (const piece of shown.split('…').map(loose)) expect(screen).toContain(piece);
  }

  #write(path: string, content: string): void {
    mkdirSync(dirname(join(this.#project.cwd, path)), { recursive: true });
    writeFileSync(join(this.#project.cwd, path), content);
  }

  /** `shard-1/*` */
  #unfold(word: string): string[] {
    if (!word.endsWith('/*')) return [word];
    return readdirSync(join(this.#project.cwd, dirname(word))).map((name) => join(dirname(word), name));
  }

  /** Ports that a page names may be taken here; the last is the first of several. */
  #here = (given: string): string =>
    ['8080', '9464', '4700', '8787', '4600'].reduce((all, one, i) => all.replaceAll(one, String(port + i)), given);
}

async function drill(cwd: string, env: Record<string, string | undefined>, ...words: string[]) {
  const terminal = fakeTerminal({ cwd, env });
  const code = await main(['node', 'drill', ...words], terminal);
  return { code, out: terminal.out(), err: terminal.err() };
}

/** What is not run has options that there are, all of them: nothing but a wrong one is complained of. */
async function parses(command: string): Promise<void> {
  if (!command.startsWith('npx drill ')) return;
  const { code, err } = await drill(root, {}, ...wordsOf(command).slice(2), '--no-such-option');
  expect({ code, err }).toEqual({
    code: EXIT.invalid,
    err: expect.stringContaining("unknown option '--no-such-option'"),
  });
}

/** Where a file of ours lies that does not say so. */
function placeOf(data: Record<string, unknown>): string {
  if ('drill' in data) return `drills/${data['drill']}.yaml`;
  if ('takes' in data) return `fixtures/replies/${data['workflow']}/${data['task']}.yaml`;
  return 'drill.config.yaml';
}

/** Members of a document of ours, as they stand in it. */
function partOf(name: string, members: string): boolean {
  const shape = RunReport.partial().safeParse(name === 'run.json' && JSON.parse(`{${members}}`));
  expect(shape.error?.message).toBe(undefined);
  return Object.keys(shape.data ?? {}).length > 0;
}

describe('every block of a page is followed', () => {
  it.each(PAGES)('%s', async (page) => {
    await using reader = new Reader(page);
    for (const block of blocksOf(page)) {
      try {
        await reader.follow(block);
      } catch (error) {
        if (error instanceof Error) error.message = `${page}:${block.line}: ${error.message}`;
        throw error;
      }
    }
    expect(reader.unused, 'files that no command uses').toEqual([]);
  });
});

it('the first agent of the pages is the one that is explained', () => {
  expect(blockIn('docs/drill-my-agent.md', 'my-agent.mjs').trim()).toBe(EXPLAINED['agent']?.example);
});
