import { eventsOf } from '../core/evidence.ts';
import { entryOf } from '../core/once.ts';
import type { Way } from '../core/sockets.ts';
import type { TraceEvent } from '../core/trace.ts';
import { count } from '../text/words.ts';
import type { JudgePlan } from './plan.ts';

/** How the baseline's calls were told apart, where they came over sockets; of asks that come together it may not be enough. */
export function waysNote(events: readonly TraceEvent[]): string[] {
  const ways = eventsOf(events, 'attributed').map(({ way }) => WORDS_OF[way]);
  return ways.length === 0
    ? []
    : [
        `which ask a call belongs to was told by ${ways.join(', ')}`,
        'what a process sent elsewhere without heeding the proxy variables was not observed',
      ];
}

/** What of a run without scripts is judged by other facts, or not at all, and where else its target connected to. */
export function unscriptedNote({ unscripted, checks }: JudgePlan, events: readonly TraceEvent[]): string[] {
  if (!unscripted) return [];
  const left = checks.filter(({ scripted }) => scripted).map(({ name }) => name);
  const elsewhere = eventsOf(events, 'passed').map(({ origin }) => origin);
  return [
    `replies are the providers' own: answers are held against them and not against the golden tasks' (arrives-whole, keeps-values), and not judged: ${left.join(', ')}`,
    ...(elsewhere.length > 0 ? [`it also connected to ${elsewhere.join(', ')}, which no drill breaks`] : []),
  ];
}
const WORDS_OF: Readonly<Record<Way, string>> = {
  url: 'a URL of its own',
  header: 'a header that was handed on',
  body: 'the body’s user or metadata',
  marker: 'a mark in its text',
  alone: 'no other ask being under way',
};

export const unpricedNote = (role: string, model = 'its model') =>
  `price unknown: ${model}, so what ${role} was asked counts for no budget; to say it:  price: { input: …, output: … }`;

export const notApplicableNote = ({ what, why }: JudgePlan['lacking'][number]) =>
  `${what}: ${why}, so it is not applicable`;

/** Where the replies came from that no script gave, and which of them this drill had asked for once and asked for no more. */
export function recordingNotes({ recordings }: JudgePlan, used: ReadonlySet<string>, whole: boolean): string[] {
  if (recordings === undefined) return [];
  const days = recordings.map(({ recorded }) => recorded).sort();
  const [first, last] = [days[0], days.at(-1)];
  const when = first === undefined ? '' : `, ${first === last ? `on ${first}` : `from ${first} to ${last}`}`;
  const unused = recordings.filter(({ id }) => !used.has(id)).map(({ id, role }) => `${id} (${role})`);
  return [
    `the replies are recorded ones${when}: what providers say today, \`drill drift\` tells`,
    ...(whole && unused.length > 0
      ? [`${count(unused.length, 'recording was', 'recordings were')} not asked for: ${unused.join(', ')}`]
      : []),
  ];
}

/** Calls that failed although no fault touched them: in a live run a provider may be down by itself. */
export class OwnFailures {
  readonly #touched = new Set<string>();
  readonly #failed = new Map<string, { calls: number; modes: Set<string> }>();
  readonly #roles = new Map<string, string>();

  see(event: TraceEvent): void {
    if (event.kind === 'call') this.#roles.set(event.call, event.role);
    else if (event.kind === 'fault-fired') this.#touched.add(event.call);
    else if (event.kind === 'call-end') this.#end(event.call, event.failure_mode);
    else if (event.kind === 'call-abort' || event.kind === 'withheld') this.#forget(event.call);
  }

  #end(call: string, mode: string | null): void {
    const role = this.#roles.get(call);
    if (mode !== null && role !== undefined && !this.#touched.has(call)) {
      const failed = entryOf(this.#failed, role, () => ({ calls: 0, modes: new Set() }));
      failed.calls += 1;
      failed.modes.add(mode);
    }
    this.#forget(call);
  }

  #forget(call: string): void {
    this.#roles.delete(call);
    this.#touched.delete(call);
  }

  get notes(): string[] {
    return [...this.#failed].map(
      ([role, { calls, modes }]) =>
        `${role} failed by itself in ${count(calls, 'call')}, with no fault before it: ${[...modes].join(', ')}`,
    );
  }
}
