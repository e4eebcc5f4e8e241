import type { Target } from '../core/plugin.ts';
import type { Players } from './plan.ts';
import { playWorld } from './play.ts';

/** Plays every world in this process: for targets whose code is the package's own. */
export function playersInside(target: Target, seed: number, print: (text: string) => void): Players {
  return {
    open: ({ drill: { drill } }, world) => ({
      async play(plan, chain, context) {
        await playWorld({ drill, world, seed }, target, () => ({ plan, chain }), { ...context, print });
        return true;
      },
      end() {},
    }),
  };
}
