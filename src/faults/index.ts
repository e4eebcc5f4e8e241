import type { Fault } from '../core/plugin.ts';
import { connectionReset } from './connection-reset.ts';
import { hang } from './hang.ts';
import { malformedJson } from './malformed-json.ts';
import { overloaded } from './overloaded.ts';
import { rateLimited } from './rate-limited.ts';
import { serverError } from './server-error.ts';
import { slowAnswer } from './slow-answer.ts';

export const faults: Fault[] = [connectionReset, hang, malformedJson, overloaded, rateLimited, serverError, slowAnswer];
