#!/usr/bin/env node
import { installRoutes } from '../dist/world/routes.js';

installRoutes();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv);
