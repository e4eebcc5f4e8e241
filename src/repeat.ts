import { entryOf } from './core/once.ts';
import type { Output } from './core/plugin.ts';
import type { JudgedDrill } from './core/report.ts';
import type { VerdictWord } from './core/verdict.ts';
import { allOf, moreFor, oneOf, type Tries, wilson } from './judge/pass-rate.ts';
import { groupsOf, worstFirst } from './reporters/findings.ts';
import { count } from './text/words.ts';

export interface Repeat {
  times: number;
  /** The share of runs in which a drill has to pass; without it, one run that failed fails it. */
  passRate: number | undefined;
  json: boolean;
  signal: AbortSignal;
  stdout: Output;
  stderr: Output;
  /** Runs all drills once more, telling of each; resolves to the folder that holds its reports. */
  run(time: number, onDrill: (drill: JudgedDrill) => void): Promise<string>;
}

/** What the runs of one drill came to. */
interface Tally extends Record<VerdictWord, number> {
  /** Folders of the runs in which it did not pass. */
  open: { run: string; verdict: VerdictWord; why: string }[];
}

/** So many runs are drawn for pass^k and pass@k, where there are as many. */
const DRAWN = 3;
/** And of so many, at most, in the document. */
const MOST_DRAWN = 10;

/**
 * Runs the same drills several times, one run after the other, each with all its reports: what is timed by sockets need not come
 * out the same. Resolves to the verdict of them all.
 */
export async function repeatRuns(repeat: Repeat): Promise<VerdictWord> {
  const { times, json, signal, stdout, stderr } = repeat;
  const tallies = new Map<string, Tally>();
  let done = 0;
  while (done < times && !signal.aborted) {
    const drills: [string, VerdictWord, string][] = [];
    const run = await repeat.run(done + 1, (drill) => void drills.push([drill.name, drill.verdict, whyOf(drill)]));
    // A run that was cut short says nothing of how often it passes.
    if (signal.aborted) break;
    done += 1;
    for (const [name, verdict, why] of drills) {
      const none = { passed: 0, failed: 0, inconclusive: 0, not_applicable: 0, open: [] };
      const tally = entryOf(tallies, name, () => none);
      tally[verdict] += 1;
      if (verdict === 'failed' || verdict === 'inconclusive') tally.open.push({ run, verdict, why });
    }
    const passed = drills.filter(([, verdict]) => verdict === 'passed').length;
    stderr.write(`${done} of ${times}: ${passed} of ${count(drills.length, 'drill')} passed  ${run}\n`);
  }
  const all = [...tallies].map(([name, tally]) => ({ name, tally, ...judge(tally, repeat) }));
  if (json) stdout.write(`${JSON.stringify(documentOf(repeat, done, all))}\n`);
  else for (const one of all) stdout.write(`${linesOf(one, repeat).join('\n')}\n`);
  if (all.some(({ verdict }) => verdict === 'failed')) return 'failed';
  const judged = all.filter(({ verdict }) => verdict !== 'not_applicable');
  const passed = done === times && judged.length > 0 && judged.every(({ verdict }) => verdict === 'passed');
  return passed ? 'passed' : 'inconclusive';
}

function whyOf(drill: JudgedDrill): string {
  const [worst] = worstFirst([...groupsOf(drill)]);
  if (worst !== undefined) return `${worst.check} (${worst.severity}): ${worst.reason}`;
  return drill.verdict === 'inconclusive' ? (drill.reasons[0]?.reason ?? 'it is open') : '';
}

interface Judged {
  verdict: VerdictWord;
  /** It both passed and failed. */
  flaky: boolean;
  /** How many more runs would decide, where the interval reaches over the rate that is asked for. */
  more?: number | undefined;
}

function judge(tally: Tally, { passRate }: Pick<Repeat, 'passRate'>): Judged {
  const { passed, failed, inconclusive } = tally;
  const flaky = passed > 0 && failed > 0;
  const tries = triesOf(tally);
  if (tries.of === 0) return { verdict: inconclusive > 0 ? 'inconclusive' : 'not_applicable', flaky };
  if (passRate === undefined)
    return { verdict: failed > 0 ? 'failed' : inconclusive > 0 ? 'inconclusive' : 'passed', flaky };
  const { low, high } = wilson(tries);
  if (high < passRate) return { verdict: 'failed', flaky };
  if (low < passRate) return { verdict: 'inconclusive', flaky, more: moreFor(tries, passRate) };
  return { verdict: inconclusive > 0 ? 'inconclusive' : 'passed', flaky };
}

const triesOf = ({ passed, failed }: Tally): Tries => ({ passed, of: passed + failed });
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

type Named = Judged & { name: string; tally: Tally };

function linesOf({ name, tally, verdict, flaky, more }: Named, { passRate }: Repeat): string[] {
  const tries = triesOf(tally);
  const { low, high } = wilson(tries);
  const k = Math.min(DRAWN, tries.of);
  const drawn = `pass^${k} ${allOf(tries, k)?.toFixed(2)}, pass@${k} ${oneOf(tries, k)?.toFixed(2)}`;
  const rate =
    tries.of === 0
      ? 'it came to no verdict'
      : `${tries.passed} of ${tries.of} passed (95 %: ${percent(low)} to ${percent(high)}), ${drawn}`;
  const open = tally.inconclusive > 0 ? [`${tally.inconclusive} inconclusive`] : [];
  const asked = passRate === undefined ? '' : percent(passRate);
  const straddles = passRate !== undefined && tries.of > 0 && low < passRate && high >= passRate;
  const needs = straddles
    ? [more === undefined ? `no number of runs tells it from ${asked}` : `needs ${more} more for ${asked}`]
    : [];
  const state = verdict.replaceAll('_', ' ').toUpperCase() + (flaky ? ', flaky' : '');
  return [
    `${name}  ${state}: ${[rate, ...open, ...needs].join('; ')}`,
    ...tally.open.slice(0, 5).map(({ run, why }) => `  ${run}  ${why}`),
    ...(tally.open.length > 5 ? [`  and ${count(tally.open.length - 5, 'more run')}`] : []),
  ];
}

const documentOf = ({ times, passRate }: Repeat, done: number, all: readonly Named[]) => ({
  schema: 'drill.repeat/1',
  times,
  done,
  ...(passRate !== undefined && { pass_rate: passRate }),
  drills: all.map(({ name, tally, verdict, flaky, more }) => {
    const tries = triesOf(tally);
    const drawn = Array.from({ length: Math.min(MOST_DRAWN, tries.of) }, (_, i) => i + 1);
    return {
      ...{ name, verdict, flaky, ...tally },
      interval: wilson(tries),
      pass_all: drawn.map((k) => allOf(tries, k)),
      pass_one: drawn.map((k) => oneOf(tries, k)),
      ...(more !== undefined && { more }),
    };
  }),
});
