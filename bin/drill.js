#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const [, , command] = process.argv;
if (command === '--version' || command === '-v') {
  // Asked for by scripts and editors again and again: nothing of the house is loaded for it.
  console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
} else {
  // Before anything else can keep an original; commands that run nothing need no routes.
  if (command === 'run') {
    const { setFlagsFromString } = await import('node:v8');
    // A run makes much garbage and keeps little: the heap grows by a third of what lives, so that long runs stay small.
    setFlagsFromString('--heap-growing-percent=30');
    // Helper threads would take longer to wake than there is to clear away.
    setFlagsFromString('--no-parallel-scavenge');
    setFlagsFromString('--no-concurrent-marking');
    // Optimised code costs a short run a fifth of its time and gives nothing back: Node 20 makes it too early, and
    // the newer ones, which do not know the flag, later by themselves.
    if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=400000');
    (await import('../dist/world/routes.js')).installRoutes();
  }
  const { main } = await import('../dist/cli/main.js');
  process.exitCode = await main(process.argv);
  // Once all is written: what a target left running, a timer or a socket, does not keep the command waiting.
  process.stdout.write('', () => process.exit());
}
