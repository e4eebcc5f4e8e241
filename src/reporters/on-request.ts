import type { Reporter } from '../core/plugin.ts';
import { github } from './github.ts';
import { htmlPage } from './html/index.ts';
import { sarif } from './sarif.ts';
import { stepSummary } from './step-summary.ts';

/** Those that somebody asks for, by name or by being a CI server: other runs do not load them. */
export const reportersOnRequest: Reporter[] = [sarif, htmlPage, github, stepSummary];
