import type { ErrorPart, Headers } from '../../../core/wire.ts';
import { resetMs } from '../../errors.ts';
import { replyHeaders } from '../../openai.ts';
import { openaiErrors } from '../../openai-errors.ts';
import { type ChatChoice, type Dialect, eventOf } from '../dialect.ts';
import { FIELDS } from '../openai.ts';

/** The version of the API that our own calls name, on paths that need one. */
const API_VERSION = '2024-10-21';

const SAFE = { filtered: false, severity: 'safe' };
const FILTERS = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE };
const FILTERED = { ...FILTERS, violence: { filtered: true, severity: 'medium' } };
const PROMPT_FILTERS = { ...FILTERS, jailbreak: { filtered: false, detected: false } };
const prompt_filter_results = [{ prompt_index: 0, content_filter_results: PROMPT_FILTERS }];

/** Filters look at what has words or is an end; what a filter stopped is told by them as well. */
function filtersOf({ message, delta, finish_reason }: ChatChoice): object {
  if (finish_reason === 'content_filter') return FILTERED;
  return message !== undefined || typeof delta?.['content'] === 'string' ? FILTERS : {};
}

const shared = openaiErrors(FIELDS, {
  rows: {
    timeout: { status: 408, type: '', code: 'Timeout' },
    rate_limit: { status: 429, type: '', code: '429' },
    auth: { status: 401, type: '', code: '401' },
    regional_access: { status: 403, type: '', code: '403' },
    model_not_found: { status: 404, type: '', code: 'DeploymentNotFound' },
    safety_block: { status: 400, type: '', param: 'prompt', code: 'content_filter' },
    server_error: { status: 500, type: '', code: 'InternalServerError' },
    overloaded: { status: 503, type: '', code: 'ServiceUnavailable' },
  },
  names: {
    Timeout: 'timeout',
    '429': 'rate_limit',
    RateLimitReached: 'rate_limit',
    '401': 'auth',
    // Virtual networks and firewalls: whoever calls is in the wrong place.
    '403': 'regional_access',
    DeploymentNotFound: 'model_not_found',
    '404': 'model_not_found',
    InternalServerError: 'server_error',
    '500': 'server_error',
    ServiceUnavailable: 'overloaded',
  },
});

/** What the gateway in front of the model says has a code and a message, and no more. */
function body(part: ErrorPart): object {
  const error = shared.error(part);
  const { code, param } = error;
  if (part.mode === 'safety_block') {
    const result = { ...PROMPT_FILTERS, violence: FILTERED.violence };
    const innererror = { code: 'ResponsibleAIPolicyViolation', content_filter_result: result };
    return { error: { message: error.message, type: null, param, code, status: 400, innererror } };
  }
  return { error: error.type === '' ? { code, message: messageOf(part, error.message) } : error };
}

function messageOf({ mode, retryAfter }: ErrorPart, message: string): string {
  if (mode !== 'rate_limit' || retryAfter?.as !== 'seconds') return message;
  return `${message.replace(/[.!]$/, '')}. Please retry after ${Math.ceil(retryAfter.ms / 1000)} seconds.`;
}

/** The wait in both units; resets are whole seconds. */
function limits(part: ErrorPart): Headers {
  if (part.mode !== 'rate_limit') return [];
  return [
    ['policy-id', 'DeploymentRatelimit-Token'],
    ['x-ratelimit-limit-tokens', '200000'],
    ['x-ratelimit-remaining-tokens', '0'],
    ['x-ratelimit-reset-tokens', String(Math.ceil(resetMs(part) / 1000))],
  ];
}

function headers(part: ErrorPart, atMs: number): Headers {
  const { retryAfter } = part;
  const waits = shared.headers(part, atMs).filter(([name]) => name === 'retry-after');
  const precise = retryAfter?.as === 'seconds' ? [['retry-after-ms', String(Math.ceil(retryAfter.ms))] as const] : [];
  return [...waits, ...precise, ...limits(part)];
}

const empty = { id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results };
const versionless = (path: string) => path.includes('/openai/v1/');

export const azure: Dialect = {
  summary: "Azure OpenAI: deployments in the path, api-key, content filters' results, its gateway's errors.",
  example:
    'backup: { provider: azure, protocol: openai-chat, dialect: azure, base_url: https://my-resource.openai.azure.com, model: gpt-5-mini, key_env: AZURE_OPENAI_API_KEY }',
  api: 'openai',
  path: '/openai/deployments/{deployment}/chat/completions',
  keyHeader: 'api-key',
  keyEnvs: { AZURE_OPENAI_API_KEY: 'always' },
  keeps: ['x-ms-region', 'policy-id'],
  errors: { ...shared, indent: 0, body, headers },
  wrongUrl: ({ pathname, searchParams }) =>
    versionless(pathname) || searchParams.has('api-version')
      ? undefined
      : { mode: 'model_not_found', status: 404, code: '404', message: 'Resource not found' },
  modelIn({ pathname }) {
    const [, deployment] = /\/deployments\/([^/]+)\/[^?]*$/.exec(pathname) ?? [];
    return deployment && decodeURIComponent(deployment);
  },
  urlOf(base, model) {
    const end = '/chat/completions';
    if (versionless(`${base}/`)) return base + end;
    const own = `${base.replace(/\/openai$/, '')}/openai/deployments/${encodeURIComponent(model)}`;
    return `${/\/deployments\/[^/]+$/.test(base) ? base : own}${end}?api-version=${API_VERSION}`;
  },
  headers: (stamp) => [
    ['apim-request-id', `apim_${stamp.id}`],
    ['x-ms-region', 'Sweden Central'],
    ['x-ratelimit-remaining-requests', '499'],
    ['x-ratelimit-remaining-tokens', '198500'],
    ...replyHeaders(stamp).filter(([name]) => name === 'x-request-id'),
  ],
  begins: [eventOf(empty)],
  idle: eventOf(empty),
  dress: ({ choices, ...said }) => ({
    ...said,
    choices: choices.map((choice) => ({ ...choice, content_filter_results: filtersOf(choice) })),
    ...(said.object === 'chat.completion' && { prompt_filter_results }),
  }),
};
