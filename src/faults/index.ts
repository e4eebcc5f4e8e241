import type { Fault } from '../core/plugin.ts';
import { hang } from './hang.ts';
import { rateLimited } from './rate-limited.ts';
import { serverError } from './server-error.ts';

export const faults: Fault[] = [hang, rateLimited, serverError];
