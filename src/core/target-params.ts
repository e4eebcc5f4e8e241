import { z } from 'zod';
import { HandlerMapping } from './handler.ts';
import { whole } from './numbers.ts';
import { Outcome } from './outcome.ts';
import { problemIn, textsIn } from './template.ts';

/** A line, or its words. */
export const CommandLine = z.union([z.string().min(1), z.array(z.string()).min(1)]);

/** How a process is started. */
const process = {
  shell: z.boolean().optional().describe('whether a shell reads the line; without it none does'),
  folder: z.string().optional().describe('where it is started, seen from the configuration'),
  env: z.record(z.string(), z.string()).optional().describe('more variables; nothing else of yours is handed on'),
};

/** What a command says of itself. */
export const CommandParams = z.strictObject({
  command: CommandLine.describe('a program that drill starts: a line, or its words'),
  lives: z
    .enum(['task', 'run'])
    .optional()
    .describe(
      '`task`, as without it: a process for each task, which reads it as JSON and writes its outcome, JSON or text; ' +
        '`run`: one process that takes a line of JSON for each task and answers with a line of JSON: what a target needs ' +
        'that claims breaker, failback, budgets or lanes, unless it says `task` because it remembers elsewhere; ' +
        'where its calls hand on the `headers` of the line, tasks that are under way together are told apart',
    ),
  marker: z
    .boolean()
    .optional()
    .describe('puts a mark into the text of each task, for a target whose calls hand on nothing else'),
  ...process,
});

/** Where something is served. Who is asked there is told by headers: a URL is shown and kept. */
const ServiceUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' };
  return username === '' && password === '';
}, 'a URL may not hold a name or a password; send them in `headers`');

/** Texts with holes, which a task, the stand and the environment fill. */
function withHoles<S extends z.ZodType>(schema: S): S {
  return schema.superRefine((value, context) => {
    for (const [text, path] of textsIn(value)) {
      const problem = problemIn(text);
      if (problem !== undefined) context.addIssue({ code: 'custom', path, message: problem });
    }
  });
}

const Pointer = z
  .string()
  .regex(/^(?:\/(?:[^~/]|~[01])*)*$/, 'this is no JSON pointer, such as /result/text')
  .describe('a JSON pointer into the response, such as /result/text');

const WILDCARDS = ['0.0.0.0', '::'];
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host);

/** Where a stand listens for a service that is not told where it is. */
const StandAt = z
  .strictObject({
    port: whole(1, 65_000).describe('the first port: the roles in their order, then the tools'),
    listen: z
      .union([z.ipv4(), z.ipv6(), z.literal('localhost')])
      .optional()
      .describe('an address of this machine; 127.0.0.1 without it'),
    advertise: z
      .string()
      .regex(/^[\w.-]+$/, 'this is no host name')
      .optional()
      .describe('the host under which the service finds it, such as host.docker.internal'),
    token: withHoles(z.string().min(1))
      .optional()
      .describe('what every call must bring along, as its API key or in its URL; needed beyond loopback'),
  })
  .refine(({ listen, token }) => listen === undefined || isLoopback(listen) || token !== undefined, {
    path: ['listen'],
    message: `beyond loopback others can call the stand too: add a \`token\`, such as \${env:DRILL_TOKEN}`,
  })
  .refine(({ listen = '', advertise }) => !WILDCARDS.includes(listen) || advertise !== undefined, {
    path: ['listen'],
    message: 'every address is no place to be found at: add `advertise`, such as host.docker.internal',
  });

/** What an HTTP service says of itself. */
export const HttpParams = z.strictObject({
  http: ServiceUrl.describe('where tasks are sent'),
  as: HandlerMapping.optional(),
  headers: withHoles(z.record(z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'this is no name of a header'), z.string()))
    .optional()
    .describe(
      `sent with each request; may hold \${env:NAME} of your own environment, \${roles.primary.base_url}, \${task.id}`,
    ),
  body: withHoles(z.record(z.string(), z.unknown()))
    .optional()
    .describe(
      `JSON with \${task.input}, \${task.sources} …: what is sent in place of the task; with \`openai-chat\` and \`ai-sdk-ui\` it is added to what they send`,
    ),
  outcome: z
    .partialRecord(Outcome.keyof(), Pointer)
    .optional()
    .describe('where in a JSON response each part of the outcome is; it is answered where there is an `answer`'),
  poll: z
    .strictObject({
      every_ms: whole(10, 60_000).describe('milliseconds between two looks'),
      url: Pointer.optional().describe('where in the response the URL of the job is; its `location` header without it'),
    })
    .optional()
    .describe('for a service that answers 202: its job is asked for until it is something else'),
  marker: z
    .boolean()
    .optional()
    .describe('marks each input, so that calls are told apart though no header is handed on'),
  start: CommandLine.optional().describe(
    'a command that starts it with the URLs of its models; without it, it runs already',
  ),
  ready: ServiceUrl.optional().describe('answers below 500 once it is ready; `http` without it'),
  ready_ms: whole(1, 600_000).optional().describe('milliseconds it may take to get ready; 60000 without'),
  stand: StandAt.optional().describe('where its models are, for one that runs already; ports 4600 and on without it'),
  ...process,
});
