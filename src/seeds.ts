import type { Output } from './core/plugin.ts';
import type { JudgedDrill } from './core/report.ts';
import type { VerdictWord } from './core/verdict.ts';
import { type FindingGroup, groupsOf, worstFirst } from './reporters/findings.ts';
import { count } from './text/words.ts';

/** Seeds from one to another, both of them among these. */
export interface Seeds {
  from: number;
  to: number;
}

/** What one seed came to. */
export interface SeedResult {
  verdict: VerdictWord;
  /** Findings, or why it is open; empty where it passed. */
  why: string[];
}

interface Search {
  seeds: Seeds;
  /** How many seeds are run at once. */
  jobs: number;
  /** Stop after the first that failed. */
  bail: boolean;
  json: boolean;
  signal: AbortSignal;
  stdout: Output;
  stderr: Output;
  /** Runs all drills with a seed; undefined where that was interrupted before its end. */
  run(seed: number): Promise<SeedResult | undefined>;
  /** The line that runs a seed by itself. */
  lineOf(seed: number): string;
}

/** So many seeds that did not pass are named at the end, and kept for `--json`. */
const MOST = 1_000;
/** How often it is said how far the search is, over all of it. */
const TOLD = 10;

/**
 * Runs the same drills with many seeds, and tells at once of each that does not pass. Nothing is written and little is kept of
 * a seed: its line gives the same run again, with all reports. Resolves to the verdict of them all.
 */
export async function searchSeeds(search: Search): Promise<VerdictWord> {
  const { seeds, bail, json, stdout, stderr } = search;
  const all = seeds.to - seeds.from + 1;
  const open: [number, SeedResult][] = [];
  const counts: Record<VerdictWord, number> = { passed: 0, failed: 0, inconclusive: 0, not_applicable: 0 };
  let done = 0;
  for await (const [seed, result] of inOrder(search)) {
    counts[result.verdict] += 1;
    if (result.verdict !== 'passed' && open.length < MOST) open.push([seed, result]);
    if (result.verdict !== 'passed' && !json) stdout.write(`${seedLines(seed, result, search).join('\n')}\n`);
    done += 1;
    if (done % Math.ceil(all / TOLD) === 0 && done < all) stderr.write(`${done} of ${all} seeds\n`);
    if (bail && counts.failed > 0) break;
  }
  if (json) stdout.write(`${JSON.stringify(documentOf(search, counts, open, done))}\n`);
  else stdout.write(`${summaryOf(counts, open, done, all)}\n`);
  if (counts.failed > 0) return 'failed';
  return done === all && counts.passed === all ? 'passed' : 'inconclusive';
}

/** Up to `jobs` of them at once, handed out as if they had run one after another. */
async function* inOrder({ seeds, jobs, signal, run }: Search): AsyncGenerator<[number, SeedResult]> {
  const running: [number, Promise<SeedResult | undefined>][] = [];
  try {
    for (let next = seeds.from; ; ) {
      for (; next <= seeds.to && running.length < jobs && !signal.aborted; next++) {
        const result = run(next);
        // One that is not waited for yet must not take the process down.
        result.catch(() => {});
        running.push([next, result]);
      }
      const [seed, first] = running.shift() ?? [];
      const result = await first;
      if (seed === undefined || result === undefined) return;
      yield [seed, result];
    }
  } finally {
    await Promise.allSettled(running.map(([, result]) => result));
  }
}

/** Runs all drills with a seed by `run`, which tells of each and resolves to the verdict of the whole. */
export async function resultOf(
  run: (onDrill: (drill: JudgedDrill) => void) => Promise<VerdictWord>,
): Promise<SeedResult> {
  const groups: FindingGroup[] = [];
  const reasons: string[] = [];
  const verdict = await run((drill) => {
    groups.push(...groupsOf(drill));
    if (drill.verdict === 'inconclusive') reasons.push(`${drill.name}: ${drill.reasons[0]?.reason ?? 'it is open'}`);
  });
  const findings = worstFirst(groups).map((one) => `${one.drill} ${one.check} (${one.severity}): ${one.reason}`);
  return { verdict, why: verdict === 'passed' ? [] : [...findings, ...reasons] };
}

const seedLines = (seed: number, { verdict, why }: SeedResult, { lineOf }: Search): string[] => [
  `seed ${seed}  ${verdict.replaceAll('_', ' ').toUpperCase()}`,
  ...why.slice(0, 3).map((line) => `  ${line}`),
  ...(why.length > 3 ? [`  and ${count(why.length - 3, 'more group')} of findings`] : []),
  `  reproduce: ${lineOf(seed)}`,
];

function summaryOf(
  counts: Record<VerdictWord, number>,
  open: readonly [number, SeedResult][],
  done: number,
  all: number,
): string {
  const named = (verdict: VerdictWord) => {
    const seeds = open.filter(([, result]) => result.verdict === verdict).map(([seed]) => seed);
    const shown = seeds.slice(0, 20).join(', ');
    return seeds.length === 0
      ? []
      : [`${counts[verdict]} ${verdict.replaceAll('_', ' ')} (${shown}${counts[verdict] > 20 ? ', …' : ''})`];
  };
  const ran = done < all ? `${done} of ${count(all, 'seed')}` : count(all, 'seed');
  const others = (['failed', 'inconclusive', 'not_applicable'] as const).flatMap(named);
  return [`${ran}: ${counts.passed} passed`, ...others].join(', ');
}

const documentOf = (
  { seeds, lineOf }: Search,
  counts: Record<VerdictWord, number>,
  open: readonly [number, SeedResult][],
  done: number,
) => ({
  schema: 'drill.seeds/1',
  ...seeds,
  done,
  ...counts,
  open: open.map(([seed, result]) => ({ seed, ...result, reproduce: lineOf(seed) })),
});
