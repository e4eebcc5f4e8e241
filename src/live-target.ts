import { join } from 'node:path';
import { packageRoot } from './config/find.ts';
import type { Roles } from './core/declaration.ts';
import type { LoadedTarget, Target } from './core/plugin.ts';
import { startLines } from './targets/command.ts';

/** What the process of a module is told. */
export interface Hosted {
  source?: Target['source'];
  builtin?: string;
  seed: number;
  /** Origins of the providers of all roles. */
  providers: string[];
}

/**
 * The target as it runs live: a process of its own, in real time, which has no key and finds the stand on sockets. What runs
 * so already stays as it is.
 */
export function liveTarget(
  target: Target,
  said: Omit<LoadedTarget, 'start'>,
  { roles, seed, env }: { roles: Roles; seed: number; env: Readonly<Record<string, string>> },
): Target {
  if (target.wall === true) return target;
  const { name, kind, about, source } = target;
  const providers = [...new Set(Object.values(roles).map(({ base_url }) => new URL(base_url).origin))];
  const hosted: Hosted = { ...(source === undefined ? { builtin: name } : { source }), seed, providers };
  const command = [process.execPath, join(packageRoot(), 'bin/host.js')];
  return {
    ...{ name, kind, about, wall: true },
    load: async () => ({
      ...said,
      start: (habitat) =>
        startLines(
          {
            command,
            cwd: source?.cwd ?? process.cwd(),
            env: (given) => ({ ...env, ...directly(env, given), DRILL_HOSTED: JSON.stringify(hosted) }),
          },
          habitat,
        ),
    }),
  };
}

/** What leaves it is seen in the process itself, so that the user's own proxies stay; the stand is no business of theirs. */
function directly(own: Record<string, string>, given: Record<string, string>): Record<string, string> {
  const direct = [own['NO_PROXY'] ?? own['no_proxy'], given['NO_PROXY']].filter(Boolean).join(',');
  const kept = Object.entries(given).filter(([name]) => !/_PROXY$/i.test(name));
  return { ...Object.fromEntries(kept), NO_PROXY: direct, no_proxy: direct };
}
