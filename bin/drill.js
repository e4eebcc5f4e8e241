#!/usr/bin/env node
import { installRoutes } from '../dist/world/routes.js';

installRoutes();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv);
// Once all is written: what a target left running, a timer or a socket, does not keep the command waiting.
process.stdout.write('', () => process.exit());
