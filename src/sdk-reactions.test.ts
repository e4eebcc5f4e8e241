import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { FACTS, KINDS, SECONDS } from './sdk-facts.fixture.ts';
import {
  breaksStreams,
  type Cell,
  kindOf,
  nameOf,
  reactions,
  sayReaction,
  type Table,
  TRIALS,
} from './sdk-reactions.fixture.ts';
import { PACKAGES, SDKS, SURFACES, type Surface } from './sdk-surfaces.fixture.ts';

const RENEW = 'UPDATE=1 npx vitest run src/sdk-reactions.test.ts';
const root = join(import.meta.dirname, '..');
const PATH = join(root, 'docs', 'sdk-reactions.md');
/** What stands below it was seen with SDKs of another folder. */
const OTHERS = '\n## Other versions\n';

let table: Table;
beforeAll(async () => {
  // SDKs say there what they cannot read.
  const silent = (['error', 'warn'] as const).map((level) => vi.spyOn(console, level).mockImplementation(() => {}));
  table = await reactions();
  for (const one of silent) one.mockRestore();
});

/** The entry with the longest name that fits: `SDK`, `SDK: of`, or the whole name of a surface. */
function factOf<T>(facts: Readonly<Record<string, T>>, surface: Surface): T | undefined {
  const name = nameOf(surface);
  const fits = Object.keys(facts).filter(
    (key) => name === key || name.startsWith(`${key}: `) || name.startsWith(`${key}, `),
  );
  const best = fits.toSorted((a, b) => b.length - a.length)[0];
  return best === undefined ? undefined : facts[best];
}

/** Every fact of a table with the cell that it is about. */
function met<T>(facts: Readonly<Record<string, Readonly<Record<string, T>>>>) {
  return Object.entries(facts).flatMap(([trial, row]) =>
    SURFACES.flatMap((surface) => {
      const fact = factOf(row, surface);
      const cell = table.get(nameOf(surface))?.get(trial);
      return fact === undefined || cell === undefined
        ? []
        : [{ name: `${trial} / ${nameOf(surface)}`, surface, fact, cell }];
    }),
  );
}

describe.runIf(SDKS === undefined)('each SDK at its version in the lockfile', () => {
  it('has facts of trials and surfaces that there are', () => {
    const trials = TRIALS.map(({ name }) => name);
    for (const facts of [FACTS, SECONDS, KINDS])
      for (const [trial, row] of Object.entries<Readonly<Record<string, unknown>>>(facts)) {
        expect(trials).toContain(trial);
        for (const key of Object.keys(row)) {
          const about = SURFACES.filter((surface) => factOf({ [key]: true }, surface));
          expect(
            about.map((s) => table.get(nameOf(s))?.has(trial)),
            `${trial}: ${key}`,
          ).toContain(true);
        }
      }
  });

  it('makes as many attempts and ends as it was seen to over sockets', () => {
    const said = met(FACTS).flatMap(({ name, surface, fact, cell }) => {
      const words = typeof fact === 'string' ? fact : fact[surface.stream ? 1 : 0];
      return words === '' ? [] : [[name, words, sayReaction(cell.always)] as const];
    });
    expect(said.length).toBeGreaterThan(350);
    expect(said.map(([name, , seen]) => `${name}: ${seen}`)).toEqual(said.map(([name, words]) => `${name}: ${words}`));
  });

  it('takes as long as its policy says', () => {
    const off = met(SECONDS).filter(({ fact: [from, to], cell: { always } }) => {
      const seconds = always.ms / 1000;
      return seconds < from || seconds > to;
    });
    expect(off.map(({ name, cell }) => `${name}: ${cell.always.ms} ms`)).toEqual([]);
  });

  it('leaves the reader of a broken stream with what it was seen to', () => {
    const kinds = met(KINDS).filter(({ surface }) => surface.stream);
    expect(kinds.map(({ name, cell }) => `${name}: ${kindOf(cell)}`)).toEqual(
      kinds.map(({ name, fact }) => `${name}: ${fact}`),
    );
    expect(new Set(STREAMING.flatMap((s) => [...cellsOf(s)].map(([, cell]) => kindOf(cell))))).toEqual(
      new Set([
        'rescued',
        'clean error',
        'error after text',
        'truncated as success',
        'spliced',
        'empty as success',
        'hung',
      ]),
    );
  });

  it(`is what docs/sdk-reactions.md says (else: ${RENEW})`, () => {
    const before = existsSync(PATH) ? readFileSync(PATH, 'utf8') : '';
    const rest = before.includes(OTHERS) ? before.slice(before.indexOf(OTHERS)) : '';
    if (process.env['UPDATE'] === '1') writeFileSync(PATH, pageOf() + rest);
    expect(readFileSync(PATH, 'utf8') === pageOf() + rest, `stale: run ${RENEW}`).toBe(true);
  });
});

/** By hand: `SDKS=/folder npx vitest run src/sdk-reactions.test.ts`. With UPDATE=1 the page is told of it. */
describe.runIf(SDKS !== undefined)('the SDKs of another folder', () => {
  it('differ from those of the lockfile in these cells', () => {
    const before = readFileSync(PATH, 'utf8').split(OTHERS)[0] ?? '';
    const known = cellsIn(before);
    const changed = [...cellsIn(pageOf())].filter(([where, cell]) => known.get(where) !== cell);
    const told = changed.map(([where, cell]) => [...where.split(' / '), `${known.get(where) ?? '–'} | ${cell}`]);
    const perSurface = together(
      told.map(([surface = '', trial = '', change = '']) => [`${surface} | ${change}`, trial]),
    );
    const perChange = together(
      perSurface.map(([line, trials]) => {
        const [surface = '', ...change] = line.split(' | ');
        return [`${trials} | ${change.join(' | ')}`, surface];
      }),
    );
    const rows = perChange.map(([line, surfaces]) => {
      const [trials, ...change] = line.split(' | ');
      return `| ${[trials, surfaces, ...change].join(' | ')} |`;
    });
    const head = `| fault | surface | as above | then |\n| --- | --- | --- | --- |`;
    const about = `Under Node ${process.versions.node.split('.')[0]}, ${versionsIn(SDKS ?? root)}: these cells differ, and no others.`;
    const section = `${OTHERS}\n<!-- Written by a run of its own: SDKS=/folder ${RENEW} -->\n\n${about}\n\n${[head, ...rows].join('\n')}\n`;
    console.log(section);
    if (process.env['UPDATE'] === '1') writeFileSync(PATH, before + section);
    expect(known.size).toBeGreaterThan(0);
  });
});

/** What is said of the same thing, in one line. */
function together(told: readonly (readonly [of: string, what: string])[]): [of: string, all: string][] {
  const lines = new Map<string, string>();
  for (const [of, what] of told) lines.set(of, lines.has(of) ? `${lines.get(of)}<br>${what}` : what);
  return [...lines];
}

/** Cells of the tables of each SDK, by `SDK: surface / trial`. */
function cellsIn(page: string): Map<string, string> {
  const cells = new Map<string, string>();
  for (const part of page.split(/^## /m).slice(1)) {
    const [sdk = '', ...lines] = part.split('\n');
    const [head = [], , ...rows] = lines
      .filter((line) => line.startsWith('|'))
      .map((line) => line.slice(2, -2).split(' | '));
    for (const [trials = '', ...own] of rows)
      for (const trial of trials.split('<br>'))
        for (const [i, cell] of own.entries()) cells.set(`${sdk}: ${head[i + 1]} / ${trial}`, cell);
  }
  return cells;
}

// --- the page -------------------------------------------------------------------

const STREAMING = SURFACES.filter(({ stream }) => stream);
const cellsOf = (surface: Surface): ReadonlyMap<string, Cell> => table.get(nameOf(surface)) ?? new Map();

/** Shorter times say nothing: a reply takes its time. */
const TOLD_MS = 2000;

function sayCell({ always }: Cell): string {
  return sayReaction(always) + (always.ms < TOLD_MS || always.hung ? '' : `, ${(always.ms / 1000).toFixed(1)} s`);
}

/** A line per trial; those with the same cells share one. */
function tableOf(surfaces: readonly Surface[], trials: readonly string[], say: (cell: Cell) => string): string {
  const lines = trials.flatMap((trial): [string, string][] => {
    const cells = surfaces.map((surface) => cellsOf(surface).get(trial));
    if (cells.every((cell) => cell === undefined)) return [];
    return [[cells.map((cell) => (cell === undefined ? '–' : say(cell))).join(' | '), `\`${trial}\``]];
  });
  return together(lines)
    .map(([line, names]) => `| ${names} | ${line} |`)
    .join('\n');
}

const headOf = (names: readonly string[]) =>
  `| fault | ${names.join(' | ')} |\n| --- |${' --- |'.repeat(names.length)}\n`;

function versionsIn(folder: string): string {
  const versions = PACKAGES.map((name) => {
    const { version }: { version: string } = JSON.parse(
      readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'),
    );
    return `${name} ${version}`;
  });
  return versions.join(', ');
}

function pageOf(): string {
  const trials = TRIALS.map(({ name }) => name);
  const sdks = [...new Set(SURFACES.map(({ sdk }) => sdk))].map((sdk) => {
    const own = SURFACES.filter((surface) => surface.sdk === sdk);
    return `\n## ${sdk}\n\n${headOf(own.map(({ name }) => name))}${tableOf(own, trials, sayCell)}\n`;
  });
  const streams = TRIALS.filter(breaksStreams).map(({ name }) => name);
  return `# What each SDK makes of each fault

<!-- Written by a test: ${RENEW} -->

Every fault that acts on model replies, with the parameters that its card says are worth a try, before each SDK with its default
retries, in virtual time: ${versionsIn(root)}.

- A cell says how many requests went out, and how it ended: what the caller was given (\`whole\`, \`part\` or \`no text\` of the answer,
  \`other text\`: with a hole, doubled, or another answer), with the end that the SDK names; or the class of the error, with what was
  shown before it. \`error part\`: told beside the text and not thrown. \`unhandled\`: a rejection that no caller can catch.
- It took the time that is said, in seconds, or less than ${TOLD_MS / 1000}. \`hang\` and \`stall\` meet a client with a timeout of one second.
- \`–\`: the fault finds nothing to act on.
${sdks.join('')}
## Broken streams

What the reader of a stream is left with where only the first call is hit. \`rescued\`: the whole answer, by another attempt or because
the SDK takes no harm; \`hung\`: no end before Node's own limit of 300 s between two pieces, or none at all.

${headOf(STREAMING.map(nameOf))}${tableOf(STREAMING, streams, kindOf)}
`;
}
