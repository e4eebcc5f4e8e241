import { createHash } from 'node:crypto';
import { DrillError } from '../core/errors.ts';

/** One of several machines that share the drills of a run. */
export interface Shard {
  /** From 1. */
  index: number;
  count: number;
}

type Env = Record<string, string | undefined>;

/** Where CI servers and clusters tell a job which of several it is; some count from 0. */
const VARIABLES: readonly { index: string; count: string; from: 0 | 1 }[] = [
  { index: 'CI_NODE_INDEX', count: 'CI_NODE_TOTAL', from: 1 },
  { index: 'BUILDKITE_PARALLEL_JOB', count: 'BUILDKITE_PARALLEL_JOB_COUNT', from: 0 },
  { index: 'JOB_COMPLETION_INDEX', count: 'JOB_COMPLETION_COUNT', from: 0 },
  { index: 'SLURM_ARRAY_TASK_ID', count: 'SLURM_ARRAY_TASK_COUNT', from: 0 },
];

/** Reads `2/3`, or `auto`. Throws a DrillError. */
export function readShard(text: string, env: Env): Shard {
  const [index, count, from] = text === 'auto' ? fromEnv(env) : [...text.split('/'), 1];
  const shard = { index: Number(index) - Number(from) + 1, count: Number(count) };
  const whole = /^\d{1,5}$/.test(String(index)) && /^\d{1,5}$/.test(String(count));
  if (whole && shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new DrillError({
    message: text === 'auto' ? 'nothing says which shard this is' : `"${text}" is no shard`,
    place: { file: '--shard' },
    fix: `Write --shard 1/3 for the first of three; auto reads ${VARIABLES.map((one) => one.index).join(', ')} and their counts.`,
  });
}

function fromEnv(env: Env): [string | undefined, string | undefined, number] {
  const found = VARIABLES.find(({ index, count }) => env[index] !== undefined && env[count] !== undefined);
  if (found === undefined) return [undefined, undefined, 1];
  // Of an array of tasks the first has the number that its user gave it.
  const from = found.index === 'SLURM_ARRAY_TASK_ID' ? Number(env['SLURM_ARRAY_TASK_MIN'] ?? 0) : found.from;
  return [env[found.index], env[found.count], from];
}

/** Whose drill it is: by its name and the seed alone, so that another drill moves none of the others. */
export function isIn({ index, count }: Shard, drill: string, seed: number): boolean {
  const hash = createHash('sha256').update(`${drill}\u0000${seed}`).digest();
  return (hash.readUInt32BE(0) % count) + 1 === index;
}
