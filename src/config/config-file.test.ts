import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { protocols } from '../protocols/index.ts';
import { loadConfig } from './config-file.ts';
import { fakeCatalogue } from './fake-catalogue.fixture.ts';
import { problemsOf, Scratch } from './scratch.fixture.ts';

const catalogue = {
  ...fakeCatalogue,
  builtinTargets: { reference: () => Promise.reject(new Error('not opened in this test')) },
};

const GOOD = `targets:
  mine: { module: agent.ts, declares: { features: [fallback] } }
  ours: { builtin: reference }
default_target: mine
`;

function problems(text: string): string[] {
  using scratch = new Scratch();
  scratch.write('drill.config.yaml', text);
  scratch.write('agent.ts', '');
  return problemsOf(() => loadConfig(scratch.dir, catalogue));
}

test('a good configuration; none at all', () => {
  using scratch = new Scratch();
  expect(loadConfig(scratch.dir, catalogue)).toBeUndefined();
  scratch.write('agent.ts', '');
  scratch.write('drill.config.yaml', GOOD);
  const config = loadConfig(scratch.dir, catalogue);
  expect(config?.default_target).toBe('mine');
  expect(isAbsolute(config?.targets['mine']?.module ?? '')).toBe(true);
});

test.each([
  [
    GOOD.replace('default_target: mine', 'default_target: mne'),
    '4:17 "mne" is not among the targets | did you mean "mine"? (targets: mine, ours, reference)',
  ],
  [
    GOOD.replace('agent.ts', 'agnet.ts'),
    '2:19 there is no such module | the path is seen from the folder of the configuration',
  ],
  [
    GOOD.replace('builtin: reference', 'builtin: refrence'),
    '3:20 "refrence" is not among the targets of the package | did you mean "reference"? (targets of the package: reference)',
  ],
  [
    GOOD.replace('builtin: reference', ''),
    '3:9 targets.ours: a target has one of `builtin`, `module`, `command` and `http` | change it',
  ],
  [
    GOOD.replace('module:', 'modul:'),
    '2:11 unknown key "modul" | did you mean "module"? (known keys: builtin, module, command, lives, marker, shell, folder, env, http, as, start, ready, declares)',
  ],
  [
    `${GOOD}redact: ['CUST-\\d+', '(?=x)']\n`,
    '5:22 bad pattern: error parsing regexp: invalid or unsupported Perl syntax: `(?=` | write an RE2 pattern (no look-around, no back-references)',
  ],
])('a broken one %#', (text, problem) => {
  expect(problems(text)).toContain(problem);
});

test('a protocol that does not exist, a chain of unknown roles', () => {
  const role = '{ provider: p, protocol: smoke, base_url: https://p.example, model: m }';
  const text = `roles: { main: ${role} }\n${GOOD.replace('[fallback]', '[fallback], chain: [mian]')}`;
  expect(problems(text)).toEqual([
    '1:41 "smoke" is not among the protocols | there are no protocols',
    '3:71 "mian" is not among the roles | did you mean "main"? (roles: main)',
  ]);
});

test("a dialect that is not one of its protocol's", () => {
  const chat = '{ provider: p, protocol: openai-chat, base_url: https://p.example, model: m, dialect: azur }';
  const other = '{ provider: p, protocol: gemini, base_url: https://p.example, model: m, dialect: azure }';
  using scratch = new Scratch();
  scratch.write('drill.config.yaml', `roles:\n  main: ${chat}\n  backup: ${other}\n`);
  const full = { ...catalogue, protocols };
  expect(problemsOf(() => loadConfig(scratch.dir, full))).toEqual([
    '2:95 "azur" is not among the dialects of openai-chat | did you mean "azure"? (dialects of openai-chat: azure, mistral, ollama, openrouter, vllm)',
    '3:92 "azure" is not among the dialects of gemini | leave `dialect` out: this protocol has none',
  ]);
});
