import { z } from 'zod';
import { HOUR_MS, whole } from './numbers.ts';

/** What becomes of a run, apart from its verdict; `docs/stopping.md` says when it is which. */
export const RunStatus = z.enum([
  'pending',
  'running',
  'completed',
  'stopping',
  'stopped',
  'cancelled',
  'interrupted',
  'errored',
]);
export type RunStatus = z.infer<typeof RunStatus>;

/** What ended a run before its time. */
export const StoppedBy = z.object({
  kind: z.enum(['failure_rate', 'latency_ms', 'spend_usd', 'probe', 'lever']),
  name: z.string().describe('the name of the condition; where it has none, its kind'),
  reason: z.string().describe('one sentence'),
  value: z.number().nullable().describe('what was seen, in the unit of the condition; null where there is no number'),
  threshold: z.number().nullable().describe('what it was held against'),
});
export type StoppedBy = z.infer<typeof StoppedBy>;

/** The reason with which a run's signal aborts where it is not Ctrl-C: no new ask begins, faults are taken back. */
export class Stop extends Error {
  readonly by: StoppedBy;
  readonly status: 'stopped' | 'cancelled';

  constructor(by: StoppedBy, status: Stop['status'] = 'stopped') {
    super(`${by.name}: ${by.reason}`);
    this.name = 'Stop';
    this.by = by;
    this.status = status;
  }
}

/** Why a run was stopped; undefined where it was not, or where somebody interrupted it. */
export const stopOf = ({ aborted, reason }: AbortSignal): Stop | undefined =>
  aborted && reason instanceof Stop ? reason : undefined;

/** What a run has come to whose signal this is. */
export const endStatus = (signal: AbortSignal): 'completed' | 'stopped' | 'cancelled' | 'interrupted' =>
  signal.aborted ? (stopOf(signal)?.status ?? 'interrupted') : 'completed';

/** What looks after a probe, by its keys. */
const Probe = z
  .strictObject({
    url: z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'it is no URL of http or https')
      .optional()
      .describe('a URL that must answer with a status of 2xx; redirects are not followed'),
    command: z.string().min(1).max(10_000).optional().describe('a line for the shell that must end with exit code 0'),
  })
  .refine(({ url, command }) => (url === undefined) !== (command === undefined), 'say either `url` or `command`');

/** What a condition of each kind is told beside its name. */
const KEYS = {
  failure_rate: ['window', 'min_asks'],
  latency_ms: ['percentile', 'window', 'min_calls'],
  spend_usd: [],
  probe: ['at', 'every_ms', 'timeout_ms'],
} as const satisfies Record<string, readonly string[]>;

/** When a run stops by itself: one of `failure_rate`, `latency_ms`, `spend_usd` and `probe`. */
export const StopCondition = z
  .strictObject({
    name: z.string().min(1).max(100).optional().describe('what reports call it; its kind without it'),
    failure_rate: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe('a larger share of the asks failed; those that the drill itself made fail do not count'),
    min_asks: whole(1, 1000).optional().describe('of at least so many asks; 5 without it'),
    latency_ms: whole(1, HOUR_MS)
      .optional()
      .describe('calls that no fault touched took longer than so many milliseconds'),
    percentile: z
      .number()
      .min(1)
      .max(100)
      .optional()
      .describe('which of them, by rank; 95 without it, 100 is the longest'),
    min_calls: whole(1, 1000).optional().describe('of at least so many calls; 10 without it'),
    window: whole(1, 1000)
      .optional()
      .describe('only the last so many asks or calls of the drill count; 1000 without it'),
    spend_usd: z
      .number()
      .positive()
      .optional()
      .describe('the calls of the run, with faults or without, cost more US dollars than this'),
    probe: Probe.optional().describe('something of your own that has to be well: it is not'),
    at: z
      .enum(['start', 'end', 'throughout'])
      .optional()
      .describe(
        'whether the probe looks before the drill, after it, or before, all along and after, as it does without this',
      ),
    every_ms: whole(100, HOUR_MS)
      .optional()
      .describe('milliseconds from one look to the next, in wall time; 1000 without it'),
    timeout_ms: whole(10, 60_000).optional().describe('real milliseconds that a look may take; 5000 without it'),
  })
  .superRefine((given, context) => {
    const kinds = Object.entries(KEYS).filter(([kind]) => Object.hasOwn(given, kind));
    const tell = (message: string, path: string[] = []) => context.addIssue({ code: 'custom', message, path });
    const [first, other] = kinds;
    if (first === undefined || other !== undefined)
      return tell('a stop condition has one of `failure_rate`, `latency_ms`, `spend_usd` and `probe`');
    const [kind, own] = first;
    const odd = Object.keys(given).filter((key) => !['name', kind, ...own].includes(key));
    for (const key of odd) tell(`it says nothing of \`${kind}\``, [key]);
    const { window, min_asks = 5, min_calls = 10 } = given;
    const least = kind === 'failure_rate' ? min_asks : min_calls;
    if (window !== undefined && window < least)
      tell(`it can never be met: fewer than the ${least} that it takes`, ['window']);
  });
export type StopCondition = z.infer<typeof StopCondition>;

/** Those of a drill, and of a configuration. */
export const StopConditions = z.array(StopCondition);
