import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { catalogue, wholeCatalogue } from './catalogue.ts';
import type { Flaw } from './cli/commands/explain.ts';
import { SHAPES } from './cli/commands/shapes.ts';
import { fakeTerminal } from './cli/terminal.fixture.ts';
import { faultFromFlag } from './config/fault-flag.ts';
import { jsonSchemaOf } from './config/schema-words.ts';
import { DEFAULT_ROLES } from './config/target.ts';
import { eventsOf } from './core/evidence.ts';
import { RunReport } from './core/report.ts';
import { TraceEvent } from './core/trace.ts';
import { cellsOf, root } from './drill-run.fixture.ts';
import { freePorts } from './free-ports.fixture.ts';
import { type Provider, startProvider } from './live/provider.fixture.ts';
import { KEYS, LIVE_TASK, rolesAt } from './live-project.fixture.ts';
import { OWN_AGENT, Project, THREE_TASKS } from './project.fixture.ts';

const { main } = await import('./cli/main.ts');

const STORED = 'reports/2026-01-31T12-00-00-timeout_primary';
const NIGHTLY = ['30', '31'].map((day) => `nightly/2026-01-${day}T12-00-00-timeout_primary`);
const text = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

/** A user's project in which every example of the help can be followed. */
const FILES = {
  ...THREE_TASKS,
  'agent.py': text('fixtures/targets/agent.py'),
  'server.py': text('fixtures/targets/http-service.py'),
  // What runs in real time is not asked more than it takes.
  'drills/short.yaml':
    '{ drill: short, title: T, hypothesis: H, workflow: support-answer, phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }], expect: { fails-over: {} } }',
  'my-agent.ts': OWN_AGENT,
  'src/agent.ts': OWN_AGENT,
  // A drill of a user's own binds also what a target does not claim: this one claims nothing that a feature stands for.
  'drills/timeout_primary.yaml': text('drills/timeout_primary.yaml').replace(
    / *(spares-the-dead|fails-back): .*\n/g,
    '',
  ),
  'fixtures/golden/support-answer/a.json': LIVE_TASK,
};

async function drill(cwd: string, ...words: string[]) {
  const interrupt = new AbortController();
  const terminal = fakeTerminal({ cwd, signal: interrupt.signal, env: KEYS });
  // Its user has seen that it is ready, and ends it.
  const { write } = terminal.stdout;
  if (words[0] === 'proxy' || words[0] === 'gameday' || (words[0] === 'schedule' && !words.includes('--print'))) {
    terminal.stdout.write = (text) => {
      write(text);
      interrupt.abort();
    };
  }
  const code = await main(['node', 'drill', ...words], terminal);
  const said = { code, out: terminal.out(), err: terminal.err() };
  expect(said.out + said.err, 'a stack trace').not.toMatch(/^\s+at (?:async )?\S+ \(|^\s+at (?:file:|node:)/m);
  return said;
}

/** Runs in a project of its own and gives back what a run leaves. */
async function ran(files: Record<string, string>, ...words: string[]) {
  using project = new Project(files);
  const { code, err } = await drill(project.cwd, 'run', ...words, '--out', 'out');
  // What takes the machine's own time says how far it is.
  expect(err.replace(/^short {2}\w+ ended: 1 task in [\d.]+ s\n/gm, '')).toBe('');
  const folder = join(project.cwd, 'out', readdirSync(join(project.cwd, 'out'))[0] ?? '');
  const report = RunReport.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')));
  const lines = readFileSync(join(folder, 'trace.jsonl'), 'utf8').trimEnd().split('\n');
  const cells = cellsOf(report);
  // Only some look at it, and there is much of it.
  const trace = () => lines.map((line) => TraceEvent.parse(JSON.parse(line)));
  return { code, report, cells, trace };
}

/** What stands indented under a line of a page. */
function under(page: string, title: RegExp): string[] {
  const lines = page.split('\n');
  const from = lines.findIndex((line) => title.test(line)) + 1;
  if (from === 0) return [];
  const rest = lines.slice(from);
  const length = rest.findIndex((line) => !line.startsWith('  '));
  return rest.slice(0, length < 0 ? undefined : length).map((line) => line.slice(2));
}

const commandsIn = (page: string, title: RegExp): string[][] =>
  under(page, title).map((line) => line.split(' ').slice(1));

async function explained(name: string): Promise<string> {
  const { code, out, err } = await drill(root, 'explain', name);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

/** The example of a page, as the user would paste it. */
const exampleOf = (page: string): string => {
  const example = under(page, /^Example/).join('\n');
  expect(example).not.toBe('');
  return example;
};

/** What really may be any value. */
const ANYTHING = ['turns[].returns', 'misreadings[].value'];

/** Every parameter, in a mapping or a list too: its name, what it must be, its default, what it means. */
function expectParameters(page: string, schema: z.ZodType): void {
  const said = under(page, /^Parameters:/);
  const names = Object.keys(jsonSchemaOf(schema).properties ?? {});
  if (said.length === 0) expect(page).toContain('It has no parameters.');
  for (const name of names) expect(said.map((line) => line.split(' ')[0])).toContain(name);
  for (const line of said) {
    expect(line).toMatch(/^[\w.[\]<>]+ +\S.* \((?:required|optional|default .+)\): \S/);
    if (!ANYTHING.includes(line.split(' ')[0] ?? '')) expect(line).not.toMatch(/^\S+ +any value \(/);
  }
}

const indent = (block: string, by: string) => block.replace(/^/gm, by);

const drillFile = (phases: string, expected = 'ends-inside-deadline: {}', workflow = 'support-answer') =>
  `drill: mine\ntitle: T\nhypothesis: H.\nworkflow: ${workflow}\nphases:\n${indent(phases, '  ')}\nexpect:\n${indent(expected, '  ')}\n`;

/** A drill of the same name that takes no time: it is run on what stands for real providers. */
const LIVE_FILES = {
  // In real time, on however slow a machine.
  'my-agent.ts': OWN_AGENT.replace('timeout(5000)', 'timeout(500_000)'),
  'fixtures/golden/support-answer/a.json': LIVE_TASK.replace('}', ', "max_latency_ms": 600000 }'),
  'drills/timeout_primary.yaml':
    '{ drill: timeout_primary, title: T, hypothesis: H, workflow: support-answer, live: allowed, phases: [{ name: out, tasks: 1, faults: [{ fault: server-error, role: primary }] }], expect: { ends-inside-deadline: {} } }',
};

describe('every example that a help page shows can be followed', async () => {
  let project: Project;
  let live: Project;
  /** Its last two runs are of the same drill, whichever examples were run before. */
  let again: Project;
  let provider: Provider;
  const before = { ...process.env };
  beforeAll(async () => {
    provider = await startProvider({ keys: Object.values(KEYS) });
    Object.assign(process.env, KEYS);
    live = new Project({ ...LIVE_FILES, 'ca.pem': provider.ca, 'drill.config.yaml': rolesAt(provider.origin) });
    const recorded = await drill(live.cwd, 'run', 'timeout_primary', '--mode', 'live', '--record', '--yes');
    expect(recorded.code, recorded.out + recorded.err).toBe(0);
    project = new Project({ ...FILES, 'drill.config.yaml': "schedules: { nightly: { cron: '0 3 * * *' } }\n" });
    again = new Project(FILES);
    for (const _ of [1, 2]) await drill(again.cwd, 'run', 'timeout_primary');
    cpSync(join(again.cwd, 'reports'), join(again.cwd, 'nightly'), { recursive: true });
    // The folder of the examples' run holds a real one.
    await drill(project.cwd, 'run', 'timeout_primary', '--out', 'first');
    const [made = ''] = readdirSync(join(project.cwd, 'first'));
    for (const place of [STORED, STORED.replace('-31T', '-30T'), ...NIGHTLY])
      cpSync(join(project.cwd, 'first', made), join(project.cwd, place), { recursive: true });
    for (const i of [1, 2, 3]) {
      const out = `made-${i}`;
      await drill(project.cwd, 'run', 'timeout_primary', '--shard', `${i}/3`, '--out', out);
      const [shard = ''] = readdirSync(join(project.cwd, out));
      cpSync(join(project.cwd, out, shard), join(project.cwd, 'shards', String(i)), { recursive: true });
    }
  });
  afterAll(async () => {
    for (const name of Object.keys(KEYS)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    await provider.close();
    for (const one of [project, live, again]) one[Symbol.dispose]();
  });

  const help = (await drill(root, '--help')).out;
  const names = under(help, /^Commands:/).flatMap((line) => /^(\w+)/.exec(line)?.[1] ?? []);
  const pages = [help];
  for (const name of names) pages.push((await drill(root, ...(name === 'help' ? ['help'] : [name, '--help']))).out);
  const examples = [...new Set(pages.flatMap((page) => under(page, /^Examples:/)))];

  it('every command shows at least one of its own', () => {
    expect(names).toEqual(
      expect.arrayContaining(['run', 'report', 'judge', 'prune', 'list', 'explain', 'validate', 'schema']),
    );
    for (const name of names.filter((one) => one !== 'help'))
      expect(examples.filter((line) => line.startsWith(`drill ${name}`))).not.toEqual([]);
  });

  it.each(examples)('%s', async (line) => {
    const own = /\b(?:previous|latest)\b/.test(line) ? again : project;
    const { cwd } = /--mode live|--replies|^drill drift/.test(line) ? live : own;
    // How soon a reply comes is up to whatever else this machine does.
    const more = line.startsWith('drill drift') ? ['--ignore', 'latency'] : [];
    const { code, out, err } = await drill(cwd, ...line.split(' ').slice(1), ...more);
    // What this project lacks for CI, what is left to its user or is paid for, is told beside what is written.
    const hints = /^drill (init|drift|schedule --print)/.test(line);
    expect({ code, err: hints ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).not.toBe('');
    if (line.includes('--json')) expect(JSON.parse(out)).toBeTypeOf('object');
  });
});

describe.each(catalogue.faults)('drill explain $name', (fault) => {
  it('is complete', async () => {
    const page = await explained(fault.name);
    expect(page).toContain(`${fault.name} (fault, ${fault.kind} layer)\n\n${fault.summary}\n`);
    expectParameters(page, fault.params);
    expect(page).toMatch(/^Fires: \S/m);
    if (fault.magnitude !== undefined)
      expect(page).toContain(
        `How hard: ${fault.magnitude.param}; ${JSON.stringify(fault.magnitude.zero)} does nothing`,
      );
  });

  it('its example stands in a phase and is what its flag says, which breaks a drill', async () => {
    const page = await explained(fault.name);
    const [[, name = '', ...flags] = [], ...more] = commandsIn(page, /^Or in place/);
    expect(more).toEqual([]);
    const example = exampleOf(page);
    using project = new Project({ 'drills/mine.yaml': drillFile(`- { name: out, tasks: 1, faults: [${example}] }`) });
    expect(await drill(project.cwd, 'validate', 'drills/mine.yaml')).toMatchObject({ code: 0, err: '' });
    // So that one run shows what both do; on the good agents the faults run one by one in `every_fault`.
    const scalars = Object.entries(parse(example)).filter(([, value]) => typeof value !== 'object');
    const roles = Object.keys(DEFAULT_ROLES);
    expect(faultFromFlag(flags.at(-1) ?? '', catalogue, roles)).toMatchObject(Object.fromEntries(scalars));
    const { code, report } = await ran({}, name, ...flags);
    // A drill may claim more than this fault alone gives a chance to judge; nothing of it fails.
    expect([0, 3]).toContain(code);
    const armed = report.drills.flatMap((d) => d.faults);
    expect(armed.filter((f) => f.fired > 0).map((f) => f.fault)).toContain(fault.name);
  });
});

describe.each(catalogue.checks)('drill explain $name', (check) => {
  it('is complete', async () => {
    const page = await explained(check.name);
    expect(page).toContain(`${check.name} (check, ${check.severity}, judges a ${check.scope})\n\n${check.summary}\n`);
    expectParameters(page, check.params);
    for (const fact of ['Reads', 'Asked of', 'Inconclusive']) expect(page).toMatch(new RegExp(`^${fact}: \\S`, 'm'));
    const skipped = page.split('\n').find((line) => line.startsWith('Not applicable: ')) ?? '';
    expect(skipped).toContain(check.feature ?? '');
  });

  it('the commands that show it failing are runs of the matrix, which sees it fail there', async () => {
    const commands = commandsIn(await explained(check.name), /^See it fail/);
    expect(commands.length).toBeGreaterThan(0);
    for (const words of commands) {
      const [file = ''] = words.slice(3);
      const { flaw }: { flaw: Pick<Flaw, 'drill' | 'check' | 'also'> } = await import(join(root, file));
      expect(words).toEqual(['run', flaw.drill, '--target', file]);
      expect([flaw.check, ...flaw.also]).toContain(check.name);
    }
  });
});

it('a command that shows a check failing does so as it is written', async () => {
  const [words = []] = commandsIn(await explained('fails-over'), /^See it fail/);
  using out = new Project({});
  const { code, out: screen } = await drill(root, ...words, '--out', out.cwd, '--json');
  const { drills } = RunReport.parse(JSON.parse(screen));
  const cells = cellsOf({ drills });
  expect(cells.filter((c) => c.verdict === 'failed').map((c) => c.check)).toContain('fails-over');
  expect(code).toBe(1);
});

describe('the examples of checks stand in the expect block of a drill, and are judged', async () => {
  const byDrill = new Map<string, { name: string; example: string }[]>();
  for (const { name } of catalogue.checks) {
    const page = await explained(name);
    // Where a flaw shows there is something to judge.
    const [[, drill = ''] = []] = commandsIn(page, /^See it fail/);
    byDrill.set(drill, [...(byDrill.get(drill) ?? []), { name, example: exampleOf(page) }]);
  }
  it.each([...byDrill])('in %s', async (drill, checks) => {
    const { workflow, phases } = parse(text(`drills/${drill}.yaml`));
    const examples = checks.map((one) => one.example).join('\n');
    const file = drillFile(stringify(phases).trimEnd(), examples, workflow);
    const { cells, code } = await ran({ 'drills/mine.yaml': file }, 'mine');
    const judged = cells.filter((c) => c.verdict === 'passed').map((c) => c.check);
    expect(judged).toEqual(expect.arrayContaining(checks.map((one) => one.name)));
    expect(code).toBe(0);
  });
});

describe.each(catalogue.protocols)('drill explain $name', (protocol) => {
  it('is complete, and its example is a role that is called in it', async () => {
    const page = await explained(protocol.name);
    expect(page).toContain(`${protocol.name} (protocol)\n\n${protocol.summary}\n`);
    expect(page).toContain(`Known by: POST …${protocol.path}`);
    expectParameters(page, protocol.params);
    const example = exampleOf(page);
    const [role = ''] = Object.keys(parse(example));
    const { [role]: _, ...others } = DEFAULT_ROLES;
    const roles = `${stringify(others)}${example}`;
    const { code, trace } = await ran({ 'drill.config.yaml': `roles:\n${indent(roles, '  ')}\n` }, 'timeout_primary');
    expect(eventsOf(trace(), 'call').filter((e) => e.role === role)[0]?.protocol).toBe(protocol.name);
    expect(code).toBe(0);
  });
});

describe.each(catalogue.targetKinds)('drill explain $name', (kind) => {
  it('is complete, and its example is a target that can be run', async () => {
    const page = await explained(kind.name);
    expect(page).toContain(`${kind.name} (kind of target)\n\n${kind.summary}\n`);
    expectParameters(page, kind.params);
    const example = exampleOf(page);
    const [name = ''] = Object.keys(parse(example));
    // On whoever's machine this is, the port of the example may be taken.
    const free = example.replaceAll('8080', String(await freePorts(1)));
    const files = { ...FILES, 'drill.config.yaml': `targets:\n${indent(free, '  ')}\n` };
    const { code, report } = await ran(files, 'short', '--target', name, '--tasks', 'my-tasks');
    expect(report.target.name).toBe(name);
    expect(code).toBe(0);
  });
});

describe.each(Object.keys(catalogue.builtinTargets))('drill explain %s', (name) => {
  it('says what it declares, and how to run it', async () => {
    const page = await explained(name);
    expect(under(page, /^Declares:/).join()).toContain('features: [ fallback');
    expect(under(page, /^Roles:/).join()).toContain('primary: ');
    // All drills on it are what `drill run` plays where nothing is named, and the example of a reporter below.
    expect(commandsIn(page, /^Run it/)).toEqual([['run', '--target', name]]);
  });
});

describe.each((await wholeCatalogue()).reporters)('drill explain $name', (reporter) => {
  it('is complete, and its example writes what it says', async () => {
    const page = await explained(reporter.name);
    expect(page).toContain(`${reporter.name} (reporter)\n\n${reporter.summary}\n`);
    expectParameters(page, reporter.params);
    using project = new Project({});
    const [words = []] = commandsIn(page, /^Example/);
    expect(await drill(project.cwd, ...words)).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/\S/) });
    if (reporter.file === undefined) return;
    expect(page).toContain(`Writes: ${reporter.file}`);
    const home = join(project.cwd, 'reports');
    expect(readdirSync(join(home, readdirSync(home)[0] ?? ''))).toContain(reporter.file);
  });
});

const shipped = readdirSync(join(root, 'drills')).map((file) => file.replace(/\.\w+$/, ''));
describe.each(shipped)('drill explain %s', (name) => {
  it('is complete, and the drill can be run', async () => {
    const page = await explained(name);
    const definition = parse(text(`drills/${name}.yaml`));
    for (const word of [`${name} (drill`, definition.title, definition.hypothesis, `Workflow: ${definition.workflow}`])
      expect(page).toContain(word);
    expect(page).toContain(`Tags: ${definition.tags.join(', ')}`);
    const phases = under(page, /^Phases:/).join('\n');
    for (const phase of definition.phases) {
      expect(phases).toContain(`${phase.name}: ${phase.tasks} task`);
      for (const use of phase.faults ?? []) expect(phases).toContain(`${use.fault} on ${use.role ?? use.tool}`);
    }
    const claims = under(page, /^Expects/).join('\n');
    for (const check of Object.keys(definition.expect)) {
      const summary = catalogue.checks.find((one) => one.name === check)?.summary;
      expect(claims).toMatch(new RegExp(`^${check}: \\{.*\\}$`, 'm'));
      expect(claims).toContain(`  ${summary}`);
    }
    // All of a matrix has a test of its own.
    const commands = commandsIn(page, /^Run it/).slice(page.includes('\nAlternatives, each') ? 1 : 0);
    for (const [, ...words] of commands) expect((await ran({}, ...words)).code).toBe(0);
  });
});

describe('drill explain of what a user writes', () => {
  const phaseWith = (fault: string) => `- { name: out, tasks: 4, faults: [${fault}] }`;
  /** Where an example belongs: the files of a project in which it stands. */
  const PLACES: Record<string, (example: string) => Record<string, string>> = {
    drill: (example) => ({ [`drills/${parse(example).drill}.yaml`]: example }),
    phase: (example) => ({ 'drills/mine.yaml': drillFile(`- ${example}`) }),
    fault: (example) => ({ 'drills/mine.yaml': drillFile(phaseWith(example)) }),
    when: (example) => ({
      'drills/mine.yaml': drillFile(phaseWith(`{ fault: hang, role: primary, when: ${example} }`)),
    }),
    stop: (example) => ({
      'drills/mine.yaml': drillFile(phaseWith('{ fault: hang, role: primary }')).replace(
        'phases:',
        `stop:\n${indent(`- ${example}`, '  ')}\nphases:`,
      ),
    }),
    'golden-task': (example) => ({ 'fixtures/golden/support-answer/opening_hours.json': example }),
    contract: (example) => ({
      'fixtures/golden/support-answer/contract.yaml': example,
      'fixtures/golden/support-answer/a.json': LIVE_TASK,
    }),
    concepts: (example) => ({
      'fixtures/golden/support-answer/concepts.yaml': example,
      'fixtures/golden/support-answer/a.json': LIVE_TASK,
    }),
    notices: (example) => ({
      'fixtures/golden/support-answer/notices.yaml': example,
      'fixtures/golden/support-answer/a.json': LIVE_TASK,
    }),
    tools: (example) => ({
      'fixtures/golden/support-answer/tools.yaml': example,
      'fixtures/golden/support-answer/a.json': LIVE_TASK,
    }),
    config: (example) => ({ 'my-agent.ts': OWN_AGENT, 'drill.config.yaml': example }),
    declares: (example) => ({
      'my-agent.ts': OWN_AGENT,
      'drill.config.yaml': `targets: { my-agent: { module: ./my-agent.ts, declares: ${example} } }\n`,
    }),
    roles: (example) => ({ 'drill.config.yaml': `roles:\n${indent(example, '  ')}\n` }),
    outcome: (example) => ({
      'my-agent.ts': `export default async (task, { roles }) => {
  await fetch(roles.primary.base_url + '/chat/completions', { method: 'POST', signal: AbortSignal.timeout(10),
    body: JSON.stringify({ model: roles.primary.model, messages: [{ role: 'user', content: task.input }] }) }).catch(() => {});
  return ${JSON.stringify(parse(example))};\n};\n`,
      'fixtures/golden/support-answer/a.json': LIVE_TASK,
    }),
  };

  it.each(Object.entries(SHAPES))('%s: complete; its example is valid, and runs', async (name, { summary, schema }) => {
    const page = await explained(name);
    expect(page).toContain(`${name}\n\n${summary}\n`);
    expectParameters(page, schema);
    const files = PLACES[name]?.(exampleOf(page)) ?? {};
    using project = new Project(files);
    const written = Object.keys(files).filter((file) => !file.endsWith('.ts'));
    expect(await drill(project.cwd, 'validate', ...written)).toMatchObject({ code: 0, err: '' });

    const own = readdirSync(project.cwd).includes('drills') ? readdirSync(join(project.cwd, 'drills')) : [];
    const names = own.length > 0 ? own.map((file) => file.replace('.yaml', '')) : ['timeout_primary'];
    const target =
      name === 'declares' ? ['--target', 'my-agent'] : name === 'outcome' ? ['--target', './my-agent.ts'] : [];
    const { report } = await ran(files, ...names, ...target);
    expect(report.drills.map((d) => d.name)).toEqual(names);
    if (name === 'outcome') expect(report.drills[0]?.tasks[0]?.outcome).toMatchObject(parse(exampleOf(page)));
  });

  it('has a place for every shape', () => {
    expect(Object.keys(PLACES)).toEqual(Object.keys(SHAPES));
  });
});

it.each([
  ['hnag', 'hang'],
  ['fails-ovr', 'fails-over'],
  ['openai', 'openai-chat'],
  ['junti', 'junit'],
  ['timeout-primary', 'timeout_primary'],
  ['golden_task', 'golden-task'],
  ['refrence', 'reference'],
])('drill explain %s: did you mean %s', async (wrong, right) => {
  const { code, err } = await drill(root, 'explain', wrong);
  expect(code).toBe(2);
  expect(err).toContain(`did you mean "${right}"?`);
});

it('--fault of tools with a tool that the workflow does not have: did you mean', async () => {
  const { code, err } = await drill(root, 'run', 'all_models_down', '--fault', 'tool-error@isue_refund');
  expect(code).toBe(2);
  expect(err).toContain('there is no tool "isue_refund" in this run');
  expect(err).toContain('did you mean "issue_refund"?');
});
