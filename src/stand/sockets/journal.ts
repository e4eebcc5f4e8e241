import type { FaultUse } from '../../core/drill.ts';
import type { NewEvent } from '../../core/trace.ts';
import { isoTime } from '../../world/index.ts';
import { toolStatus } from './tools.ts';

/** One call of a role, or one use of a tool. Nothing of what was said is in it. */
export interface Entry {
  /** Counts from 1, in the order in which they ended. */
  n: number;
  /** When it came: ISO 8601, UTC. */
  at: string;
  /** The role or the tool. */
  role: string;
  /** As the caller asked for it; absent of a tool. */
  model?: string;
  stream?: boolean;
  /** The golden task that it was taken for. */
  task: string;
  /** Null where not even a head went out. */
  status: number | null;
  /** `left`: the caller left before the reply was whole. */
  how: 'complete' | 'refused' | 'reset' | 'closed' | 'left';
  /** What failed, as the taxonomy calls it, or the error code of a tool; null where all went well. */
  failure: string | null;
  /** Why a strict provider would refuse the request, and the stand did. */
  refused?: string;
  /** What acted on it. */
  faults: { fault: string; did: string }[];
  /** Milliseconds from the call to its end. */
  ms: number;
}

/** Who has armed a fault or taken it away; `time`: its own was over. */
export type By = 'command line' | 'admin API' | 'key' | 'time' | 'lever' | 'end';

/** A fault was armed, or taken away. */
export interface Switched {
  event: 'on' | 'off';
  at: string;
  id: string;
  use: FaultUse;
  ttl_ms?: number;
  by: By;
}

/** What goes on, told as it happens: a call has come, or has ended, or a fault was switched. */
export type Happened = { event: 'came'; role: string } | ({ event: 'call' } & Entry) | Switched;

/** What has happened since it was begun, in figures that do not grow with it. */
export interface Totals {
  calls: number;
  /** By role or tool, then by status and, where the reply was not whole, by how it ended: `200`, `200 reset`, `left`. */
  ended: Record<string, Record<string, number>>;
  /** How often each fault acted. */
  fired: Record<string, number>;
}

export interface Filter {
  role?: string | undefined;
  /** A fault that acted on it. */
  fault?: string | undefined;
  /** A status, or `none`. */
  status?: string | undefined;
  /** Entries that came at or after this, ISO 8601; or those after this number. */
  since?: string | undefined;
  /** The last so many. */
  limit?: number | undefined;
}

export type Journal = ReturnType<typeof createJournal>;

type Open = Omit<Entry, 'n' | 'how' | 'failure' | 'ms'> & { began: number };

/** Anybody may ask for anything: what is counted by name is what there is. */
const NO_TOOL = '(no such tool)';
const LONGEST = 200;
/** What comes from outside is cut. */
const short = (text: string): string => text.slice(0, LONGEST);

/** How a call ended, in short: its status, and what was not whole. */
export const endedAs = ({ status, how }: Pick<Entry, 'status' | 'how'>): string =>
  [status, how === 'complete' ? null : how].filter((one) => one !== null).join(' ');

/** The calls of a stand, the last `most` of them; `now` is in milliseconds since the Unix epoch. */
export function createJournal(most: number, now: () => number, tell: (happened: Happened) => void) {
  const open = new Map<string, Open>();
  const totals: Totals = { calls: 0, ended: {}, fired: {} };
  let entries: Entry[] = [];

  function begin(id: string, one: Pick<Open, 'role' | 'task' | 'model' | 'stream'>): void {
    const began = now();
    open.set(id, { ...one, at: isoTime(began), status: null, faults: [], began });
    tell({ event: 'came', role: one.role });
  }

  function end(
    id: string,
    { how, status, failure }: Pick<Entry, 'how' | 'failure'> & { status?: number | null },
  ): void {
    const one = open.get(id);
    if (one === undefined) return;
    open.delete(id);
    const { began, ...seen } = one;
    totals.calls += 1;
    const entry = { n: totals.calls, ...seen, status: status ?? one.status, how, failure, ms: now() - began };
    const as = endedAs(entry);
    const ended = totals.ended[entry.role] ?? {};
    totals.ended[entry.role] = { ...ended, [as]: (ended[as] ?? 0) + 1 };
    entries.push(entry);
    // Not at every call: what is cut off is copied.
    if (entries.length >= 2 * most) entries = entries.slice(-most);
    tell({ event: 'call', ...entry });
  }

  function emit(event: NewEvent): void {
    switch (event.kind) {
      case 'call':
        begin(event.call, {
          ...{ role: event.role, task: event.task },
          ...{ model: short(event.model), stream: event.stream },
        });
        break;
      case 'tool-use':
        begin(event.use, { role: event.registered ? event.tool : NO_TOOL, task: event.task });
        break;
      case 'fault-fired':
        totals.fired[event.fault] = (totals.fired[event.fault] ?? 0) + 1;
        open.get(event.call)?.faults.push({ fault: event.fault, did: event.detail });
        break;
      case 'unscripted-call':
      case 'withheld':
        note(event.call, { refused: short(event.why) });
        break;
      case 'call-head':
        note(event.call, { status: event.status });
        break;
      case 'call-end':
        end(event.call, { how: event.how, status: event.status, failure: event.failure_mode });
        break;
      case 'call-abort':
        end(event.call, { how: 'left', failure: null });
        break;
      case 'tool-result':
        end(event.use, { ...howEnded(toolStatus(event.error)), failure: event.error });
        break;
      default:
    }
  }

  function note(id: string, what: Partial<Open>): void {
    const one = open.get(id);
    if (one !== undefined) Object.assign(one, what);
  }

  return {
    emit,
    totals: (): Totals => structuredClone(totals),
    /** What is under way ends now, and here: no caller has left. */
    close(): void {
      for (const id of [...open.keys()]) end(id, { how: 'closed', failure: null });
    },
    /** Calls that have not ended. */
    underWay: (): number => open.size,
    entries(filter: Filter = {}): Entry[] {
      return entries
        .slice(-most)
        .filter(fits(filter))
        .slice(-(filter.limit ?? most));
    },
  };
}

const fits =
  ({ role, fault, status, since }: Filter) =>
  (entry: Entry): boolean =>
    (role === undefined || entry.role === role) &&
    (fault === undefined || entry.faults.some((one) => one.fault === fault)) &&
    (status === undefined || (status === 'none' ? entry.status === null : entry.status === Number(status))) &&
    (since === undefined || (/^\d+$/.test(since) ? entry.n > Number(since) : entry.at >= toTheMillisecond(since)));

/** As entries have it: then texts compare as their times do. */
const toTheMillisecond = (iso: string): string =>
  iso.replace(/(?:\.(\d+))?Z$/, (_, part = '') => `.${part.slice(0, 3).padEnd(3, '0')}Z`);

const howEnded = (status: number | undefined) =>
  status === undefined ? ({ how: 'reset' } as const) : ({ how: 'complete', status } as const);
