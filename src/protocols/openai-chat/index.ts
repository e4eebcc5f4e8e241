import { z } from 'zod';
import { defined } from '../../core/own-copy.ts';
import type { Protocol } from '../../core/protocol.ts';
import { KEEPS, URL_ENVS } from '../openai.ts';
import { plain } from '../openai-plain.ts';
import { baseBefore } from '../request.ts';
import type { Dialect } from './dialect.ts';
import { dialects } from './dialects/index.ts';
import { FIELDS, openai } from './openai.ts';
import { replies } from './reply.ts';
import { requests } from './request.ts';

// What Azure begins its streams with.
const IDLE = 'data: {"id":"","object":"","created":0,"model":"","choices":[],"prompt_filter_results":[]}\n\n';

/** The protocol as one server speaks it. */
function spokenAs(dialect: Dialect): Protocol {
  const { summary, example, api, path = '/chat/completions', keeps = [], idle = IDLE } = dialect;
  const { serves, keyHeader, keyEnvs, rules } = dialect;
  return {
    name: 'openai-chat',
    summary,
    params: z.strictObject({}),
    example,
    api,
    path,
    urlEnvs: URL_ENVS,
    baseOf: baseBefore(/\/chat\/completions$/),
    ...defined({ serves, keyHeader, keyEnvs, rules }),
    keeps: [...KEEPS, ...keeps],
    fields: { conversation: FIELDS.conversation, limit: 'max_tokens' },
    plain,
    ...(idle !== 'none' && { idle }),
    ...requests(dialect),
    ...replies(dialect),
  };
}

export const openaiChat: Protocol = {
  ...spokenAs(openai),
  dialects: Object.fromEntries(Object.entries(dialects).map(([name, dialect]) => [name, spokenAs(dialect)])),
};
