import { syncBuiltinESMExports } from 'node:module';
import { routeExit } from './crash.ts';
import { takeWeb } from './originals.ts';
import { routeChance } from './route-chance.ts';
import { routeContexts } from './route-contexts.ts';
import { routeNetwork } from './route-network.ts';
import { routeOutput } from './route-output.ts';
import { routeProcesses } from './route-processes.ts';
import { routeTime } from './route-time.ts';
import { routeTimers } from './route-timers.ts';
import { routeUnseen } from './route-unseen.ts';

let installed = false;
let onlyOurs = false;

/**
 * Makes the process's timers, clocks, chance and network ask first whether the caller is inside a virtual world;
 * outside of one they are what they were. To be called before any module is imported that might keep an original.
 * `onlyOurCode`: nothing but the package's own code runs in a world here, which asks none of them, unless
 * `expectOthers` says so later.
 */
export function installRoutes({ onlyOurCode = false } = {}): void {
  if (installed) return;
  installed = true;
  onlyOurs = onlyOurCode;
  if (!onlyOurCode) routeAll();
}

function routeAll(): void {
  loadFetch();
  routeTimers();
  routeTime();
  routeChance();
  routeContexts();
  routeNetwork();
  routeProcesses();
  routeOutput();
  routeExit();
  routeUnseen();
  takeWeb();
  // Named imports of Node's own modules follow.
  syncBuiltinESMExports();
}

/** To be called before code of others is loaded that a world may run, in a process that was to run only ours. */
export function expectOthers(): void {
  if (!onlyOurs) return;
  onlyOurs = false;
  routeAll();
}

/** Node loads its fetch on first use and compiles its parser: once, now, instead of in whichever world comes first. */
const loadFetch = () => void new Response();

export function routesInstalled(): boolean {
  return installed;
}
