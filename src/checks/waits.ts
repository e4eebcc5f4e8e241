import type { AskSeen } from '../core/plugin.ts';
import { count, seconds } from '../text/words.ts';

/** Limits that hold where nobody has set one, in milliseconds, and whose they are. */
const UNSET = [
  { ms: 600_000, whose: 'the limit of an OpenAI or Anthropic client that was given none' },
  { ms: 300_000, whose: 'where Node’s fetch gives up by itself' },
];
/** A client gives up a little after its limit. */
const SLACK_MS = 2_000;

/** What the time of an ask was spent on, as what to change; undefined where no single call and no pause took half of it. */
export function adviceOnWaits({ calls, deadline_ms }: AskSeen): string | undefined {
  const much = deadline_ms / 2;
  const open = calls.find(({ ms }) => ms === null);
  if (open !== undefined)
    return `Give the client of ${open.role} a time limit: its call was still open when nobody waited any more.`;
  const longest = calls.reduce((most, call) => ((call.ms ?? 0) > (most?.ms ?? 0) ? call : most), calls[0]);
  if (longest?.ms != null && longest.ms > much) {
    const times = calls.filter(({ role, ms }) => role === longest.role && (ms ?? 0) > much).length;
    const unset = UNSET.find(({ ms }) => Math.abs((longest.ms ?? 0) - ms) <= SLACK_MS);
    const why = unset === undefined ? '' : `, ${unset.whose}`;
    const retries = times > 1 ? ' and `maxRetries` (`max_retries` in Python)' : '';
    return `Set \`timeout\`${retries} on the client of ${longest.role}: a call of it waited ${seconds(longest.ms)}${why}, and there ${times === 1 ? 'was' : 'were'} ${count(times, 'such call')}; ${seconds(deadline_ms)} are there for all.`;
  }
  const pause = longestPause(calls);
  if (pause === undefined || pause.ms <= much) return undefined;
  return `Do not wait ${seconds(pause.ms)} for ${pause.role} before it is asked again, whatever it says: ask the next role, or end, where that is later than the deadline; \`maxRetries: 0\` on its client leaves that to you.`;
}

function longestPause(calls: AskSeen['calls']): { role: string; ms: number } | undefined {
  const pauses = calls.flatMap(({ role, at_ms, ms }, i) => {
    const next = calls.slice(i + 1).find((call) => call.role === role);
    return next === undefined || ms === null ? [] : [{ role, ms: next.at_ms - at_ms - ms }];
  });
  return pauses.reduce<(typeof pauses)[number] | undefined>(
    (most, one) => (one.ms > (most?.ms ?? 0) ? one : most),
    undefined,
  );
}
