import type { Fault } from '../core/plugin.ts';
import { authFailed } from './auth-failed.ts';
import { badArguments } from './bad-arguments.ts';
import { badRequest } from './bad-request.ts';
import { capacity } from './capacity.ts';
import { citationLoss } from './citation-loss.ts';
import { connectionReset } from './connection-reset.ts';
import { contextOverflow } from './context-overflow.ts';
import { costSpike } from './cost-spike.ts';
import { forbiddenCall } from './forbidden-call.ts';
import { hang } from './hang.ts';
import { imagesLost } from './images-lost.ts';
import { malformedJson } from './malformed-json.ts';
import { modelNotFound } from './model-not-found.ts';
import { overloaded } from './overloaded.ts';
import { quotaExhausted } from './quota-exhausted.ts';
import { rateLimited } from './rate-limited.ts';
import { refusal } from './refusal.ts';
import { regionalBlock } from './regional-block.ts';
import { safetyBlock } from './safety-block.ts';
import { schemaDrift } from './schema-drift.ts';
import { serverError } from './server-error.ts';
import { skippedVerification } from './skipped-verification.ts';
import { slowAnswer } from './slow-answer.ts';
import { slowStream } from './slow-stream.ts';
import { toolEmpty } from './tool-empty.ts';
import { toolError } from './tool-error.ts';
import { toolTimeout } from './tool-timeout.ts';
import { toolTimeoutAfterEffect } from './tool-timeout-after-effect.ts';
import { toolsAsProse } from './tools-as-prose.ts';
import { toolsIgnored } from './tools-ignored.ts';
import { toolsUnsupported } from './tools-unsupported.ts';
import { truncatedAnswer } from './truncated-answer.ts';
import { unknownTool } from './unknown-tool.ts';
import { unsupportedClaim } from './unsupported-claim.ts';
import { wrongCitation } from './wrong-citation.ts';

/** By name. */
export const faults: Fault[] = [
  authFailed,
  badArguments,
  badRequest,
  capacity,
  citationLoss,
  connectionReset,
  contextOverflow,
  costSpike,
  forbiddenCall,
  hang,
  imagesLost,
  malformedJson,
  modelNotFound,
  overloaded,
  quotaExhausted,
  rateLimited,
  refusal,
  regionalBlock,
  safetyBlock,
  schemaDrift,
  serverError,
  skippedVerification,
  slowAnswer,
  slowStream,
  toolEmpty,
  toolError,
  toolTimeout,
  toolTimeoutAfterEffect,
  toolsAsProse,
  toolsIgnored,
  toolsUnsupported,
  truncatedAnswer,
  unknownTool,
  unsupportedClaim,
  wrongCitation,
];
