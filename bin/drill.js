#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const [, , command] = process.argv;
if (command === '--version' || command === '-v') {
  // Asked for by scripts and editors again and again: nothing of the house is loaded for it.
  console.log(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version);
} else {
  // Before anything else can keep an original; commands that run nothing need no routes.
  if (command === 'run') {
    const { installRoutes, tuneEngine } = await import('../dist/world/routes.js');
    tuneEngine();
    installRoutes();
  }
  const { main } = await import('../dist/cli/main.js');
  process.exitCode = await main(process.argv);
  // Once all is written: what a target left running, a timer or a socket, does not keep the command waiting.
  process.stdout.write('', () => process.exit());
}
