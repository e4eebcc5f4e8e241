// How things are measured: each beside its yardstick, in turn, so that a slow moment of the machine meets both.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const here = import.meta.dirname;
export const root = join(here, '../..');
export const bin = join(root, 'bin/drill.js');

// Where more certificates are named, bare Node takes longer to start than all that is measured.
const { NODE_EXTRA_CA_CERTS, NODE_OPTIONS, ...env } = process.env;

/** The shell's own clock counts all processes that were waited for, in milliseconds. */
const TIMED = `TIMEFORMAT='%3R %3U %3S'; time "$@" >"$OUT" 2>/dev/null`;

/** Runs Node; CPU and wall time in seconds, that of all its children among them, and what it printed where `prints`. */
export function took(words, cwd, { prints = false, more = {} } = {}) {
  const out = prints ? join(tmpdir(), `drill-bench-out-${process.pid}-${++runs}`) : '/dev/null';
  const shell = spawn('bash', ['-c', TIMED, 'time', process.execPath, ...words], {
    cwd,
    env: { ...env, OUT: out, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  shell.stderr.on('data', (text) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', (code) => {
      const [wall, user, system] = said.trim().split('\n').at(-1).split(' ').map(Number);
      const printed = prints ? readFileSync(out, 'utf8') : '';
      if (prints) rmSync(out);
      if (ENDS.includes(code)) resolve({ wall, cpu: user + system, printed });
      else reject(new Error(`node ${words.join(' ')} ended with exit code ${code}`));
    });
  });
}
let runs = 0;
/** It did what it should, whatever that came to: a drill may fail, or stay open. */
const ENDS = [0, 1, 3];

export const cpuOf = async (words, cwd) => (await took(words, cwd)).cpu;

/** What a program prints: seconds of CPU an execution. */
export const told = async (words, cwd) => Number((await took(words, cwd, { prints: true })).printed);

const program = join(here, 'yardstick.mjs');
export const yardstick = Object.assign(() => told([program]), { program });

/** The greatest memory that one of the processes of a run has had, in MB. */
export async function peakOf(words, cwd) {
  const file = join(tmpdir(), `drill-bench-peak-${process.pid}`);
  await took(words, cwd, { more: { NODE_OPTIONS: `--require ${join(here, 'peak.cjs')}`, DRILL_BENCH_PEAK: file } });
  const peaks = readFileSync(file, 'utf8').trim().split('\n').map(Number);
  rmSync(file);
  return Math.max(...peaks) / 1024;
}

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** Measures all of them in turn, so many times; a list of results for each. */
export async function inTurn(rounds, measures) {
  const results = measures.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, measure] of measures.entries()) results[i].push(await measure());
  return results;
}

/** The CPU time of commands, measured in turn. */
export const cpuInTurn = (rounds, commands, cwd) =>
  inTurn(
    rounds,
    commands.map((words) => () => cpuOf(words, cwd)),
  );

/** What each further one costs where there are many, by what few and many cost. */
export const further = (short, long, [few, many]) => long.map((cpu, i) => (cpu - short[i]) / (many - few));

/** The median of what the rounds give. */
export const ofPairs = (one, other, give = (a, b) => a / b) => median(one.map((a, i) => give(a, other[i])));
