import { openHabitat } from './hosted/habitat.ts';
import { type Routed, routeHosts } from './hosted/route-hosts.ts';
import { serveLines } from './hosted/serve-lines.ts';
import type { Hosted } from './live-target.ts';
import { openFirst } from './targets/module.ts';
import { createWallClock } from './world/index.ts';

/** A module in a process of its own and in real time, as a command that lives as long as its world. */
export async function serveHosted(): Promise<void> {
  const { source, builtin, seed, providers }: Hosted = JSON.parse(process.env['DRILL_HOSTED'] ?? '{}');
  const { DRILL_HOSTS_URL: hosts = '', DRILL_ROLES = '{}', DRILL_TOOLS_URL = '' } = process.env;
  const roles: { base_url: string }[] = Object.values(JSON.parse(DRILL_ROLES));
  const stand = [DRILL_TOOLS_URL, ...roles.map(({ base_url }) => base_url)];
  const routed: Routed = { providers, hosts, stand };
  const { fetch } = globalThis;
  const told = new Set<string>();
  const { inTask } = routeHosts(routed, (left, refused) => {
    if (told.has(left)) return;
    told.add(left);
    fetch(`${hosts}/passed`, { method: 'POST', body: JSON.stringify({ left, refused }) }).catch(() => {});
  });
  // Node 20 forgets a timeout that only `AbortSignal.any` knows of, once garbage is collected: it would never come.
  const clock = createWallClock();
  const coming = new Set<AbortSignal>();
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => {
    const signal = timeout.call(AbortSignal, ms);
    coming.add(signal);
    void clock.sleep(ms).then(() => coming.delete(signal));
    return signal;
  };
  const target =
    builtin === undefined
      ? openFirst(source)
      : await (await import('./catalogue.ts')).catalogue.builtinTargets[builtin]?.();
  if (target === undefined) throw new Error(`there is no target ${builtin}`);
  const loaded = await target.load();
  const over = new AbortController();
  const running = await loaded.start(await openHabitat(process.env, seed), over.signal);
  await serveLines(running, inTask);
  process.exit(0);
}
