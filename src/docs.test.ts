import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { type DrillStory, drillStory, type Flaw, flaws } from './cli/commands/explain.ts';
import { OPTIONS } from './cli/options.ts';
import { EXIT } from './core/errors.ts';
import { eventsOf } from './core/evidence.ts';
import type { LogRecord } from './core/outcome.ts';
import type { DrillReport, TaskReport } from './core/report.ts';
import { FailureMode } from './core/taxonomy.ts';
import { DRILLS, root, runDrill } from './drill-run.fixture.ts';

const RENEW = 'UPDATE=1 npx vitest run src/docs.test.ts';
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const targetOf = ({ file }: Flaw) => file.replace(/^fixtures\/targets\/|\.ts$/g, '');

const shipped = readdirSync(join(root, 'drills')).map((file) => basename(file, '.yaml'));
const stories = shipped.map((name) => drillStory(join(root, 'drills', `${name}.yaml`), catalogue));

const FLAWED = `Each has one flaw, and is found by the check named. They are in \`fixtures/targets/\` once \`npm ci\` has written them from
[flaws-of-good.mjs](../../fixtures/targets/flaws-of-good.mjs) and
[flaws-of-good-orders.mjs](../../fixtures/targets/flaws-of-good-orders.mjs):`;

function pageOf({ drill, facts, phases, claims, flawed }: DrillStory): string {
  const name = drill.drill;
  const found = flawed.map((flaw) => {
    const also = flaw.also.length === 0 ? '' : `, beside ${flaw.also.map((check) => `\`${check}\``).join(', ')}`;
    return `- \`${targetOf(flaw)}\`: \`${flaw.check}\`${also}`;
  });
  return `# ${name}

<!-- Written from drills/${name}.yaml: ${RENEW} -->

**${drill.title}.** ${drill.hypothesis}

${facts.map((fact) => `- ${fact}`).join('\n')}

## Run it

\`\`\`sh
npx drill run ${name}
\`\`\`

The file is [drills/${name}.yaml](../../drills/${name}.yaml); \`drill explain ${name}\` says the same in a terminal.

## Phases

\`\`\`text
${phases.join('\n')}
\`\`\`

## What it claims

Beside the checks that its golden tasks and the contract of its workflow bring along:

| check | parameters | claim | reads |
| --- | --- | --- | --- |
${claims.map((c) => `| \`${c.check}\` | \`${c.params}\` | ${c.summary} | ${c.reads} |`).join('\n')}

## Targets that fail it

${found.length === 0 ? 'None of the package was made to.' : `${FLAWED}\n\n${found.join('\n')}`}
`;
}

describe(`docs/drills/ holds what the drills say (else: ${RENEW})`, () => {
  const home = join('docs', 'drills');

  it.each(stories)('$drill.drill', (story) => {
    const path = join(home, `${story.drill.drill}.md`);
    if (process.env['UPDATE'] === '1') {
      mkdirSync(join(root, home), { recursive: true });
      writeFileSync(join(root, path), pageOf(story));
    }
    expect(read(path) === pageOf(story), `${path} is stale: run ${RENEW}`).toBe(true);
  });

  it('has no page without a drill', () => {
    expect(readdirSync(join(root, home))).toEqual(shipped.map((name) => `${name}.md`));
  });
});

interface Line {
  section: string;
  what: string;
  cells: Record<string, string>;
}

/** The lines of every table of the page that names a check, by the names of their columns; backticks and links are gone. */
function linesOf(page: string): Line[] {
  const bare = (cell: string) => cell.replace(/`|\]\(.*?\)|\[/g, '').trim();
  const cellsOf = (line: string) => line.split('|').slice(1, -1).map(bare);
  return page.split(/^## /m).flatMap((part) => {
    const [section = '', ...lines] = part.split('\n');
    const [head = '', , ...rows] = lines.filter((line) => line.startsWith('|'));
    const names = cellsOf(head);
    return rows.map(cellsOf).map((cells) => ({
      section,
      what: cells[0] ?? '',
      cells: Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])),
    }));
  });
}

/** Everything that stands at a path; lists are looked into. */
function valuesAt(from: unknown, path: readonly string[]): unknown[] {
  if (Array.isArray(from)) return from.flatMap((one) => valuesAt(one, path));
  const [key, ...rest] = path;
  if (key === undefined) return from === null || from === undefined ? [] : [from];
  return typeof from === 'object' && from !== null ? valuesAt(Reflect.get(from, key), rest) : [];
}

/** `path`: something stands there. `path = value`: this does. */
function holds(seen: string, from: object): boolean {
  const [path = '', value] = seen.split(' = ');
  const found = valuesAt(from, path.split('.'));
  return value === undefined ? found.length > 0 : found.some((one) => String(one) === value);
}

const lines = linesOf(read('docs/coverage.md'));
const known = flaws();

describe('docs/coverage.md', () => {
  /** What was seen of a golden task in a phase, ask by ask. */
  const asks: { drill: DrillReport; task: TaskReport; log: LogRecord | undefined }[] = [];
  beforeAll(async () => {
    const { report, trace } = await runDrill({ names: [], seed: 7 });
    const logs = eventsOf(trace, 'log');
    for (const drill of report.drills)
      for (const task of drill.tasks) {
        const log = logs.find((e) => e.drill === drill.name && e.ask === task.ask)?.records.at(-1);
        asks.push({ drill, task, log });
      }
  });

  it('has a line for all there is of each kind', () => {
    const told = (section: string) => lines.filter((line) => line.section.startsWith(section)).map((line) => line.what);
    const counts = ['Seven', 'Failure', 'Tool', 'Thirteen', 'Six', 'Five parts', 'The final', 'Five common'];
    expect(counts.map((section) => told(section).length)).toEqual([7, 18, 4, 13, 6, 5, 10, 5]);
    expect(told('Failure')).toEqual(FailureMode.options);
    const drills = new Set(told('Expected').map((what) => what.slice(0, 1)));
    expect([...drills]).toEqual(['1', '2', '3', '4', '5']);
    for (const { section, what } of lines)
      expect(lines.filter((l) => l.what === what && l.section === section)).toHaveLength(1);
  });

  it('names every drill, phase by phase, and every check that is a drill’s own claim', () => {
    const at = new Set(lines.map(({ cells }) => cells['drill']));
    expect(DRILLS.filter((name) => !at.has(name))).toEqual([]);
    const checks = new Set(lines.map(({ cells }) => cells['check']));
    const claimed = stories.flatMap((story) => story.claims.map((claim) => claim.check));
    expect(claimed.filter((name) => !checks.has(name))).toEqual([]);
  });

  it.each(lines)('$section · $what', ({ what, cells }) => {
    const { 'golden task': name, drill, phase, check, seen = '', 'found out': target } = cells;
    expect(
      catalogue.checks.map((one) => one.name),
      'the check exists',
    ).toContain(check);
    const flaw = known.find((one) => targetOf(one) === target);
    expect([flaw?.check, ...(flaw?.also ?? [])], `${target} is found by the check`).toContain(check);

    if (drill === 'failure-modes') {
      const row = linesOf(read('docs/failure-modes.md').replace(/^# /, '## ')).find((line) => line.what === what);
      expect(row?.cells['golden task'], 'it has a line there').toContain(name);
      return;
    }
    const there = asks.filter((ask) => ask.drill.name === drill && ask.task.phase === phase && ask.task.task === name);
    expect(there.length, 'the task is asked in that phase of that drill').toBeGreaterThan(0);
    const verdictIn = ({ drill: whole, task }: (typeof asks)[number]) =>
      [...task.checks, ...whole.checks].find((cell) => cell.check === check)?.verdict;
    const passing = there.filter((ask) => verdictIn(ask) === 'passed');
    expect(passing.length, `the check passes: ${there.map(verdictIn)}`).toBeGreaterThan(0);
    const showing = passing.filter(({ drill: whole, task, log }) => holds(seen, { ...task, log, drill: whole }));
    expect(showing.length, `${seen} is seen`).toBeGreaterThan(0);
  });
});

it('the table of commands in the README names each with its options', () => {
  const rows = read('README.md').split('\n');
  for (const [name, options] of Object.entries(OPTIONS)) {
    const row = rows.find((line) => line.startsWith(`| \`drill ${name}`));
    expect(row, name).toBeDefined();
    if (name !== 'run' && name !== 'list')
      for (const { long } of options) if (long !== '--out') expect(row).toContain(long);
  }
});

it('the table of exit codes has each of them, and no other', () => {
  const [, table = ''] = /^## Exit codes\n([\s\S]*?)^## /m.exec(read('docs/ci.md')) ?? [];
  const codes = [...table.matchAll(/^\| `(\d+)` \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
});

describe('links', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(root, 'docs'), { recursive: true })
      .map((file) => join('docs', String(file)))
      .filter((file) => file.endsWith('.md')),
  ];

  it.each(pages)('%s leads nowhere that is not there', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => {
      try {
        return read(join(page, '..', link)) === '';
      } catch (error) {
        return !(error instanceof Error && 'code' in error && error.code === 'EISDIR');
      }
    });
    expect(dead).toEqual([]);
  });
});
