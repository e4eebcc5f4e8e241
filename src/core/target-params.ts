import { z } from 'zod';
import { HandlerMapping } from './handler.ts';

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
        '`run`: one process that takes a line of JSON for each task and answers with a line of JSON, so that it can remember; ' +
        'where its calls hand on the `headers` of the line, tasks that are under way together are told apart',
    ),
  marker: z
    .boolean()
    .optional()
    .describe('puts a mark into the text of each task, for a target whose calls hand on nothing else'),
  ...process,
});

/** What an HTTP service says of itself. */
export const HttpParams = z.strictObject({
  http: z.url({ protocol: /^https?$/ }).describe('where tasks are sent'),
  as: HandlerMapping.optional(),
  start: CommandLine.optional().describe(
    'a command that starts it with the URLs of its models; without it, it runs already',
  ),
  ready: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('answers below 500 once it is ready; `http` without it'),
  ...process,
});
