import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { recording, Tape } from './cassettes/recording.ts';
import type { Config } from './config/config-file.ts';
import type { Clock } from './core/clock.ts';
import type { Roles } from './core/declaration.ts';
import { DrillError } from './core/errors.ts';
import type { Protocol } from './core/protocol.ts';
import type { ReplySource } from './core/upstream.ts';
import type { Live } from './equip.ts';
import { createLedgerFiles, liveReplies, openSpend, openUpstream, type Spend, type Upstream } from './live/index.ts';
import { unguessable } from './world/index.ts';

export interface LiveRun extends Live {
  replies: ReplySource;
  /** Keeps what they reply, where that is asked for. */
  tape: Tape | undefined;
  upstream: Upstream;
  spend: Spend;
  limits: NonNullable<Config['live']>;
  /** What the processes of a module may see of the environment: all of it but what holds a key of a role. */
  env: Record<string, string>;
  /** The real keys, which may be shown nowhere. */
  secrets: string[];
}

interface Around {
  roles: Roles;
  cwd: string;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  protocols: readonly Protocol[];
  record?: boolean | undefined;
}

/** Opens the way to the providers. `env` is the user's own environment, with the real keys in it. Throws a DrillError. */
export function openLiveRun(
  config: Config | undefined,
  { roles, cwd, env, clock, protocols, record }: Around,
): LiveRun {
  const limits = config?.live;
  if (limits === undefined)
    throw new DrillError({
      message: 'nothing says how much live calls may cost',
      place: { file: 'drill.config.yaml' },
      fix: 'Add  live: { daily_usd: 2, max_output_tokens: 1000 }  with what you are ready to lose in a day.',
    });
  const { daily_usd: capUsd, max_output_tokens: maxOutputTokens, ledger } = limits;
  const upstream = openUpstream({ roles, protocols, env, cwd });
  const folder = ledger === undefined ? ledgerFolder(env) : resolve(cwd, ledger);
  const files = createLedgerFiles();
  const spend = openSpend({ capUsd, folder, files, clock, ci: env['CI'] !== undefined, maxOutputTokens });
  const secrets = keysOf(roles, env);
  const replies = liveReplies(upstream, spend, () => clock.epochMs + clock.now());
  const tape = record === true ? new Tape() : undefined;
  return {
    ...{ upstream, spend, limits, secrets, replies, tape },
    repliesIn: (world) => (tape === undefined ? replies : recording(replies, tape, world)),
    keys: `drill-live-${unguessable()}`,
    env: withoutKeys(env, secrets),
  };
}

/** One of this machine, whatever project runs. */
const ledgerFolder = (env: NodeJS.ProcessEnv) =>
  join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'failover-drill', 'spend');

/** What is shorter is a word such as `none`, for a server that wants any. */
const SHORTEST_KEY = 8;

const keysOf = (roles: Roles, env: NodeJS.ProcessEnv): string[] =>
  [...new Set(Object.values(roles).flatMap(({ key_env }) => (key_env && env[key_env]?.trim()) || []))].filter(
    (key) => key.length >= SHORTEST_KEY,
  );

function withoutKeys(env: NodeJS.ProcessEnv, keys: readonly string[]): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !keys.some((key) => entry[1]?.includes(key)),
  );
  return Object.fromEntries(kept);
}
