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
interface Result {
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
  /** Runs all drills with a seed, telling of each; resolves to the verdict of the whole. */
  run(seed: number, onDrill: (drill: JudgedDrill) => void): Promise<VerdictWord>;
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
  const { seeds, jobs, bail, json, signal, stdout, stderr } = search;
  const all = seeds.to - seeds.from + 1;
  const open = new Map<number, Result>();
  const counts: Record<VerdictWord, number> = { passed: 0, failed: 0, inconclusive: 0, not_applicable: 0 };
  let next = seeds.from;
  let done = 0;
  const worker = async () => {
    while (next <= seeds.to && !signal.aborted && !(bail && counts.failed > 0)) {
      const seed = next++;
      const result = await runSeed(search, seed);
      if (result === undefined) return;
      counts[result.verdict] += 1;
      if (result.verdict !== 'passed' && open.size < MOST) open.set(seed, result);
      if (result.verdict !== 'passed' && !json) stdout.write(`${seedLines(seed, result, search).join('\n')}\n`);
      done += 1;
      if (done % Math.ceil(all / TOLD) === 0 && done < all) stderr.write(`${done} of ${all} seeds\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, all) }, worker));
  const sorted = [...open].sort(([a], [b]) => a - b);
  if (json) stdout.write(`${JSON.stringify(documentOf(search, counts, sorted, done))}\n`);
  else stdout.write(`${summaryOf(counts, sorted, done, all)}\n`);
  if (counts.failed > 0) return 'failed';
  return done === all && counts.passed === all ? 'passed' : 'inconclusive';
}

/** Undefined where the search was interrupted before the seed came to its end. */
async function runSeed({ run, signal }: Search, seed: number): Promise<Result | undefined> {
  const groups: FindingGroup[] = [];
  const reasons: string[] = [];
  const verdict = await run(seed, (drill) => {
    groups.push(...groupsOf(drill));
    if (drill.verdict === 'inconclusive') reasons.push(`${drill.name}: ${drill.reasons[0]?.reason ?? 'it is open'}`);
  });
  if (signal.aborted) return undefined;
  const findings = worstFirst(groups).map((one) => `${one.drill} ${one.check} (${one.severity}): ${one.reason}`);
  return { verdict, why: verdict === 'passed' ? [] : [...findings, ...reasons] };
}

const seedLines = (seed: number, { verdict, why }: Result, { lineOf }: Search): string[] => [
  `seed ${seed}  ${verdict.replaceAll('_', ' ').toUpperCase()}`,
  ...why.slice(0, 3).map((line) => `  ${line}`),
  ...(why.length > 3 ? [`  and ${count(why.length - 3, 'more group')} of findings`] : []),
  `  reproduce: ${lineOf(seed)}`,
];

function summaryOf(
  counts: Record<VerdictWord, number>,
  open: readonly [number, Result][],
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
  return [
    `${ran}: ${counts.passed} passed`,
    ...named('failed'),
    ...named('inconclusive'),
    ...named('not_applicable'),
  ].join(', ');
}

const documentOf = (
  { seeds, lineOf }: Search,
  counts: Record<VerdictWord, number>,
  open: readonly [number, Result][],
  done: number,
) => ({
  schema: 'drill.seeds/1',
  ...seeds,
  done,
  ...counts,
  open: open.map(([seed, result]) => ({ seed, ...result, reproduce: lineOf(seed) })),
});
