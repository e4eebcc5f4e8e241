import { z } from 'zod';
import { whole } from './numbers.ts';

/** A word of a command line; whoever prints one writes it into files that are read line by line. */
const Word = z
  .string()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'it may not be empty, nor hold line breaks or control characters');

/** `${env:NAME}`: a URL that is a secret itself stands in no file. */
const FROM_ENV = /^\$\{env:(\w+)\}$/;

/** The variable that holds the URL; undefined where the text is the URL. */
export const variableOf = (webhook: string): string | undefined => FROM_ENV.exec(webhook)?.[1];

const Notify = z
  .strictObject({
    command: z
      .string()
      .min(1)
      .optional()
      .describe('a line for the shell, which finds what happened as JSON on its input'),
    webhook: z
      .string()
      .refine(
        (text) => variableOf(text) !== undefined || (URL.canParse(text) && /^https?:/.test(text)),
        `it is neither a URL of http or https nor \${env:NAME}`,
      )
      .optional()
      .describe(`a URL to which the same is posted; \${env:NAME} where it is a secret`),
  })
  .refine(
    ({ command, webhook }) => command !== undefined || webhook !== undefined,
    'say `command`, `webhook`, or both',
  );

const seconds = (least: number) => whole(least, 7 * 86_400);
const limit = whole(0, 10_000).optional();

/** The names of schedules are parts of names of files, jobs and units. */
export const ScheduleName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, 'small letters, digits, `_` and `-`, 40 at most, a letter first');

/** When drills run by themselves, and what is done where that cannot be. */
export const Schedule = z.strictObject({
  cron: z
    .string()
    .min(1)
    .max(200)
    .describe('minute, hour, day of the month, month, day of the week; a sixth field before them is the second'),
  time_zone: z.string().max(100).default('UTC').describe('the zone of the cron line, such as Europe/Berlin'),
  drills: z
    .array(Word)
    .max(100)
    .default([])
    .describe('as `drill run` takes them; what it runs without any where there are none'),
  target: Word.optional().describe('as `--target` of `drill run`'),
  args: z.array(Word).max(50).default([]).describe('more arguments of `drill run`'),
  concurrency_policy: z
    .enum(['Allow', 'Forbid', 'Replace'])
    .default('Forbid')
    .describe(
      'what becomes of a due run while one before it goes on: both run, it waits, or the one before is stopped',
    ),
  starting_deadline_seconds: seconds(1)
    .default(300)
    .describe('so much later a due run may still start; after that it is missed'),
  jitter_seconds: seconds(0).default(0).describe('a due run starts up to so much later, by chance'),
  successful_runs_history_limit: limit.describe('reports of runs that passed which stay; all of them without it'),
  failed_runs_history_limit: limit.describe('the same of runs that did not pass'),
  notify: Notify.optional().describe('who is told when a run fails, or is worse than the one before'),
});
export type Schedule = z.infer<typeof Schedule>;

export interface NamedSchedule extends Schedule {
  name: string;
}

/** The words of `drill run` that a schedule asks for. */
export const runWords = ({ drills, target, args }: Schedule): string[] => [
  'run',
  ...drills,
  ...(target === undefined ? [] : [`--target=${target}`]),
  ...args,
];

/** Whether it asks real providers, and so needs their keys where it runs. */
export const isLive = ({ args }: Pick<Schedule, 'args'>): boolean =>
  /(?:^| )--mode[= ]live(?: |$)/.test(args.join(' '));
