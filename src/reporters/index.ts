import type { Reporter } from '../core/plugin.ts';
import { github } from './github.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { sarif } from './sarif.ts';
import { stepSummary } from './step-summary.ts';
import { terminal } from './terminal.ts';

export const reporters: Reporter[] = [terminal, json, markdown, junit, sarif, github, stepSummary];
