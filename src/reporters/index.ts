import type { Reporter } from '../core/plugin.ts';
import { json } from './json.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import { terminal } from './terminal/index.ts';

/** Those of every run; the others are in `on-request.ts`. */
export const reporters: Reporter[] = [terminal, json, markdown, junit];
