import type { Reporter } from '../core/plugin.ts';
import { csv } from './csv.ts';
import { github } from './github.ts';
import { htmlPage } from './html/index.ts';
import { otlp } from './otlp.ts';
import { pullRequest } from './pull-request.ts';
import { sarif } from './sarif.ts';
import { stepSummary } from './step-summary.ts';

/** Those that somebody asks for, by name or by being a CI server: other runs do not load them. */
export const reportersOnRequest: Reporter[] = [sarif, csv, otlp, pullRequest, htmlPage, github, stepSummary];
