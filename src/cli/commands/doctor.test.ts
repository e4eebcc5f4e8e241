import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import '../../drill-run.fixture.ts';
import { freePorts } from '../../free-ports.fixture.ts';
import { OWN_AGENT, Project } from '../../project.fixture.ts';
import { fakeTerminal } from '../terminal.fixture.ts';

const { main } = await import('../main.ts');

const KEY = 'sk-very-secret-0123456789';

/** What `drill doctor` finds in a project: its exit code, and a line a finding. */
async function examined(files: Record<string, string>, { folder = '', words = [] as string[] } = {}) {
  using project = new Project(files);
  const terminal = fakeTerminal({
    cwd: `${project.cwd}/${folder}`,
    env: { OPENAI_API_KEY: KEY, PATH: process.env['PATH'] },
  });
  const code = await main(['node', 'drill', 'doctor', ...words, '--json'], terminal);
  expect([terminal.err(), terminal.out().includes(KEY)]).toEqual(['', false]);
  const { ok, findings } = JSON.parse(terminal.out());
  expect(ok).toBe(code === 0);
  const lines = findings.map(
    ({ what, state, says, fix = '' }: Record<string, string>) => `${state} ${what}: ${says}${fix && ` | ${fix}`}`,
  );
  return { code, says: lines.join('\n') };
}

const target = (entry: string) => `targets: { mine: ${entry} }\ndefault_target: mine\n`;

describe('what a run needs', () => {
  it('is there in an empty folder, by the package', async () => {
    const { code, says } = await examined({});
    expect(code).toBe(0);
    expect(says).toContain(`ok node: ${process.versions.node}`);
    expect(says).toMatch(/note configuration: no drill\.config\.yaml here.*drill init/);
    expect(says).toContain('ok key: OPENAI_API_KEY of primary is set;');
    expect(says).toContain('note key: ANTHROPIC_API_KEY of backup is not set;');
  });

  it.each<[string, Record<string, string>, RegExp, string?]>([
    [
      'another ending',
      { 'drill.config.yml': '' },
      /note configuration: drill\.config\.yml is not read \| drill reads drill\.config\.yaml/,
    ],
    ['another language', { 'drill.config.ts': '' }, /drill\.config\.ts is not read/],
    [
      'a folder above',
      { 'drill.config.yaml': '{}', 'app/x.js': '' },
      /drill\.config\.yaml is not read \| a configuration holds for its own folder/,
      'app',
    ],
    ['another folder', { 'drill/slow.yml': '' }, /drill\/slow\.yml is not read \| drills are found in drills\//],
  ])('a file with %s is named, and stops nothing', async (_, files, line, folder = '') => {
    const { code, says } = await examined(files, { folder });
    expect([code, says]).toEqual([0, expect.stringMatching(line)]);
  });

  it.each([
    [
      'the configuration',
      { 'drill.config.yaml': 'targts: {}' },
      /problem configuration: .*drill\.config\.yaml:1:1: .*\| did you mean/,
    ],
    ['a drill', { 'drills/a.yaml': 'drill: a' }, /problem drills: .*drills\/a\.yaml/],
    [
      'a module',
      { 'a.mjs': 'throw new Error("no database")', 'drill.config.yaml': target('{ module: a.mjs }') },
      /problem target: a\.mjs.*no database/,
    ],
    [
      'a program',
      { 'drill.config.yaml': target('{ command: no-such-program agent.py }') },
      /problem program: there is no no-such-program/,
    ],
  ])('what is wrong with %s stops it', async (_, files, line) => {
    const { code, says } = await examined(files);
    expect([code, says]).toEqual([2, expect.stringMatching(line)]);
  });

  it('a client that throws without a key is loaded with a dummy', async () => {
    const agent = `if (!process.env.OPENAI_API_KEY) throw new Error('no key');\n${OWN_AGENT}`;
    vi.stubEnv('OPENAI_API_KEY', undefined);
    expect(await examined({ 'a.mjs': agent }, { words: ['--target', './a.mjs'] })).toMatchObject({ code: 0 });
    expect(process.env['OPENAI_API_KEY']).toBeUndefined();
    vi.unstubAllEnvs();
  });

  it('a module of the user’s is loaded', async () => {
    const { code, says } = await examined({ 'a.mjs': OWN_AGENT }, { words: ['--target', './a.mjs'] });
    expect([code, says]).toEqual([
      0,
      expect.stringContaining('ok target: ./a.mjs (module) loads; it claims fallback, deadline'),
    ]);
  });

  it('a service that runs already is reached by HEAD alone, and its ports are tried', async () => {
    const first = await freePorts(6);
    const methods: string[] = [];
    const server = createServer((request, response) => {
      methods.push(request.method ?? '');
      response.end();
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const config = {
      'drill.config.yaml': target(`{ http: 'http://127.0.0.1:${port}/ask', stand: { port: ${first} } }`),
    };
    const { code, says } = await examined(config);
    expect([code, methods]).toEqual([0, ['HEAD']]);
    expect(says).toContain(`ok ports: ${first} to ${first + 4} are free`);
    await new Promise((done) => server.close(done));
    const gone = await examined(config);
    expect([gone.code, gone.says]).toEqual([
      2,
      expect.stringMatching(/problem service: .*does not answer: .*ECONNREFUSED/),
    ]);
  });
});
